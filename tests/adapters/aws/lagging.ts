/**
 * A call whose answer is lost, while the vendor shows the state from before it for almost as long as its executor says it may: what is
 * told of it, and how often it was done.
 */
import type { Executor } from '../../../activities/ports/executor.ts';
import type { ExecuteResult } from '../../../activities/types.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { factsFor } from '../../../domain/remediation/precondition.ts';
import { memoryGate } from '../../support/memory-gate.ts';
import { type Clock, createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';
import { held } from '../executors/matrix/held.ts';
import { stateOf } from '../executors/matrix/matrix.ts';
import { evenPaces, executed } from '../executors/worker.ts';

/** Only what is waited for passes. */
export function stillClock(): Clock {
  const startMs = Date.now();
  return createClock(0, () => startMs);
}

type Became = { readonly told: ExecuteResult; readonly effects: number };
type Planted = (executor: Executor) => Executor;

let intents = 0;

export async function lostWhileLagging(
  harness: MatrixHarness,
  lagMs: number,
  plant: Planted = (executor) => executor,
): Promise<Became> {
  const { clock } = harness;
  const target = await harness.target();
  const before = await stateOf(harness, target);
  const step = harness.step(before);
  intents += 1;
  const intent: Intent = {
    id: `lagging-${process.pid}-${intents}`,
    incidentId: 'incident/test/lagging/1',
    planHash: 'p'.repeat(64),
    step: 0,
    direction: 'forward',
    target,
    executor: before.executor,
    fence: intents,
    before,
    expects: [factsFor(step, before)],
    ...step,
  };
  // What is asked while readings lag has been asked before.
  for (let process = 0; process < 8; process += 1) await harness.executor().lookUp(intent);
  const { lag } = harness.faults;
  if (lag === null) throw new Error('its readings never lag');
  await lag();
  await harness.faults.lose('after');
  clock.after(lagMs, () => harness.faults.heal());
  const told = await executed(
    held(plant(harness.executor()), clock),
    memoryGate(intent, clock.nowMs),
    intent,
    evenPaces(1_000),
    clock,
  );
  await clock.settle();
  return { told, effects: await harness.effects(intent) };
}

/** One that takes every reading for what is. */
export const hasty: Planted = (executor) => ({
  ...executor,
  promise: (of) => ({ ...executor.promise(of), consistencyDelayMs: 0 }),
});
