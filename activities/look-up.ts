// Did it happen? Asks an executor until the answer can be relied on. A look is no fence: a sender that was thought dead may
// still send after it. So what is called "not happened" is closed first: at the vendor where it can, otherwise by waiting
// until nobody may begin the call any more.

import type { Intent } from '../domain/remediation/intent.ts';
import { sendToleranceMs } from '../domain/remediation/limits.ts';
import type { Executor, Found } from './ports/executor.ts';
import type { StoredIntent } from './ports.ts';
import { type Clocks, startStopwatch } from './stopwatch.ts';

export type LookUpTimings = {
  readonly everyMs: number;
  /** How long `cannot-tell` is asked again. */
  readonly patienceMs: number;
  /** How many answers `not-happened` in a row are believed, where the vendor cannot close. */
  readonly steadyAnswers: number;
  readonly nowMs: () => number;
  readonly monotonicMs?: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

/** Two minutes cover the slowest rolling change of an executor; three seconds of "no" outlast a request on the wire. */
export const lookUpDefaults = { everyMs: 1_000, patienceMs: 120_000, steadyAnswers: 3 } as const;

export function clocksOf({ nowMs, monotonicMs = () => performance.now() }: LookUpTimings): Clocks {
  return { nowMs, monotonicMs };
}

/** What became of every send of the intent so far; `not-happened` also says that none of them will happen any more. */
export async function closeSends(
  executor: Executor,
  { intent, send }: StoredIntent,
  timings: LookUpTimings,
): Promise<Found> {
  if (send === null) return 'not-happened';
  const elapsed = startStopwatch(clocksOf(timings));
  const { close } = executor;
  if (close !== undefined) {
    return askUntil(() => close.call(executor, intent, send), { ...timings, steadyAnswers: 1 });
  }
  for (let restMs = send.leftMs + sendToleranceMs; restMs > 0; ) {
    await timings.sleep(restMs);
    restMs = send.leftMs + sendToleranceMs - elapsed();
  }
  return askUntil(() => executor.lookUp(intent), timings);
}

/** One look, before anything was sent as far as is known. */
export async function lookOnce(executor: Executor, intent: Intent): Promise<Found> {
  return answered(() => executor.lookUp(intent));
}

async function askUntil(ask: () => Promise<Found>, timings: LookUpTimings): Promise<Found> {
  const elapsed = startStopwatch(clocksOf(timings));
  for (let steady = 0; ; ) {
    const answer = await answered(ask);
    if (answer === 'happened') return answer;
    steady = answer === 'not-happened' ? steady + 1 : 0;
    if (steady >= timings.steadyAnswers) return 'not-happened';
    if (elapsed() >= timings.patienceMs) return 'cannot-tell';
    await timings.sleep(timings.everyMs);
  }
}

async function answered(ask: () => Promise<Found>): Promise<Found> {
  try {
    return await ask();
  } catch {
    return 'cannot-tell'; // an executor that cannot be reached says nothing about its past
  }
}
