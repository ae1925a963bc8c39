// EvidenceStore: what every diagnosis looked at, kept whole so that its answer can be reproduced; changes and edges.

import type { Kysely } from 'kysely';
import { type EvidenceStore, evidenceRefOf } from '../../activities/ports.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import { type OwnEffect, ownChangeSlackMs, ownIntentOf } from '../../domain/remediation/own-changes.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256Hex } from './digest.ts';
import { asStored, json, storable } from './text.ts';

export class UnknownEvidence extends Error {
  override readonly name = 'UnknownEvidence';
}

export function createEvidenceStore(db: Kysely<Schema>): EvidenceStore {
  return {
    async save(incidentId, attempt, input, evidence) {
      const evidenceRef = evidenceRefOf(incidentId, attempt);
      // The first that was stored stays: a repeated activity gathers at another moment, but one attempt has one basis.
      const inserted = await db
        .insertInto('evidence')
        .values({
          ref: evidenceRef,
          incident_id: incidentId,
          attempt,
          input: json(input),
          items: json(evidence.map(withDigest)),
          saved_at_ms: databaseNow,
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return { evidenceRef, isFirst: (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n };
    },

    async load(evidenceRef) {
      const row = await db
        .selectFrom('evidence')
        .select(['input', 'items'])
        .where('ref', '=', evidenceRef)
        .executeTakeFirst();
      if (row === undefined) throw new UnknownEvidence(`there is no evidence under ${evidenceRef}`);
      return { input: row.input, evidence: row.items };
    },

    async changes(environment, fromMs, toMs) {
      const rows = await db
        .selectFrom('changes')
        .select('body')
        .where('environment', '=', environment)
        .where('at_ms', '>=', fromMs)
        .where('at_ms', '<=', toMs)
        .orderBy('at_ms')
        .orderBy('id')
        .execute();
      const changes = rows.map((row) => row.body);
      const effects = changes.length === 0 ? [] : await effectsBetween(db, environment, fromMs, toMs);
      return changes.map((change) => {
        const ownIntent = ownIntentOf(change, effects);
        return ownIntent === null ? change : { ...change, ownIntent };
      });
    },

    async ofIncident(incidentId, anomalyIds) {
      if (anomalyIds.length === 0) return new Set();
      const rows = await db
        .selectFrom('anomaly_assignments')
        .select('anomaly_id')
        .where('incident_id', '=', incidentId)
        .where('anomaly_id', 'in', anomalyIds.map(storable))
        .execute();
      const given = new Set(rows.map((row) => row.anomaly_id));
      return new Set(anomalyIds.filter((id) => given.has(storable(id))));
    },

    async edges(environment) {
      return db
        .selectFrom('service_edges')
        .select(['caller', 'callee'])
        .where('environment', '=', environment)
        .orderBy('caller')
        .orderBy('callee')
        .execute();
    },
  };
}

function withDigest(evidence: Evidence): Evidence {
  const { digest: _made, ...content } = asStored(evidence);
  return { ...content, digest: sha256Hex(canonicalJson(content)) };
}

/** What Sentinel sent in this time and before it, whatever became of it; the oldest first. */
async function effectsBetween(
  db: Kysely<Schema>,
  environment: string,
  fromMs: number,
  toMs: number,
): Promise<readonly OwnEffect[]> {
  const rows = await db
    .selectFrom('intents')
    .select(['id', 'body', 'sent_at_ms', 'updated_at_ms'])
    .where('environment', '=', environment)
    .where('status', '!=', 'failed')
    .where('sent_at_ms', '<=', toMs + ownChangeSlackMs)
    .where('updated_at_ms', '>=', fromMs - ownChangeSlackMs)
    .orderBy('sent_at_ms')
    .orderBy('id')
    .execute();
  return rows.map(({ id, body, sent_at_ms: sentAtMs, updated_at_ms: untilMs }) => ({
    ...body,
    ...{ id, sentAtMs: sentAtMs ?? untilMs, untilMs },
  }));
}
