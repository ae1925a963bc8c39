/** What the cases of the contract do with a harness. */
import { expect } from 'vitest';
import type { Call, Executor, Polled } from '../../../../activities/ports/executor.ts';
import type { ExecuteResult } from '../../../../activities/types.ts';
import { type TargetRef, targetKey } from '../../../../domain/inventory/target.ts';
import { actions } from '../../../../domain/remediation/actions/index.ts';
import { inverseOf } from '../../../../domain/remediation/catalogue.ts';
import type { Intent } from '../../../../domain/remediation/intent.ts';
import { factsFor } from '../../../../domain/remediation/precondition.ts';
import type { TargetState } from '../../../../domain/remediation/target.ts';
import { callOf } from '../../../support/calls.ts';
import { type MemoryGate, memoryGate } from '../../../support/memory-gate.ts';
import { held } from '../matrix/held.ts';
import { executed as executedBy } from '../worker.ts';
import type { ExecutorHarness } from './harness.ts';

/**
 * How long a call may take to begin: longer than any machine needs. The clock of the world skips what is waited of it, so that
 * nothing here depends on the speed of the machine.
 */
const withinMs = 3_600_000;
const paces = { everyMs: 5_000, pollEveryMs: 100, patienceMs: 3_600_000 };

export type Bench = ReturnType<typeof createBench>;

export function createBench(harness: ExecutorHarness) {
  const { clock } = harness;
  let fences = Math.floor(Date.now() / 1_000);

  async function stateOf(target: TargetRef): Promise<TargetState> {
    const seen = await harness.executor().observe(target.environment, target.service);
    const state = seen.find((one) => targetKey(one.target) === targetKey(target));
    if (state === undefined) throw new Error(`${targetKey(target)} is not there`);
    return state;
  }

  async function intentOn(target: TargetRef, more: Partial<Intent> = {}): Promise<Intent> {
    const before = await stateOf(target);
    const step = more.action === undefined ? harness.step(before) : { action: more.action, parameters: {} };
    const asked = { ...step, ...more };
    const touches = actions[asked.action].touches?.(before, asked.parameters);
    fences += 1;
    const intent: Intent = {
      id: `intent-contract-${process.pid}-${fences}`,
      incidentId: 'incident/test/contract/1',
      planHash: 'p'.repeat(64),
      step: 0,
      direction: 'forward',
      target,
      executor: before.executor,
      fence: fences,
      before,
      expects: [factsFor(asked, before)],
      ...(touches === undefined ? {} : { touches }),
      ...asked,
    };
    await harness.made?.(intent);
    return intent;
  }

  const someIntent = async (): Promise<Intent> => intentOn(await harness.target());

  async function undoing(forward: Intent): Promise<Intent> {
    const inverse = inverseOf(forward.action, forward.before, forward.parameters);
    if (inverse === null) throw new Error(`the step of the harness has to have an inverse`);
    return intentOn(forward.target, { ...inverse, direction: 'compensation', undoes: forward.id });
  }

  const first = (more: Partial<Call> = {}): Call =>
    callOf({ number: 1, notAfterMs: clock.nowMs() + withinMs }, more);

  async function ended(executor: Executor, intent: Intent, handle: string): Promise<Polled> {
    const endMs = clock.nowMs() + executor.promise(intent).deadlineMs;
    for (;;) {
      const call = first();
      const polled = await (executor.advance?.(intent, handle, call) ??
        executor.poll(intent, handle, call.signal));
      if ((polled.kind !== 'running' && polled.kind !== 'unknown') || clock.nowMs() > endMs) return polled;
      await clock.sleep(paces.pollEveryMs);
    }
  }

  /** Begins, and asks until it has ended. */
  async function performed(executor: Executor, intent: Intent, call = first()): Promise<Polled> {
    const begun = await executor.begin(intent, call);
    if (begun.kind === 'refused') throw new Error(`refused: ${begun.code}, ${begun.reason}`);
    return begun.kind === 'accepted' ? ended(executor, intent, begun.handle) : begun;
  }

  const gateFor = (intent: Intent): MemoryGate => memoryGate(intent, clock.nowMs, withinMs);

  const executed = (gate: MemoryGate, intent: Intent): Promise<ExecuteResult> =>
    executedBy(held(harness.executor(), clock), gate, intent, paces, clock);

  /** As it was, so that the next case finds the same target. */
  async function putBack(intent: Intent): Promise<void> {
    if (harness.restore !== undefined) return harness.restore();
    const undo = await undoing(intent);
    expect(await executed(gateFor(undo), undo)).toMatchObject({ kind: 'applied' });
  }

  async function asBefore(intent: Intent): Promise<void> {
    expect(factsFor(intent, await stateOf(intent.target))).toEqual(factsFor(intent, intent.before));
  }

  return {
    ...{ harness, clock, stateOf, intentOn, someIntent, undoing, first, ended },
    ...{ performed, gateFor, executed, putBack, asBefore },
  };
}
