/**
 * Every action under every pair of faults, forward and back, with the vendor's own ledger as the witness: no effect happens twice,
 * and nothing that is told contradicts it.
 */
import type { ExecuteResult } from '../../../activities/types.ts';
import { type TargetRef, targetKey } from '../../../domain/inventory/target.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import { type ActionId, actionIds, actions } from '../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { factsFor } from '../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../domain/remediation/target.ts';
import { type MemoryGate, memoryGate } from '../../support/memory-gate.ts';
import type { ExecutorHarness } from './contract.ts';
import { executed } from './worker.ts';

const deaths = ['before-sent', 'after-sent', 'before-accepted', 'before-outcome'] as const;
export const faults = [
  'none',
  ...['lose-before', 'lose-after', 'deny', 'throttle', 'two-workers'],
  ...deaths,
] as const;
export type Fault = string;

export type Case = {
  readonly what: string;
  readonly effects: number;
  /** How what was told contradicts the ledger; null when it does not. */
  readonly lie: string | null;
};

/** Each pair is one effect: the first fault meets the first try, the second the next. Then the undo, under the same pair. */
export async function matrix(
  harness: ExecutorHarness,
  fixture: {
    readonly actions?: readonly ActionId[];
    readonly pairs: readonly (readonly [Fault, Fault])[];
    readonly everyMs?: number;
  },
): Promise<readonly Case[]> {
  const cases: Case[] = [];
  let fence = 0;
  const intentOf = async (
    target: TargetRef,
    step: { readonly action: ActionId; readonly parameters: ActionParameters },
    more: Partial<Intent> = {},
  ): Promise<Intent> => {
    const before = await stateOf(harness, target);
    fence += 1;
    return {
      ...{
        id: `matrix-${process.pid}-${fence}`,
        incidentId: 'i',
        planHash: 'p',
        step: 0,
        direction: 'forward',
      },
      ...{ target, executor: before.executor, fence, before, ...step },
      expects: [factsFor(step, before)],
      ...more,
    };
  };
  const run = async (intent: Intent, pair: readonly [Fault, Fault]): Promise<void> => {
    const gate = memoryGate(intent);
    let result: ExecuteResult | null = null;
    for (const fault of pair) result = await underFault(harness, gate, intent, fault, fixture.everyMs);
    await harness.faults.heal();
    result = await executed(harness.executor(), gate, intent, fixture.everyMs).catch(() => result);
    const effects = await harness.effects(intent);
    const what = `${intent.direction} ${intent.action} under ${pair.join(', then ')}`;
    cases.push({ what, effects, lie: lieOf(result, effects) });
  };
  for (const action of fixture.actions ?? actionIds) {
    for (const pair of fixture.pairs) {
      const target = await harness.target();
      const before = await stateOf(harness, target);
      if (!before.supports.includes(action)) break;
      const chosen = actions[action].choose?.(before, { resourceId: before.replicas[0]?.id, rateRatio: 1.2 });
      if (chosen?.ok !== true) break; // an undo only, which its own action brings along
      const forward = await intentOf(target, { action, parameters: chosen.parameters });
      await run(forward, pair);
      const inverse = inverseOf(action, before, chosen.parameters);
      if (inverse === null || (await harness.effects(forward)) === 0) continue;
      const undo = { direction: 'compensation', undoes: forward.id } as const;
      await run(await intentOf(target, inverse, undo), pair);
      // Whatever the faults left of it: the next case begins where this one did.
      const rest = await intentOf(target, inverse, undo);
      await executed(harness.executor(), memoryGate(rest), rest, fixture.everyMs);
    }
  }
  return cases;
}

async function underFault(
  { executor, faults: cause }: ExecutorHarness,
  gate: MemoryGate,
  intent: Intent,
  fault: Fault,
  everyMs?: number,
): Promise<ExecuteResult | null> {
  const death = deaths.find((one) => one === fault);
  if (death !== undefined) gate.dies = death;
  if (fault === 'lose-before') await cause.lose('before');
  if (fault === 'lose-after') await cause.lose('after');
  if (fault === 'deny' && typeof cause.deny === 'function') await cause.deny();
  if (fault === 'throttle' && typeof cause.throttle === 'function') await cause.throttle();
  const workers = Array.from({ length: fault === 'two-workers' ? 2 : 1 }, () =>
    executed(executor(), gate, intent, everyMs),
  );
  const [first] = await Promise.allSettled(workers);
  gate.dies = null;
  return first?.status === 'fulfilled' ? first.value : null;
}

function lieOf(result: ExecuteResult | null, effects: number): string | null {
  if (result === null) return 'nothing was told';
  if (result.kind === 'applied' && effects === 0) return 'told as done, and nothing happened';
  if (result.kind === 'failed' && result.certain && effects > 0) return 'told as not done, and it happened';
  return null;
}

async function stateOf(harness: ExecutorHarness, target: TargetRef): Promise<TargetState> {
  const seen = await harness.executor().observe(target.environment, target.service);
  const state = seen.find((one) => targetKey(one.target) === targetKey(target));
  if (state === undefined) throw new Error(`${targetKey(target)} is not there`);
  return state;
}
