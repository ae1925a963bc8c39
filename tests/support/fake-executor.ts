/** An executor whose effects are entries in a ledger, and whose answers can be lost in every way. */
import type { EffectAnswer, Executor } from '../../activities/ports.ts';
import { stepKey } from '../../domain/remediation/plan.ts';

/**
 * What becomes of the next call: `lost-done` and `lost-undone` lose the answer after and before the effect; `refuse` is
 * a clear no; `unknowable` loses the answer and never finds it again.
 */
export type CallFate = 'ok' | 'refuse' | 'lost-done' | 'lost-undone' | 'unknowable';

export type FakeExecutor = Executor & {
  /** Every effect that happened, in order, as step keys. */
  readonly ledger: { readonly intentId: string; readonly stepKey: string; readonly direction: string }[];
  /** Fates of the next calls; empty means `ok`. */
  readonly fates: CallFate[];
  /** Calls wait for this before they do anything. */
  hold: Promise<void> | null;
};

export function createFakeExecutor(onEffect: (key: string) => void): FakeExecutor {
  const unknowable = new Set<string>();
  const executor: FakeExecutor = {
    name: 'fake',
    ledger: [],
    fates: [],
    hold: null,
    observe: async () => [],
    preview: async () => ({ ok: true, detail: 'would work' }),
    async apply(intent): Promise<EffectAnswer> {
      await executor.hold;
      const fate = executor.fates.shift() ?? 'ok';
      if (fate === 'refuse') return { kind: 'refused', reason: 'not today' };
      if (fate === 'lost-undone') return { kind: 'unknown', reason: 'connection reset' };
      if (fate === 'unknowable') unknowable.add(intent.id);
      else {
        const key = stepKey(intent);
        executor.ledger.push({ intentId: intent.id, stepKey: key, direction: intent.direction });
        onEffect(key);
      }
      if (fate !== 'ok') return { kind: 'unknown', reason: 'connection reset' };
      return { kind: 'applied', after: null, summary: `${intent.action} on ${intent.target.service} done` };
    },
    async lookUp(intent) {
      if (unknowable.has(intent.id)) return 'cannot-tell';
      return executor.ledger.some((entry) => entry.intentId === intent.id) ? 'happened' : 'not-happened';
    },
  };
  return executor;
}
