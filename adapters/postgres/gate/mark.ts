// Moves an intent along: written → sent → applied or failed. The step to `sent` is the last look before the call goes
// out: whatever happened since the gate, a kill switch, a person's stop or a newer lease of the target stops it here.

import type { Kysely } from 'kysely';
import type { Intent, IntentStatus } from '../../../domain/remediation/intent.ts';
import type { LimitsConfig } from '../../../domain/remediation/limits.ts';
import { targetKey } from '../../../domain/remediation/target.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { engagedSwitch } from '../kill-switch.ts';
import { forbiddenByStop } from '../stops.ts';
import { storable } from '../text.ts';
import { auditOutcome } from './audit.ts';
import { lockIntent, moveIntent } from './intents.ts';
import { renewLease } from './leases.ts';
import { lockKillSwitchShared } from './locks.ts';

/** The effect must not go out (again). The intent stays what it was: `written`, or `sent` by an earlier try. */
export class EffectBlocked extends Error {
  override readonly name = 'EffectBlocked';
  readonly reason: 'kill-switch' | 'stopped' | 'stale-fence';

  constructor(reason: EffectBlocked['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A mistake of the caller: an unknown intent, or a step back, or an outcome of what was never sent. */
export class IllegalMark extends Error {
  override readonly name = 'IllegalMark';
}

/** `written` → `failed` gives up on an effect that was never sent. */
const allowed: Readonly<Record<IntentStatus, readonly IntentStatus[]>> = {
  written: ['sent', 'failed'],
  sent: ['sent', 'applied', 'failed'],
  applied: [],
  failed: [],
};

/** Returns the status before. A final status stays, whatever is asked: the caller sees it in the answer. */
export async function markIntent(
  trx: Kysely<Schema>,
  intentId: string,
  status: IntentStatus,
  result: string,
  limits: LimitsConfig,
): Promise<IntentStatus> {
  // Before the row, in the gate's own order.
  if (status === 'sent') await lockKillSwitchShared(trx);
  const stored = await lockIntent(trx, intentId);
  if (stored === null) throw new IllegalMark(`there is no intent ${intentId} to mark as ${status}`);
  const before = stored.status;
  if (before === 'applied' || before === 'failed') return before;
  if (!allowed[before].includes(status)) {
    throw new IllegalMark(`intent ${intentId} is ${before} and cannot become ${status}`);
  }
  const nowMs = await databaseNowMs(trx);
  // Also for what was sent before and is about to be sent again, because it turned out not to have happened.
  if (status === 'sent') await lastLook(trx, stored.intent, nowMs, limits);
  if (before === status) return before;
  await moveIntent(trx, intentId, status, storable(result), nowMs);
  if (status !== 'sent') await auditOutcome(trx, stored.intent, status, result, nowMs);
  return before;
}

async function lastLook(
  trx: Kysely<Schema>,
  intent: Intent,
  nowMs: number,
  limits: LimitsConfig,
): Promise<void> {
  const engaged = await engagedSwitch(trx, intent.target.environment);
  if (engaged !== null)
    throw new EffectBlocked('kill-switch', `intent ${intent.id} was not sent: ${engaged}`);
  const stop = await forbiddenByStop(trx, intent.incidentId, intent.direction);
  if (stop !== null) throw new EffectBlocked('stopped', `intent ${intent.id} was not sent: ${stop}`);
  const key = targetKey(intent.target);
  const held = await renewLease(
    trx,
    key,
    intent.incidentId,
    intent.fence,
    nowMs,
    limits.leaseSeconds * 1_000,
  );
  if (held) return;
  throw new EffectBlocked(
    'stale-fence',
    `intent ${intent.id} was not sent: ${key} has been leased anew since`,
  );
}
