// Did it happen? Asks an executor until the answer is steady. A call whose answer was lost may still be under way: one
// "not happened" is not enough to say that it will not happen, and "cannot tell" may become an answer.

import type { Intent } from '../domain/remediation/intent.ts';
import type { Executor } from './ports.ts';

export type LookUpTimings = {
  readonly everyMs: number;
  /** How long `cannot-tell` is asked again. */
  readonly patienceMs: number;
  /** How many answers `not-happened` in a row are believed. */
  readonly steadyAnswers: number;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

/** Two minutes cover the slowest rolling change of an executor; three seconds of "no" outlast a request on the wire. */
export const lookUpDefaults = { everyMs: 1_000, patienceMs: 120_000, steadyAnswers: 3 } as const;

export async function lookUpSteadily(
  executor: Executor,
  intent: Intent,
  timings: LookUpTimings,
): Promise<'happened' | 'not-happened' | 'cannot-tell'> {
  const deadlineMs = timings.nowMs() + timings.patienceMs;
  for (let steady = 0; ; ) {
    const answer = await askOnce(executor, intent);
    if (answer === 'happened') return answer;
    steady = answer === 'not-happened' ? steady + 1 : 0;
    if (steady >= timings.steadyAnswers) return 'not-happened';
    if (timings.nowMs() >= deadlineMs) return 'cannot-tell';
    await timings.sleep(timings.everyMs);
  }
}

async function askOnce(executor: Executor, intent: Intent): ReturnType<Executor['lookUp']> {
  try {
    return await executor.lookUp(intent);
  } catch {
    return 'cannot-tell'; // an executor that cannot be reached says nothing about its past
  }
}
