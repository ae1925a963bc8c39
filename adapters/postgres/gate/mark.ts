// Moves an intent along: written → sent → applied, failed or uncertain. The step to `sent` lets one numbered call out, and is
// the last look before it: whatever happened since the gate, a kill switch, a person's stop, a newer lease of the target, the
// end of the incident or another sender stops it here.

import type { Kysely } from 'kysely';
import type { CallPurpose, Marked, StoredIntent } from '../../../activities/ports.ts';
import { targetText } from '../../../domain/inventory/target.ts';
import type { People } from '../../../domain/policy/people.ts';
import { type Intent, type IntentStatus, leasedKeys } from '../../../domain/remediation/intent.ts';
import { silencedText } from '../../../domain/silences/silence.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { engagedSwitch } from '../kill-switch.ts';
import type { SilenceBook } from '../silences/book.ts';
import { silencedAction } from '../silences/members.ts';
import { forbiddenByStop } from '../stops.ts';
import { storable } from '../text.ts';
import { auditLateAnswer, auditOutcome } from './audit.ts';
import { closedIncident, type GateLimits } from './checks.ts';
import { findIntent, keepHandle, lockIntent, moveIntent, moveToSent } from './intents.ts';
import { renewLease } from './leases.ts';
import { lockKillSwitchShared } from './locks.ts';
import { notAskedFor } from './rollback.ts';

/** The effect must not go out (again). The intent stays what it was: `written`, or `sent` by an earlier try. */
export class EffectBlocked extends Error {
  override readonly name = 'EffectBlocked';
  readonly reason: 'kill-switch' | 'stopped' | 'silenced' | 'stale-fence' | 'incident-closed';

  constructor(reason: EffectBlocked['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** A mistake of the caller: an unknown intent, or an outcome that what was never sent cannot have. */
export class IllegalMark extends Error {
  override readonly name = 'IllegalMark';
}

/** What the last look asks by. */
export type MarkRules = {
  readonly limits: GateLimits;
  readonly people: People;
  readonly silences: SilenceBook;
};

export type Mark = {
  readonly intentId: string;
  readonly status: Exclude<IntentStatus, 'written'>;
  readonly result: string;
  /** The call it is about; the first is 1. */
  readonly send: number;
};

/**
 * Says what the intent was before, and whether the mark was about its current send. What is final stays, whatever is asked,
 * and so does `uncertain`; an answer that comes after that is kept for people in the audit.
 */
export async function markIntent(trx: Kysely<Schema>, mark: Mark, rules: MarkRules): Promise<Marked> {
  const { intentId, status, send } = mark;
  // Before the row, in the gate's own order.
  if (status === 'sent') await lockKillSwitchShared(trx);
  const stored = await lockIntent(trx, intentId);
  if (stored === null) throw new IllegalMark(`there is no intent ${intentId} to mark as ${status}`);
  const before = stored.status;
  const nowMs = await databaseNowMs(trx);
  if (before !== 'written' && before !== 'sent') {
    if (status !== 'sent' && status !== before)
      await auditLateAnswer(trx, stored.intent, status, send, storable(mark.result), nowMs);
    return { before, overtaken: false, send: null };
  }
  if (status === 'sent') return letOut(trx, stored, mark, nowMs, rules);
  if (before === 'written' && status === 'uncertain')
    throw new IllegalMark(`intent ${intentId} was never sent: its outcome is not ${status}`);
  // Found in the world, or told by whoever made the call: it happened, by whichever send. Everything else is about one send.
  const current = stored.send?.number ?? 0;
  if (status !== 'applied' && current !== 0 && current !== send)
    return { before, overtaken: true, send: null };
  await moveIntent(trx, intentId, status, storable(mark.result), nowMs);
  await auditOutcome(trx, stored.intent, status, mark.result, nowMs);
  return { before, overtaken: false, send: null };
}

/** Only the very next number goes out: whoever has not seen the last one has not closed it. */
async function letOut(
  trx: Kysely<Schema>,
  { intent, status, send: last }: StoredIntent,
  { send: number, result }: Mark,
  nowMs: number,
  rules: MarkRules,
): Promise<Marked> {
  const { limits } = rules;
  if (number !== (last?.number ?? 0) + 1) return { before: status, overtaken: true, send: null };
  await lastLook(trx, intent, nowMs, rules);
  // Between two calls of one send it is not asked: what is half way is brought to its end.
  if (intent.rollback === undefined) await notSilenced(trx, intent, rules, nowMs);
  const notAfterMs = nowMs + limits.sendWithinMs;
  await moveToSent(trx, intent.id, { number, notAfterMs }, storable(result), nowMs);
  return { before: status, overtaken: false, send: { number, notAfterMs, withinMs: limits.sendWithinMs } };
}

/** Before it is told that the vendor has taken a send on, so that whoever comes next goes on asking for it. */
export async function acceptIntent(
  trx: Kysely<Schema>,
  intentId: string,
  send: number,
  handle: string,
): Promise<Pick<Marked, 'before' | 'overtaken'>> {
  const stored = await lockIntent(trx, intentId);
  if (stored === null) throw new IllegalMark(`there is no intent ${intentId} that could be under way`);
  const before = stored.status;
  if (before !== 'sent') return { before, overtaken: false };
  if (stored.send?.number !== send) return { before, overtaken: true };
  await keepHandle(trx, intentId, storable(handle), await databaseNowMs(trx));
  return { before, overtaken: false };
}

/** Between two calls of one send: everything that the first one was asked is asked again. */
export async function permitCall(
  trx: Kysely<Schema>,
  intentId: string,
  send: number,
  rules: MarkRules,
  purpose: CallPurpose = 'go-on',
): Promise<{ ok: true } | { ok: false; reason: string }> {
  await lockKillSwitchShared(trx);
  const stored = await lockIntent(trx, intentId);
  if (stored?.status !== 'sent' || stored.send?.number !== send)
    return { ok: false, reason: `send ${send} of ${intentId} is not under way any more` };
  try {
    await lastLook(trx, stored.intent, await databaseNowMs(trx), rules, purpose);
    return { ok: true };
  } catch (error) {
    if (!(error instanceof EffectBlocked)) throw error;
    return { ok: false, reason: error.message };
  }
}

/** Keeps the target for the intent, unless somebody came after it; says whether it is still its own. */
export async function renewIntent(
  trx: Kysely<Schema>,
  intentId: string,
  limits: GateLimits,
): Promise<boolean> {
  const stored = await findIntent(trx, intentId);
  return stored !== null && renew(trx, stored.intent, await databaseNowMs(trx), limits);
}

async function lastLook(
  trx: Kysely<Schema>,
  intent: Intent,
  nowMs: number,
  { limits, people }: MarkRules,
  purpose: CallPurpose = 'go-on',
): Promise<void> {
  const engaged = await engagedSwitch(trx, intent.target.environment);
  if (engaged !== null)
    throw new EffectBlocked('kill-switch', `intent ${intent.id} was not sent: ${engaged}`);
  // What only ends an effect is what a stop asks for.
  if (purpose === 'go-on' && intent.rollback === undefined) await stillWorkedOn(trx, intent);
  else if (purpose === 'go-on') await stillAskedFor(trx, intent, people, nowMs);
  if (await renew(trx, intent, nowMs, limits)) return;
  throw new EffectBlocked(
    'stale-fence',
    `intent ${intent.id} was not sent: ${targetText(intent.target)} has been leased anew since`,
  );
}

/** In words, the stop of a person that forbids what is under way. What people asked to be undone no stop is about. */
export async function stoppedByPerson(trx: Kysely<Schema>, intentId: string): Promise<string | null> {
  const stored = await findIntent(trx, intentId);
  if (stored === null || stored.intent.rollback !== undefined) return null;
  return forbiddenByStop(trx, stored.intent.incidentId, stored.intent.direction);
}

async function stillWorkedOn(trx: Kysely<Schema>, { id, incidentId, direction }: Intent): Promise<void> {
  const stop = await forbiddenByStop(trx, incidentId, direction);
  if (stop !== null) throw new EffectBlocked('stopped', `intent ${id} was not sent: ${stop}`);
  const closed = await closedIncident(trx, incidentId);
  if (closed !== null) throw new EffectBlocked('incident-closed', `intent ${id} was not sent: ${closed}`);
}

async function notSilenced(
  trx: Kysely<Schema>,
  intent: Intent,
  { silences }: MarkRules,
  nowMs: number,
): Promise<void> {
  const holding = await silencedAction(trx, await silences.current(trx), intent, nowMs);
  if (holding !== null)
    throw new EffectBlocked('silenced', `intent ${intent.id} was not sent: ${silencedText(holding)}`);
}

async function stillAskedFor(
  trx: Kysely<Schema>,
  intent: Intent,
  people: People,
  nowMs: number,
): Promise<void> {
  const refusal = await notAskedFor(trx, intent, people, nowMs);
  if (refusal !== null)
    throw new EffectBlocked('stopped', `intent ${intent.id} was not sent: ${refusal.detail}`);
}

function renew(trx: Kysely<Schema>, intent: Intent, nowMs: number, limits: GateLimits): Promise<boolean> {
  const { incidentId, fence } = intent;
  return renewLease(trx, leasedKeys(intent), incidentId, fence, nowMs, limits.leaseSeconds * 1_000);
}
