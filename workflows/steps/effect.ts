// One effect: gate, then execution. Nothing in between can be interrupted, so that the outcome is always known and
// recorded; whoever calls it decides whether to wait and try again when the gate refuses.

import { ActivityFailure } from '@temporalio/workflow';
import type { GateInput } from '../../activities/types.ts';
import type { GateRefusal } from '../../domain/remediation/intent.ts';
import { effects, gate } from '../proxies.ts';
import type { Run } from '../run.ts';
import { failureText } from './failures.ts';

export type Effect = {
  readonly planHash: string;
  readonly step: number;
  readonly stepKey: string;
  readonly direction: GateInput['direction'];
};

export type EffectOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'refused'; readonly reason: GateRefusal; readonly detail: string }
  /** `certain`: it did not happen. Otherwise it may have, and nobody can tell. */
  | { readonly kind: 'failed'; readonly certain: boolean; readonly reason: string };

/**
 * Passes the gate and performs the effect. `onGranted` runs between the two, with the intent's id: the place to
 * register the compensation. Call it inside a non-cancellable scope.
 */
export async function perform(
  run: Run,
  { planHash, step, stepKey, direction }: Effect,
  onGranted: (intentId: string) => void,
): Promise<EffectOutcome> {
  const { journal, input } = run;
  await journal.drained();
  const passed = await gate.passGate.executeWithOptions({ summary: `gate: ${direction} ${stepKey}` }, [
    { incidentId: input.incidentId, planHash, step, direction },
  ]);
  if (!passed.granted) return { kind: 'refused', reason: passed.reason, detail: passed.detail };

  const intentId = passed.intent.id;
  onGranted(intentId);
  journal.record({ type: 'intent-written', intentId, step, direction });
  await journal.drained();
  const result = await execute(intentId, `${direction} ${stepKey}`);
  switch (result.kind) {
    case 'applied': {
      const { foundByLookup, summary } = result;
      journal.record({ type: 'effect-applied', intentId, step, direction, foundByLookup, summary });
      run.memory = { ...run.memory, lastEffectAtMs: Date.now() };
      return { kind: 'applied' };
    }
    case 'failed':
      journal.record({ type: 'effect-failed', intentId, step, direction, reason: result.reason });
      return result;
    case 'blocked':
      return { ...result, kind: 'refused' };
  }
}

async function execute(intentId: string, what: string): Promise<Awaited<ReturnType<typeof effects.execute>>> {
  try {
    return await effects.execute.executeWithOptions({ summary: what }, [{ intentId }]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { kind: 'failed', certain: false, reason: `the outcome is unknown: ${failureText(error)}` };
  }
}
