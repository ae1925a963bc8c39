// Episodes: which incident an anomaly belongs to, decided in one transaction, one at a time within an environment.

import type { Kysely } from 'kysely';
import { type Likeness, mayBeAlike } from '../../../domain/correlation/alike.ts';
import type { CorrelationConfig } from '../../../domain/correlation/correlate.ts';
import { fingerprintText } from '../../../domain/correlation/fingerprint.ts';
import { again, opened, toldWhy } from '../../../domain/correlation/join-reasons.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { againText, type Follows } from '../../../domain/incident/follows.ts';
import { type IncidentIdParts, incidentIdOf } from '../../../domain/incident/incident-id.ts';
import { incidentTitle } from '../../../domain/incident/title.ts';
import { silencedText } from '../../../domain/silences/silence.ts';
import type { AskingEpisodes, Assignment, SilencedAgain } from '../../../ingest/ports.ts';
import type { Schema } from '../database/schema.ts';
import { sha256Hex } from '../digest.ts';
import type { SilenceBook } from '../silences/book.ts';
import { judgeAgain, readSilenced, type SilencedBatch } from '../silences/findings.ts';
import { json, storable } from '../text.ts';
import { transact } from '../transact.ts';
import { type Batch, type Belonging, type Known, readBatch } from './batch.ts';
import { followed } from './follows.ts';
import { forgetLate, postponeLate } from './late.ts';
import { lockEnvironment } from './lock.ts';
import { rememberChange, rememberEdges } from './remember.ts';
export type EpisodeOptions = {
  /**
   * How long after an episode was closed findings about its own past may still come in: detectors look back over windows
   * that still hold samples of the fault. Such a finding waits this long; one that is not cleared by then is no echo.
   */
  readonly lateFindingsMs: number;
  /** How soon after its incident ended a symptom comes back as the same problem again. */
  readonly followsWithinMs: number;
};

export function createEpisodes(
  db: Kysely<Schema>,
  silences: SilenceBook,
  options: EpisodeOptions,
): AskingEpisodes & SilencedAgain {
  async function assignAll(
    anomalies: readonly Anomaly[],
    config: CorrelationConfig,
    likeness: ReadonlyMap<string, Likeness> | null = null,
  ): Promise<readonly Assignment[]> {
    if (anomalies.length === 0) return [];
    const clean = anomalies.map(storableAnomaly);
    return transact(db, async (trx) => {
      for (const environment of [...new Set(clean.map(({ scope }) => scope.environment))].sort())
        await lockEnvironment(trx, environment);
      const batch = await readBatch(trx, clean, config, likeness);
      const silenced = await readSilenced(trx, silences, clean);
      const answers: Answer[] = [];
      for (const anomaly of clean) answers.push(await assignOne(trx, batch, silenced, anomaly, options));
      const claimed = clean.filter((_, at) => answers[at]?.kind === 'incident' && answers[at].claimed);
      const unasked =
        likeness === null ? [] : claimed.filter((one) => mayBeAlike(one) && !likeness.has(one.id));
      if (unasked.length > 0) throw new Unasked(unasked);
      await batch.write();
      await silenced.write();
      const named = await batch.assignments(
        answers.flatMap((answer) => (answer.kind === 'incident' ? [answer.incidentId] : [])),
      );
      return answers.map((answer): Assignment => {
        if (answer.kind !== 'incident') return answer;
        const assignment = named.get(answer.incidentId);
        if (assignment === undefined) throw new Error(`${answer.incidentId} has no episode`);
        return {
          ...assignment,
          ...(answer.why === null ? {} : { why: answer.why }),
          ...(answer.opened ? { opened: true } : {}),
        };
      });
    });
  }

  return {
    assignAll: (anomalies, config) => assignAll(anomalies, config),
    async assignAsked(anomalies, config, likeness) {
      try {
        return { kind: 'assigned', assignments: await assignAll(anomalies, config, likeness) };
      } catch (error) {
        if (error instanceof Unasked) return { kind: 'unasked', unasked: error.anomalies };
        throw error;
      }
    },
    async assign(anomaly, config) {
      const [assignment] = await assignAll([anomaly], config);
      if (assignment === undefined) throw new Error(`anomaly ${anomaly.id} was not assigned`);
      return assignment;
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
    judgeAgain: (limit) => transact(db, (trx) => judgeAgain(trx, limit)),
  };
}

/** Takes back everything of its transaction. */
class Unasked extends Error {
  readonly anomalies: readonly Anomaly[];
  constructor(anomalies: readonly Anomaly[]) {
    super('a memory was not asked about all that would open an incident');
    this.anomalies = anomalies;
  }
}

type Answer =
  | {
      readonly kind: 'incident';
      readonly incidentId: string;
      readonly why: string | null;
      /** It was opened for this finding; `claimed`: now. */
      readonly opened: boolean;
      readonly claimed: boolean;
    }
  | { readonly kind: 'ignored' | 'silenced'; readonly reason: string };

/** The rules of correlation, for one finding among others of its transaction. */
async function assignOne(
  trx: Kysely<Schema>,
  batch: Batch,
  silenced: SilencedBatch,
  anomaly: Anomaly,
  { lateFindingsMs, followsWithinMs }: EpisodeOptions,
): Promise<Answer> {
  const anomalyId = storable(anomaly.id);
  const known = batch.known(anomalyId);
  const sentBack = known?.handed_over_at_ms != null && !known.heard && anomaly.detector !== 'external';
  if (known !== undefined && known.closed_at_ms === null && !(sentBack && anomaly.state === 'firing'))
    return {
      ...{ kind: 'incident', incidentId: known.incident_id, why: whyOf(known) },
      ...{ opened: known.reason === 'opened', claimed: false },
    };
  if (anomaly.state === 'cleared') {
    await forgetLate(trx, anomalyId);
    if (silenced.cleared(anomalyId)) return ignored('it was silenced, and is over');
    return ignored('no open incident knows this anomaly');
  }
  // Known, and told again as firing: it was on its way when its incident ended or went to a person, or it fires on after
  // that. Either way it is looked at as a new one.
  const holding = silenced.hold(anomaly, batch.labelsOf(anomaly));
  if (holding !== null) return { kind: 'silenced', reason: silencedText(holding) };

  const returned = sentBack ? null : batch.ofSeries(anomaly);
  const before: Belonging | null = returned === null ? null : { incidentId: returned, ...again };
  const joined = before ?? batch.near(anomaly) ?? batch.ofCrowd(anomaly) ?? batch.alike(anomaly);
  if (joined !== null) {
    batch.join(joined, anomalyId, anomaly);
    return {
      kind: 'incident',
      incidentId: joined.incidentId,
      why: toldWhy(joined),
      opened: false,
      claimed: false,
    };
  }
  if (anomaly.severity === 'info') return ignored('information alone opens no incident');
  // A detector may still see the past of a closed incident; a sender that says that it fires means now.
  const mayBeEcho = anomaly.detector !== 'external';
  if (mayBeEcho && (await postponeLate(trx, anomalyId, anomaly, lateFindingsMs))) {
    return ignored('about the past of a closed incident; looked at again unless it clears');
  }
  const incidentId = await claim(trx, anomaly, await followed(trx, anomaly, followsWithinMs));
  batch.opened(incidentId, anomaly);
  batch.join({ incidentId, ...opened }, anomalyId, anomaly);
  return { kind: 'incident', incidentId, why: toldWhy(opened), opened: true, claimed: true };
}

function whyOf({ reason, why }: Known): string | null {
  return reason === null || why === null ? null : toldWhy({ reason, why });
}

function ignored(reason: string): Answer {
  return { kind: 'ignored', reason };
}

/** Opens the next episode of the anomaly's fingerprint. */
async function claim(trx: Kysely<Schema>, anomaly: Anomaly, follows: Follows | null): Promise<string> {
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
      title: `${incidentTitle(anomaly)}${againText(follows, anomaly.onsetMs)}`,
      opened_at_ms: anomaly.onsetMs,
      last_anomaly_ms: anomaly.onsetMs,
      ...(follows === null
        ? {}
        : { follows: follows.incidentId, times: follows.times, first_opened_at_ms: follows.sinceMs }),
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
