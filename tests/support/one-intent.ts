/** One intent, a gate that holds it, and an execution that can be called again and again, on clocks of its own. */
import { vi } from 'vitest';
import { createExecute } from '../../activities/execute.ts';
import type { Executor } from '../../activities/ports/executor.ts';
import type { Marked, StoredIntent } from '../../activities/ports.ts';
import type { Intent, IntentStatus } from '../../domain/remediation/intent.ts';
import { tellProgressAfterMs } from '../../domain/remediation/progress.ts';
import { callOf } from './calls.ts';
import { noMetrics, silent } from './fakes.ts';
import { scaleOut } from './incident-examples.ts';

export const intent: Intent = {
  id: 'i-1',
  incidentId: 'incident/1',
  planHash: 'p',
  step: 0,
  direction: 'forward',
  action: scaleOut.action,
  target: scaleOut.target,
  executor: 'fake',
  parameters: scaleOut.parameters,
  fence: 1,
  before: scaleOut.before,
  expects: [{ replicas: 2 }],
};

export const firstSend = callOf({ number: 1, notAfterMs: 60_000 });

/** A gate that holds one intent, and an execution that can be called again and again. */
export function setUp(executor: Executor | null, status: IntentStatus = 'written') {
  let nowMs = 0;
  let monotonicMs = 0;
  const gate = {
    status,
    sends: status === 'written' ? 0 : 1,
    /** Marks that fail, as when Postgres is away or the process dies right there. */
    failingMarks: [] as IntentStatus[],
    blocked: false,
    renewals: 0,
    /** What happens while the permission to send is asked for. */
    meanwhile: (): void => {},
    leaseMs: 60_000,
    async renew() {
      gate.renewals += 1;
      return true;
    },
    accepted: null as { handle: string; atMs: number } | null,
    /** The process dies right there, or the store is away. */
    failingAccepts: 0,
    async accept(_id: string, _send: number, handle: string) {
      if (gate.failingAccepts > 0) {
        gate.failingAccepts -= 1;
        throw new Error('the store is away');
      }
      gate.accepted ??= { handle, atMs: nowMs };
      return { before: gate.status, overtaken: false };
    },
    /** A person's stop that forbids what is under way. */
    stop: null as string | null,
    stopped: async (): Promise<string | null> => gate.stop,
    permitted: true,
    /** What calls after the first one were for. */
    purposes: [] as (string | undefined)[],
    async permit(_id: string, _send: number, purpose?: string) {
      gate.purposes.push(purpose);
      return gate.permitted
        ? ({ ok: true } as const)
        : ({ ok: false, reason: 'the kill switch is engaged' } as const);
    },
    async intent(id: string): Promise<StoredIntent | null> {
      const accepted =
        gate.accepted === null ? null : { handle: gate.accepted.handle, forMs: nowMs - gate.accepted.atMs };
      const send = gate.sends === 0 ? null : { number: gate.sends, notAfterMs: 5_000, leftMs: 5_000 };
      return id === intent.id ? { intent, status: gate.status, send, accepted } : null;
    },
    async mark(
      _id: string,
      next: Exclude<IntentStatus, 'written'>,
      _result: string,
      send = 1,
    ): Promise<Marked> {
      const { status: before } = gate;
      if (gate.failingMarks[0] === next) {
        gate.failingMarks.shift();
        throw new Error('the store is away');
      }
      if (before !== 'written' && before !== 'sent') return { before, overtaken: false, send: null };
      if (next === 'sent' && gate.blocked) {
        throw Object.assign(new Error('kill switch'), { name: 'EffectBlocked', reason: 'kill-switch' });
      }
      if (next === 'sent' && send !== gate.sends + 1) return { before, overtaken: true, send: null };
      if (next === 'failed' && gate.sends !== 0 && send !== gate.sends)
        return { before, overtaken: true, send: null };
      gate.status = next;
      if (next !== 'sent') return { before, overtaken: false, send: null };
      gate.sends = send;
      gate.meanwhile();
      return { before, overtaken: false, send: { number: send, notAfterMs: 5_000, withinMs: 5_000 } };
    },
  };
  const tell = vi.fn();
  const execute = createExecute({
    tell,
    gate,
    executors: { forTarget: () => executor },
    logger: silent,
    metrics: noMetrics,
    timings: {
      everyMs: 10,
      pollEveryMs: 10,
      patienceMs: 50,
      steadyAnswers: 2,
      followForMs: 120_000,
      tellAfterMs: tellProgressAfterMs,
      nowMs: () => nowMs,
      monotonicMs: () => monotonicMs,
      sleep: async (ms) => {
        nowMs += ms;
        monotonicMs += ms;
      },
    },
  });
  const clocks = {
    /** The machine sleeps: only the wall clock sees it. */
    suspend: (ms: number) => {
      nowMs += ms;
    },
    /** The process stands still, and meanwhile the wall clock is set back. */
    stopAndSetBack: (ms: number) => {
      monotonicMs += ms;
      nowMs -= ms;
    },
    nowMs: () => nowMs,
  };
  return {
    gate,
    clocks,
    run: (lookOnly = false) => execute({ intentId: intent.id, lookOnly }),
    execute,
    tell,
  };
}
