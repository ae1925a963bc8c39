// The effects of one executor of the agent, each call at most once: what was begun stands in the record before it goes out, the
// server is asked for its permission in between, and a process that stood still does not go on with an old one.

import type { Begun, Executor, Found, Handle, Polled } from '../../../activities/ports/executor.ts';
import { startStopwatch } from '../../../activities/stopwatch.ts';
import type { AgentPermission } from '../../../api/ports/agents.ts';
import { ago, largestSkewMs } from '../../../domain/agent/line.ts';
import { errorMessage } from '../../../domain/error-message.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import type { RefusalCode } from '../../../domain/remediation/refusal-code.ts';
import type { Call, Journal, Known } from './journal.ts';

export type AskPermit = (first: boolean) => Promise<AgentPermission>;

export type Effects = {
  begin(
    intent: Intent,
    call: { readonly number: number; readonly revision?: string | undefined; readonly signal: AbortSignal },
    askPermit: AskPermit,
  ): Promise<Begun>;
  poll(intent: Intent, handle: Handle, signal: AbortSignal): Promise<Polled>;
  resume(intent: Intent, signal: AbortSignal): Promise<Handle | null>;
  lookUp(intent: Intent, signal: AbortSignal): Promise<Found>;
  close(intent: Intent, number: number, signal: AbortSignal): Promise<Found>;
};

export function createEffects(executor: Executor, journal: Journal, nowMs: () => number): Effects {
  /** Calls that are out of this process now. */
  const running = new Set<string>();
  const clocks = { nowMs, monotonicMs: () => performance.now() };

  /** Why this call is not begun, or the answer it has had; null when it may be. */
  function before(intent: Intent, number: number): Begun | null {
    const known = journal.of(intent.id);
    const same = known.calls.find(({ send }) => send === number);
    if (same !== undefined)
      return (
        same.answer ?? {
          kind: 'unknown',
          reason: 'this call was begun before, and what came of it is not known',
        }
      );
    if (known.closed >= number) return refused('overtaken', `call ${number} was closed before it came`);
    if (known.calls.some(({ send }) => send > number))
      return refused('overtaken', `a later call than ${number} was begun`);
    const open = known.calls.filter((call) => !cameToNothing(known, call));
    if (open.length > 0)
      return refused('overtaken', 'an earlier call of it was begun, and may have happened');
    const went = known.calls.some(({ answer }) => answer?.kind !== 'refused');
    if (went && executor.promise(intent).idempotency === 'none')
      return refused('overtaken', 'it went out before, and would happen a second time');
    return null;
  }

  async function letOut(
    intent: Intent,
    { number, revision, signal }: Parameters<Effects['begin']>[1],
    askPermit: AskPermit,
  ): Promise<Begun> {
    const elapsed = startStopwatch(clocks);
    const askedAtMs = nowMs();
    let permitted: AgentPermission;
    try {
      permitted = await askPermit(true);
    } catch (error) {
      return refused('unreachable', `whether it may be done could not be asked: ${errorMessage(error)}`);
    }
    if (permitted.kind === 'refused') return refused('overtaken', permitted.reason);
    const skewMs = (askedAtMs + nowMs()) / 2 - permitted.nowMs;
    const tookMs = elapsed();
    if (tookMs >= permitted.leftMs)
      return refused('too-late', `this agent stood still for ${Math.round(tookMs)} ms before the call`);
    if (Math.abs(skewMs) > largestSkewMs + tookMs)
      return refused(
        'refused-by-vendor',
        `the clock of this machine is ${ago(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}: set it first`,
      );
    if (journal.of(intent.id).closed >= number)
      return refused('overtaken', `call ${number} was closed meanwhile`);
    const notAfterMs = nowMs() + permitted.leftMs - tookMs;
    return executor.begin(intent, {
      ...{ number, notAfterMs, revision, signal },
      async permit() {
        try {
          const answer = await askPermit(false);
          return answer.kind === 'permitted' ? { ok: true } : { ok: false, reason: answer.reason };
        } catch (error) {
          return { ok: false, reason: `whether it may go on could not be asked: ${errorMessage(error)}` };
        }
      },
    });
  }

  async function lookUp(intent: Intent, signal: AbortSignal): Promise<Found> {
    const known = journal.of(intent.id);
    if (known.done || known.calls.some(({ answer }) => answer?.kind === 'done')) return 'happened';
    if (known.calls.some(({ send }) => running.has(keyOf(intent, send)))) return 'cannot-tell';
    const open = known.calls.filter((call) => !cameToNothing(known, call));
    if (open.length === 0) {
      if (knewIt(intent)) return 'not-happened';
      // From before this record: what is found may be anybody's.
      const found = await executor.lookUp(intent, signal);
      return found === 'happened' && !executor.promise(intent).tellsWhose ? 'cannot-tell' : found;
    }
    const found = await executor.lookUp(intent, signal);
    if (found !== 'not-happened') return found;
    const { consistencyDelayMs } = executor.promise(intent);
    const visible = open.every(({ sinceMs }) => performance.now() - sinceMs >= consistencyDelayMs);
    return visible ? found : 'cannot-tell';
  }

  /** Whether a call of it would stand in this record: both moments are of this machine's clock. */
  function knewIt({ id, before: { observedAtMs } }: Intent): boolean {
    return journal.of(id).calls.length > 0 || (observedAtMs !== undefined && observedAtMs >= journal.sinceMs);
  }

  return {
    async begin(intent, call, askPermit) {
      const { number } = call;
      const answered = before(intent, number);
      if (answered !== null) return answered;
      journal.begun(intent.id, number);
      const key = keyOf(intent, number);
      running.add(key);
      try {
        const answer = await letOut(intent, call, askPermit).catch(
          (error: unknown): Begun => ({ kind: 'unknown', reason: errorMessage(error) }),
        );
        journal.answered(intent.id, number, bounded(answer));
        return answer;
      } finally {
        running.delete(key);
      }
    },

    async poll(intent, handle, signal) {
      const polled = await executor.poll(intent, handle, signal);
      if (polled.kind === 'done' && !journal.of(intent.id).done) journal.done(intent.id);
      return polled;
    },

    async resume(intent, signal) {
      const { calls } = journal.of(intent.id);
      for (const { answer } of calls.toReversed()) if (answer?.kind === 'accepted') return answer.handle;
      return calls.length === 0 ? null : ((await executor.resume?.(intent, signal)) ?? null);
    },

    lookUp,

    async close(intent, number, signal) {
      if (journal.of(intent.id).closed < number) journal.closed(intent.id, number);
      const found = await lookUp(intent, signal);
      const known = journal.of(intent.id);
      if (found === 'not-happened' && known.calls.some((call) => !cameToNothing(known, call)))
        journal.cameToNothing(intent.id, number);
      return found;
    },
  };
}

function cameToNothing(known: Known, { send, answer }: Call): boolean {
  return answer?.kind === 'refused' || known.cameToNothing >= send;
}

function keyOf({ id }: Intent, send: number): string {
  return `${id}/${send}`;
}

/** What stands in the record is what can be read again. */
function bounded(answer: Begun): Begun {
  const cut = (text: string): string => text.slice(0, 2_000);
  if ('reason' in answer) return { ...answer, reason: cut(answer.reason) };
  return answer.kind === 'done'
    ? { kind: 'done', after: null, summary: cut(answer.summary) }
    : { ...answer, summary: cut(answer.summary) };
}

function refused(code: RefusalCode, reason: string): Begun {
  return { kind: 'refused', code, reason };
}
