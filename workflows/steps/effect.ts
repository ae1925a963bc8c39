// One effect: gate, then execution. Once it was handed to an executor nothing interrupts it, so that the outcome is always
// known and recorded; until then a stop does. Whoever calls it decides whether to try again when the gate refuses.

import { ActivityFailure } from '@temporalio/workflow';
import type { GateInput } from '../../activities/types.ts';
import type { GateRefusal } from '../../domain/remediation/intent.ts';
import { effects, gate } from '../proxies.ts';
import type { Run } from '../run.ts';
import { failureText } from './failures.ts';
import { hearStoredStop, isStopped, unlessStopped } from './stop.ts';

export type Effect = {
  readonly planHash: string;
  readonly step: number;
  readonly stepKey: string;
  readonly direction: GateInput['direction'];
};

export type EffectOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'refused'; readonly reason: GateRefusal; readonly detail: string }
  /** A person stopped the incident before anything was sent. */
  | { readonly kind: 'stopped' }
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
  const asked = await unlessStopped(run, direction, async () => {
    await journal.drained();
    return gate.passGate.executeWithOptions({ summary: `gate: ${direction} ${stepKey}` }, [
      { incidentId: input.incidentId, planHash, step, direction },
    ]);
  });
  if (asked === null) return { kind: 'stopped' };
  const passed = asked.answer;
  if (!passed.granted) return refusal(run, passed.reason, passed.detail);

  const intentId = passed.intent.id;
  onGranted(intentId);
  journal.record({ type: 'intent-written', intentId, step, direction });
  const recorded = await unlessStopped(run, direction, () => journal.drained());
  // What was sent before (by a run that is no more) has an outcome: it is looked for, and nothing is sent again.
  if (passed.status === 'written' && (recorded === null || isStopped(run, direction))) {
    const reason = 'not sent: a person said stop';
    journal.record({ type: 'effect-failed', intentId, step, direction, reason, neverSent: true });
    return { kind: 'stopped' };
  }
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
      return refusal(run, result.reason, result.detail);
  }
}

/** The gate knows of a stop that has not reached this run yet: from here on the run knows it, too. */
async function refusal(run: Run, reason: GateRefusal, detail: string): Promise<EffectOutcome> {
  if (reason === 'stopped' && (await hearStoredStop(run))) return { kind: 'stopped' };
  return { kind: 'refused', reason, detail };
}

async function execute(intentId: string, what: string): Promise<Awaited<ReturnType<typeof effects.execute>>> {
  try {
    return await effects.execute.executeWithOptions({ summary: what }, [{ intentId }]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return { kind: 'failed', certain: false, reason: `the outcome is unknown: ${failureText(error)}` };
  }
}
