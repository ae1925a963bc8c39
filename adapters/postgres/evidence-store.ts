// EvidenceStore: what every diagnosis looked at, kept whole so that its answer can be reproduced; changes and edges.

import type { Kysely } from 'kysely';
import type { EvidenceStore } from '../../activities/ports.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { Evidence } from '../../domain/diagnosis/diagnosis.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256Hex } from './digest.ts';
import { asStored, json } from './text.ts';

export class UnknownEvidence extends Error {
  override readonly name = 'UnknownEvidence';
}

export function createEvidenceStore(db: Kysely<Schema>): EvidenceStore {
  return {
    async save(incidentId, attempt, input, evidence) {
      const evidenceRef = `evidence/${incidentId}/${attempt}`;
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
      return rows.map((row) => row.body);
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
