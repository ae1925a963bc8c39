/** A worker that executes one intent of a gate in memory, again and again while it is under way. */
import { createExecute } from '../../../activities/execute.ts';
import type { Executor } from '../../../activities/ports/executor.ts';
import type { ExecuteResult } from '../../../activities/types.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { noMetrics, silent } from '../../support/fakes.ts';
import type { MemoryGate } from '../../support/memory-gate.ts';
import type { Clock } from './matrix/clock.ts';

/** How often it asks what became of a call, how often how far it has come, and how long it asks what nobody can tell. */
export type Paces = {
  readonly everyMs: number;
  readonly pollEveryMs: number;
  readonly patienceMs: number;
};

export const evenPaces = (everyMs: number): Paces => ({ everyMs, pollEveryMs: everyMs, patienceMs: 60_000 });

type Time = Pick<Clock, 'nowMs' | 'sleep'>;

const ofThisMachine: Time = {
  nowMs: Date.now,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export async function executed(
  executor: Executor,
  gate: MemoryGate,
  intent: Intent,
  paces = evenPaces(100),
  time = ofThisMachine,
): Promise<ExecuteResult> {
  const execute = createExecute({
    gate,
    executors: { forTarget: () => executor },
    logger: silent,
    metrics: noMetrics,
    timings: {
      ...{ ...paces, steadyAnswers: 3, followForMs: 60_000 },
      tellAfterMs: () => 60_000,
      ...time,
      ...(time === ofThisMachine ? {} : { monotonicMs: time.nowMs }),
    },
  });
  for (;;) {
    const result = await execute({ intentId: intent.id });
    if (result.kind !== 'running') return result;
  }
}
