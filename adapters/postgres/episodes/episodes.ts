// Episodes: which incident an anomaly belongs to, decided in one transaction, one at a time within an environment.

import type { Kysely } from 'kysely';
import { findEpisode } from '../../../domain/correlation/correlate.ts';
import { fingerprintText } from '../../../domain/correlation/fingerprint.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { type IncidentIdParts, incidentIdOf } from '../../../domain/incident/incident-id.ts';
import { incidentTitle } from '../../../domain/incident/title.ts';
import type { Assignment, Episodes } from '../../../ingest/ports.ts';
import type { Schema } from '../database/schema.ts';
import { sha256Hex } from '../digest.ts';
import { json, storable } from '../text.ts';
import { transact } from '../transact.ts';
import { forgetLate, postponeLate } from './late.ts';
import { lockEnvironment } from './lock.ts';
import { rememberChange, rememberEdges } from './remember.ts';
import {
  assignmentOf,
  edgesOf,
  incidentAssignment,
  join,
  openEpisodes,
  openIncidentOfSeries,
} from './rows.ts';

export type EpisodeOptions = {
  /**
   * How long after an episode was closed findings about its own past may still come in: detectors look back over windows
   * that still hold samples of the fault. Such a finding waits this long; one that is not cleared by then is no echo.
   */
  readonly lateFindingsMs: number;
};

export function createEpisodes(db: Kysely<Schema>, options: EpisodeOptions): Episodes {
  return {
    async assign(anomaly, config) {
      const clean = storableAnomaly(anomaly);
      const anomalyId = storable(anomaly.id);
      return transact(db, async (trx) => {
        await lockEnvironment(trx, clean.scope.environment);
        const known = await assignmentOf(trx, anomalyId);
        const sentBack = known?.handed_over_at_ms != null && !known.heard && clean.detector !== 'external';
        if (known !== undefined && known.closed_at_ms === null && !(sentBack && clean.state === 'firing'))
          return incidentAssignment(trx, known.incident_id);
        if (clean.state === 'cleared') {
          await forgetLate(trx, anomalyId);
          return ignored('no open incident knows this anomaly');
        }
        // Known, and told again as firing: it was on its way when its incident ended or went to a person, or it fires on after
        // that. Either way it is looked at as a new one.

        const returned = sentBack ? null : await openIncidentOfSeries(trx, clean);
        const open = await openEpisodes(trx, clean.scope.environment);
        const edges = await edgesOf(trx, clean.scope.environment);
        const joined = returned ?? findEpisode(clean, open, edges, config)?.incidentId ?? null;
        if (joined !== null) {
          await join(trx, joined, anomalyId, clean);
          return incidentAssignment(trx, joined);
        }
        if (clean.severity === 'info') return ignored('information alone opens no incident');
        // A detector may still see the past of a closed incident; a sender that says that it fires means now.
        const mayBeEcho = clean.detector !== 'external';
        if (mayBeEcho && (await postponeLate(trx, anomalyId, clean, options.lateFindingsMs))) {
          return ignored('about the past of a closed incident; looked at again unless it clears');
        }
        const incidentId = await claim(trx, clean);
        await join(trx, incidentId, anomalyId, clean);
        return incidentAssignment(trx, incidentId);
      });
    },

    async abandon(incidentId) {
      await transact(db, async (trx) => {
        const episode = await trx
          .selectFrom('episodes')
          .select(['environment', 'last_anomaly_ms'])
          .where('incident_id', '=', incidentId)
          .executeTakeFirst();
        if (episode === undefined) return;
        await lockEnvironment(trx, episode.environment);
        const incident = await trx
          .selectFrom('incidents')
          .select(['closed_at_ms', 'outcome'])
          .where('id', '=', incidentId)
          .executeTakeFirst();
        await trx
          .updateTable('episodes')
          .set({
            closed_at_ms: incident?.closed_at_ms ?? episode.last_anomaly_ms,
            outcome: incident?.outcome ?? 'abandoned',
          })
          .where('incident_id', '=', incidentId)
          .where('closed_at_ms', 'is', null)
          .execute();
        await trx.deleteFrom('leases').where('incident_id', '=', incidentId).execute();
      });
    },

    rememberEdges: (environment, edges) => rememberEdges(db, environment, edges),
    rememberChange: (change) => rememberChange(db, change),
  };
}

function ignored(reason: string): Assignment {
  return { kind: 'ignored', reason };
}

/** Opens the next episode of the anomaly's fingerprint. */
async function claim(trx: Kysely<Schema>, anomaly: Anomaly): Promise<string> {
  const fingerprint = sha256Hex(fingerprintText(anomaly)).slice(0, 32);
  const { last } = await trx
    .selectFrom('episodes')
    .select((expression) => expression.fn.max('episode').as('last'))
    .where('fingerprint', '=', fingerprint)
    .executeTakeFirstOrThrow();
  const episode = (last ?? 0) + 1;
  const incidentId = await freeId(trx, { ...anomaly.scope, fingerprint, episode });
  await trx
    .insertInto('episodes')
    .values({
      incident_id: incidentId,
      fingerprint,
      episode,
      environment: anomaly.scope.environment,
      scope: json(anomaly.scope),
      severity: anomaly.severity,
      title: incidentTitle(anomaly),
      opened_at_ms: anomaly.onsetMs,
      last_anomaly_ms: anomaly.onsetMs,
    })
    .execute();
  return incidentId;
}

/** Another fingerprint of the same service may begin with the same digits: then all of them are shown. */
async function freeId(trx: Kysely<Schema>, parts: IncidentIdParts): Promise<string> {
  const short = incidentIdOf(parts);
  const taken = await trx
    .selectFrom('episodes')
    .select('incident_id')
    .where('incident_id', '=', short)
    .executeTakeFirst();
  return taken === undefined ? short : incidentIdOf(parts, parts.fingerprint.length);
}

function storableAnomaly(anomaly: Anomaly): Anomaly {
  const { environment, service } = anomaly.scope;
  return {
    ...anomaly,
    onsetMs: Math.round(anomaly.onsetMs),
    detectedMs: Math.round(anomaly.detectedMs),
    scope: { ...anomaly.scope, environment: storable(environment), service: storable(service) },
  };
}
