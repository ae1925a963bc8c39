// Adds to the audit trail, inside the transaction of what it tells about: either both are there or neither.
// The bytes that are stored are the bytes that were hashed; the columns beside them are for finding rows.

import type { Kysely } from 'kysely';
import { type AuditEvent, canonicalAuditEvent } from '../../../domain/audit/event.ts';
import type { Schema } from '../database/schema.ts';
import { sha256Hex } from '../digest.ts';
import { storable } from '../text.ts';

export async function appendAudit(trx: Kysely<Schema>, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  await trx.insertInto('audit').values(events.map(auditRow)).execute();
}

function auditRow(event: AuditEvent) {
  const clean = storableEvent(event);
  const canonical = Buffer.from(canonicalAuditEvent(clean), 'utf8');
  return {
    at_ms: clean.atMs,
    actor: clean.actor,
    action: clean.action,
    subject: clean.subject,
    reason: clean.reason,
    plan_hash: clean.planHash,
    canonical,
    digest: sha256Hex(canonical),
  };
}

/** Cleaned before it is hashed, so that the columns say exactly what the bytes say. */
function storableEvent(event: AuditEvent): AuditEvent {
  return {
    ...event,
    actor: storable(event.actor),
    subject: storable(event.subject),
    reason: storable(event.reason),
    planHash: event.planHash === null ? null : storable(event.planHash),
    details: Object.fromEntries(
      Object.entries(event.details).map(([key, value]) => [
        key,
        typeof value === 'string' ? storable(value) : value,
      ]),
    ),
  };
}
