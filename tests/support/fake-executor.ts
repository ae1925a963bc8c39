/** An executor whose effects are entries in a ledger and changes of a small model, and whose answers can be lost in every way. */
import type { Begun, Executor, Polled } from '../../activities/ports/executor.ts';
import { targetKey } from '../../domain/inventory/target.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import { stepKey } from '../../domain/remediation/plan.ts';
import { stateAfter } from '../../domain/remediation/precondition.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { targetState } from './incident-examples.ts';

/**
 * What becomes of the next call: `lost-done` and `lost-undone` lose the answer after and before the effect; `refuse` is
 * a clear no; `unknowable` loses the answer and never finds it again. `accepted` takes it on: `polls` say what comes of it.
 */
export type CallFate = 'ok' | 'accepted' | 'refuse' | 'lost-done' | 'lost-undone' | 'unknowable';

export type FakeExecutor = Executor & {
  /** Every effect that happened, in order, as step keys. */
  readonly ledger: { readonly intentId: string; readonly stepKey: string; readonly direction: string }[];
  /** Fates of the next calls; empty means `ok`. */
  readonly fates: CallFate[];
  /** Answers of the next polls; the effect happens with `done`, and when there are no more. */
  readonly polls: Polled[];
  /** Calls wait for this before they do anything. */
  hold: Promise<void> | null;
  /** Somebody else changes every target. */
  change(by: Partial<TargetState>): void;
};

export function createFakeExecutor(onEffect: (key: string) => void): FakeExecutor {
  const unknowable = new Set<string>();
  const closed = new Map<string, number>();
  const targets = new Map<string, TargetState>();
  let everywhere: Partial<TargetState> = {};
  const stateOf = (target: TargetState['target']): TargetState => ({
    ...(targets.get(targetKey(target)) ?? { ...targetState, target }),
    ...everywhere,
  });
  const perform = (intent: Intent): void => {
    const key = stepKey(intent);
    executor.ledger.push({ intentId: intent.id, stepKey: key, direction: intent.direction });
    targets.set(targetKey(intent.target), filledUp(stateAfter(stateOf(intent.target), intent)));
    onEffect(key);
  };
  const executor: FakeExecutor = {
    name: 'fake',
    promise: () => ({
      idempotency: 'token',
      tellsWhose: true,
      consistencyDelayMs: 0,
      deadlineMs: 60_000,
      settleMs: 0,
    }),
    ledger: [],
    fates: [],
    polls: [],
    hold: null,
    change(by) {
      everywhere = by;
    },
    observe: async (environment, service = targetState.target.service) => [stateOf({ environment, service })],
    preview: async () => ({ ok: true, detail: 'would work' }),
    async begin(intent, { number }): Promise<Begun> {
      await executor.hold;
      if (number <= (closed.get(intent.id) ?? 0))
        return { kind: 'refused', code: 'overtaken', reason: `send ${number} is closed` };
      const fate = executor.fates.shift() ?? 'ok';
      if (fate === 'accepted') return { kind: 'accepted', handle: intent.id, summary: 'taken on' };
      if (fate === 'refuse') return { kind: 'refused', code: 'refused-by-vendor', reason: 'not today' };
      if (fate === 'lost-undone') return { kind: 'unknown', reason: 'connection reset' };
      if (fate === 'unknowable') unknowable.add(intent.id);
      else perform(intent);
      if (fate !== 'ok') return { kind: 'unknown', reason: 'connection reset' };
      return { kind: 'done', after: null, summary: `${intent.action} on ${intent.target.service} done` };
    },
    async poll(intent) {
      const polled = executor.polls.shift() ?? { kind: 'done', after: null, summary: 'rolled out' };
      if (polled.kind === 'done') perform(intent);
      return polled;
    },
    async lookUp(intent) {
      if (unknowable.has(intent.id)) return 'cannot-tell';
      return executor.ledger.some((entry) => entry.intentId === intent.id) ? 'happened' : 'not-happened';
    },
    async close(intent, { number }) {
      const found = await executor.lookUp(intent);
      if (found === 'not-happened') closed.set(intent.id, number);
      return found;
    },
  };
  return executor;
}

/** As many replicas run as are wanted. */
function filledUp(state: TargetState): TargetState {
  const { replicas, desiredReplicas } = state;
  const more = Array.from({ length: Math.max(0, desiredReplicas - replicas.length) }, (_, at) => ({
    ...{ id: `more-${at + 1}`, state: 'running' as const, startedAtMs: 0, restarts: 0 },
  }));
  return { ...state, replicas: [...replicas.slice(0, desiredReplicas), ...more] };
}
