// Did it happen? Asks an executor until the answer can be relied on. A look is no fence: a sender that was thought dead may
// still send after it. So what is called "not happened" is closed first: at the vendor where it can, otherwise by waiting
// until nobody may begin the call any more. And what a vendor does not show yet may have happened: "not happened" counts only
// when its consistency delay is over.

import type { Intent } from '../domain/remediation/intent.ts';
import { sendToleranceMs } from '../domain/remediation/limits.ts';
import { tellProgressAfterMs } from '../domain/remediation/progress.ts';
import type { Executor, Found, Handle } from './ports/executor.ts';
import type { StoredIntent } from './ports.ts';
import { type Clocks, startStopwatch } from './stopwatch.ts';

export type LookUpTimings = {
  readonly everyMs: number;
  /** How often a vendor is asked how far what it has taken on has come. */
  readonly pollEveryMs: number;
  /** How long `cannot-tell` is asked again. */
  readonly patienceMs: number;
  /** How many answers `not-happened` in a row are believed, where the vendor cannot close. */
  readonly steadyAnswers: number;
  /** How long one call of the activity asks for what is under way. */
  readonly followForMs: number;
  /** How long after so many tellings of its progress the next may come. */
  readonly tellAfterMs: (told: number) => number;
  readonly nowMs: () => number;
  readonly monotonicMs?: () => number;
  readonly sleep: (ms: number) => Promise<void>;
};

/**
 * Two minutes cover the slowest change that is not polled for; three seconds of "no" outlast a request on the wire. What is
 * under way is asked for in calls far below the five minutes of workflows/proxies.ts, with a look-up before them.
 */
export const lookUpDefaults = {
  ...{ everyMs: 1_000, patienceMs: 120_000, steadyAnswers: 3 },
  ...{ pollEveryMs: 2_000, followForMs: 60_000 },
  tellAfterMs: tellProgressAfterMs,
} as const;

export function clocksOf({ nowMs, monotonicMs = () => performance.now() }: LookUpTimings): Clocks {
  return { nowMs, monotonicMs };
}

/** One question to a vendor. */
const lookTimeoutMs = 15_000;

/** `handle`: the vendor has taken it on, and the answer that said so was lost. */
export type Became = Found | { readonly handle: Handle };

/** What became of every send of the intent so far; `not-happened` also says that none of them will happen any more. */
export async function closeSends(
  executor: Executor,
  { intent, send }: StoredIntent,
  timings: LookUpTimings,
): Promise<Became> {
  if (send === null) return 'not-happened';
  const elapsed = startStopwatch(clocksOf(timings));
  const { consistencyDelayMs } = executor.promise(intent);
  const leftMs = (): number => send.leftMs + sendToleranceMs - elapsed();
  const { close } = executor;
  if (close !== undefined) {
    // What it lets in before it is closed shows within the delay.
    const visibleMs = Math.min(consistencyDelayMs, Math.max(0, leftMs() + consistencyDelayMs));
    const ask = () => close.call(executor, intent, send, AbortSignal.timeout(lookTimeoutMs));
    return askUntil(executor, intent, ask, { ...timings, steadyAnswers: 1 }, visibleMs);
  }
  for (let restMs = leftMs(); restMs > 0; restMs = leftMs()) await timings.sleep(restMs);
  const visibleMs = Math.max(0, leftMs() + consistencyDelayMs);
  const ask = () => executor.lookUp(intent, AbortSignal.timeout(lookTimeoutMs));
  return askUntil(executor, intent, ask, timings, visibleMs);
}

/** One look, before anything was sent as far as is known. */
export async function lookOnce(executor: Executor, intent: Intent): Promise<Found> {
  return answered(() => executor.lookUp(intent, AbortSignal.timeout(lookTimeoutMs)));
}

async function askUntil(
  executor: Executor,
  intent: Intent,
  ask: () => Promise<Found>,
  timings: LookUpTimings,
  /** Before that, "not happened" may only mean "not seen yet". */
  visibleMs: number,
): Promise<Became> {
  const elapsed = startStopwatch(clocksOf(timings));
  for (let steady = 0; ; ) {
    const handle = await resumed(executor, intent);
    if (handle !== null) return { handle };
    const askedMs = elapsed();
    const answer = await answered(ask);
    if (answer === 'happened') return answer;
    steady = answer === 'not-happened' && askedMs >= visibleMs ? steady + 1 : 0;
    if (steady >= timings.steadyAnswers) return 'not-happened';
    if (elapsed() >= timings.patienceMs + visibleMs) return 'cannot-tell';
    await timings.sleep(timings.everyMs);
  }
}

async function resumed(executor: Executor, intent: Intent): Promise<Handle | null> {
  try {
    return (await executor.resume?.(intent, AbortSignal.timeout(lookTimeoutMs))) ?? null;
  } catch {
    return null; // the look-up that follows says whether it can be reached at all
  }
}

async function answered(ask: () => Promise<Found>): Promise<Found> {
  try {
    return await ask();
  } catch {
    return 'cannot-tell'; // an executor that cannot be reached says nothing about its past
  }
}
