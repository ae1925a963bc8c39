// The audit record: who did what to what, when, why, and under which plan. Stored append-only as canonical bytes.

import { canonicalJson } from './canonical.ts';

/** What an audit entry can be about. Closed, so that queries and retention can rely on it. */
export const auditActions = [
  'incident.event',
  'incident.stop',
  'approval.decide',
  'gate.grant',
  'gate.refuse',
  'effect.applied',
  'effect.failed',
  'effect.uncertain',
  'effect.answered-late',
  'effect.settle',
  'effect.roll-back',
  'kill-switch.set',
  'silence.create',
  'silence.change',
  'silence.end',
  'silence.mirror',
  'breaker.reset',
  'api-key.create',
  'api-key.revoke',
  'session.open',
  'session.end',
  'access.refuse',
  'incident.intervene',
  'login-link.create',
  'dead-letter.replay',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** A scalar that says more about the action; text here comes from people or from code, never from telemetry. */
export type AuditDetail = string | number | boolean | null;

export type AuditEvent = {
  /** See domain/policy/identity.ts. */
  readonly actor: string;
  readonly action: AuditAction;
  /** When it happened, ms since the epoch. */
  readonly atMs: number;
  readonly reason: string;
  /** What it was done to: `incident/…`, `env/service`, `environment/…`, `key/…`. */
  readonly subject: string;
  readonly planHash: string | null;
  readonly details: Readonly<Record<string, AuditDetail>>;
};

/** The canonical text of an audit event; what is stored, and what later proofs are computed over. */
export function canonicalAuditEvent(event: AuditEvent): string {
  const { actor, action, atMs, reason, subject, planHash, details } = event;
  return canonicalJson({ actor, action, atMs, reason, subject, planHash, details });
}
