// One effect: gate, then execution. Once it was handed to an executor nothing interrupts it, so that the outcome is always
// known and recorded; until then a stop does. Whoever calls it decides whether to try again when the gate refuses.

import type { ExecuteInput, GateInput } from '../../activities/types.ts';
import type { GateRefusal, NeededApproval } from '../../domain/remediation/intent.ts';
import { gate } from '../proxies.ts';
import type { Run } from '../run.ts';
import { type Ended, executeUntilEnded } from './execute.ts';
import { hearStoredStop, isStopped, unlessStopped } from './stop.ts';

export type Effect = {
  readonly planHash: string;
  readonly step: number;
  readonly stepKey: string;
  readonly direction: GateInput['direction'];
};

export type EffectOutcome =
  | { readonly kind: 'applied' }
  /** `sent`: it went out before the refusal, and is not settled; it may have happened. */
  | {
      readonly kind: 'refused';
      readonly reason: GateRefusal;
      readonly detail: string;
      readonly sent: boolean;
      /** What people would have to say for the gate to let it through. */
      readonly needs?: NeededApproval;
    }
  /** A person stopped the incident. `sent`: it went out before that, and is not settled. */
  | { readonly kind: 'stopped'; readonly sent: boolean }
  /** `certain`: it did not happen. Otherwise it may have, and nobody can tell. */
  | {
      readonly kind: 'failed';
      readonly certain: boolean;
      readonly reason: string;
      readonly left?: string;
      readonly superseded?: true;
    }
  /** Dry run is on: nothing was done, and nothing will be. */
  | { readonly kind: 'dry-run'; readonly ok: boolean; readonly detail: string };

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
  if (asked === null) return { kind: 'stopped', sent: false };
  const passed = asked.answer;
  if (!passed.granted) return refusal(run, { ...passed, sent: false });

  const intentId = passed.intent.id;
  onGranted(intentId);
  journal.record({ type: 'intent-written', intentId, step, direction });
  const recorded = await unlessStopped(run, direction, () => journal.drained());
  // What was sent before (by a run that is no more) has an outcome: it is looked for, and nothing is sent again.
  if (passed.status === 'written' && (recorded === null || isStopped(run, direction))) {
    const reason = 'not sent: a person said stop';
    journal.record({ type: 'effect-failed', intentId, step, direction, reason, neverSent: true });
    return { kind: 'stopped', sent: false };
  }
  const result = await execute(run, `${direction} ${stepKey}`, { intentId }, { step, direction });
  switch (result.kind) {
    case 'applied': {
      const { foundByLookup, summary, settleMs = 0 } = result;
      journal.record({ type: 'effect-applied', intentId, step, direction, foundByLookup, summary });
      const longest = Math.max(settleMs, run.memory.settleMs ?? 0);
      run.memory = {
        ...run.memory,
        lastEffectAtMs: Date.now(),
        ...(longest === 0 ? {} : { settleMs: longest }),
      };
      return { kind: 'applied' };
    }
    case 'failed':
      journal.record({
        ...{ type: 'effect-failed', intentId, step, direction, reason: result.reason },
        ...(result.certain ? {} : { uncertain: true }),
        ...(result.code === undefined ? {} : { code: result.code }),
        ...(result.left === undefined ? {} : { left: result.left }),
        ...(result.superseded === undefined ? {} : { superseded: result.superseded }),
        ...(result.cancelled === undefined ? {} : { cancelled: result.cancelled }),
      });
      return result;
    case 'dry-run': {
      const { kind: type, ...said } = result;
      journal.record({ type: `effect-${type}`, intentId, step, direction, ...said });
      return result;
    }
    case 'blocked':
      return refusal(run, { ...result, sent: result.sent === true });
  }
}

type Refusal = Omit<Extract<EffectOutcome, { kind: 'refused' }>, 'kind'>;

/** The gate knows of a stop that has not reached this run yet: from here on the run knows it, too. */
async function refusal(run: Run, { reason, detail, sent, needs }: Refusal): Promise<EffectOutcome> {
  if (reason === 'stopped' && (await hearStoredStop(run))) return { kind: 'stopped', sent };
  return { kind: 'refused', reason, detail, sent, ...(needs === undefined ? {} : { needs }) };
}

/** Finds out what became of calls that went out, and lets no other follow. The place for what has to end before its undo. */
export async function findOut(run: Run, intentId: string, step: number, stepKey: string): Promise<Ended> {
  const about = { step, direction: 'forward' } as const;
  return execute(run, `what became of ${stepKey}?`, { intentId, lookOnly: true }, about);
}

/** What is news on the way is recorded. */
function execute(
  { journal }: Run,
  summary: string,
  input: ExecuteInput,
  about: Pick<Effect, 'step' | 'direction'>,
): Promise<Ended> {
  return executeUntilEnded(summary, input, (progress) =>
    journal.record({ type: 'effect-progress', intentId: input.intentId, ...about, progress }),
  );
}
