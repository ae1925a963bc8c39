/** A gate in memory that holds one intent: for executions against a real vendor. By default it goes by the clock of this machine. */
import type { ExecuteDeps } from '../../activities/execute.ts';
import type { Intent, IntentStatus } from '../../domain/remediation/intent.ts';
import { sendWithinMs } from '../../domain/remediation/limits.ts';

export type MemoryGate = ExecuteDeps['gate'] & {
  readonly status: IntentStatus;
  readonly sends: number;
  /** The process dies right there: the record is made, or not, and nobody hears of it. */
  dies: 'before-sent' | 'after-sent' | 'before-accepted' | 'after-accepted' | 'before-outcome' | null;
  /** What forbids any call, as a kill switch does. */
  forbidden: string | null;
};

/** `withinMs`: how soon after its record a call must begin. */
export function memoryGate(
  intent: Intent,
  nowMs: () => number = Date.now,
  withinMs: number = sendWithinMs,
): MemoryGate {
  let status: IntentStatus = 'written';
  let sends = 0;
  let notAfterMs = 0;
  let accepted: { handle: string; atMs: number } | null = null;
  const die = (where: MemoryGate['dies']): void => {
    if (gate.dies !== where) return;
    gate.dies = null;
    throw new Error(`the process died (${where})`);
  };
  const gate: MemoryGate = {
    get status() {
      return status;
    },
    get sends() {
      return sends;
    },
    dies: null,
    forbidden: null,
    leaseMs: 300_000,
    renew: async () => true,
    stopped: async () => null,
    permit: async () => (gate.forbidden === null ? { ok: true } : { ok: false, reason: gate.forbidden }),
    intent: async () => ({
      intent,
      status,
      send: sends === 0 ? null : { number: sends, notAfterMs, leftMs: notAfterMs - nowMs() },
      accepted: accepted === null ? null : { handle: accepted.handle, forMs: nowMs() - accepted.atMs },
    }),
    async accept(_id, number, handle) {
      die('before-accepted');
      if (status === 'sent' && number === sends) accepted ??= { handle, atMs: nowMs() };
      die('after-accepted');
      return { before: status, overtaken: number !== sends };
    },
    async mark(_id, next, _result, number = 1) {
      const before = status;
      if (before !== 'written' && before !== 'sent') return { before, overtaken: false, send: null };
      if (next !== 'sent') {
        die('before-outcome');
        if (next !== 'applied' && sends !== 0 && number !== sends)
          return { before, overtaken: true, send: null };
        status = next;
        return { before, overtaken: false, send: null };
      }
      die('before-sent');
      if (gate.forbidden !== null)
        throw Object.assign(new Error(gate.forbidden), { name: 'EffectBlocked', reason: 'kill-switch' });
      if (number !== sends + 1) return { before, overtaken: true, send: null };
      status = 'sent';
      sends = number;
      notAfterMs = nowMs() + withinMs;
      accepted = null;
      die('after-sent');
      return { before, overtaken: false, send: { number, notAfterMs, withinMs } };
    },
  };
  return gate;
}
