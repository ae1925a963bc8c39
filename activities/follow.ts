// What a vendor has taken on, until it has ended: asked again and again, by whichever process is there. Only reads; what to do
// about an effect that does not end is execute.ts.

import type { Intent } from '../domain/remediation/intent.ts';
import { type Progress, progressTellings } from '../domain/remediation/progress.ts';
import { plainLine } from '../domain/text.ts';
import { clocksOf, type LookUpTimings } from './look-up.ts';
import type { Executor, Polled } from './ports/executor.ts';
import type { StoredIntent } from './ports.ts';
import { startStopwatch } from './stopwatch.ts';
import type { ExecuteInput } from './types.ts';

/** Longest words of a vendor in an event. */
const longestWords = 500;
/** One question to a vendor. */
const pollTimeoutMs = 15_000;

export type Followed =
  | Exclude<Polled, { kind: 'unknown' }>
  /** Past its deadline, and not known to have ended. */
  | { readonly kind: 'stuck'; readonly reason: string };

export type Following = {
  readonly timings: LookUpTimings;
  readonly told: NonNullable<ExecuteInput['told']>;
  /** Hears every progress, told or not. */
  readonly tell: (progress: Progress) => void;
};

/** Answers `running` when there is news to tell, and in time before this call has to end. */
export async function follow(
  executor: Executor,
  intent: Intent,
  accepted: NonNullable<StoredIntent['accepted']>,
  { timings, told, tell }: Following,
): Promise<Followed> {
  const { deadlineMs, consistencyDelayMs } = executor.promise(intent);
  const elapsed = startStopwatch(clocksOf(timings));
  let last: Progress | null = null;
  for (;;) {
    const polled = await poll(executor, intent, accepted.handle);
    const ageMs = accepted.forMs + elapsed();
    // Not seen yet is not replaced.
    const early = polled.kind === 'superseded' && ageMs < consistencyDelayMs;
    if (polled.kind === 'running') {
      last = polled.progress;
      tell(last);
    } else if (polled.kind === 'unknown' || early) {
      last ??= { done: 0, of: 0, words: `its state cannot be read: ${polled.reason}` };
    } else return polled;

    if (ageMs >= deadlineMs)
      return {
        kind: 'stuck',
        reason: `not complete ${Math.round(ageMs / 1_000)} s after it was accepted (${last.words})`,
      };
    const news = last.words !== told.words && told.times < progressTellings;
    if (elapsed() >= timings.followForMs || (news && elapsed() >= timings.tellAfterMs(told.times)))
      return { kind: 'running', progress: last };
    await timings.sleep(Math.min(timings.pollEveryMs, Math.max(1, deadlineMs - ageMs)));
  }
}

async function poll(executor: Executor, intent: Intent, handle: string): Promise<Polled> {
  try {
    return inBounds(await executor.poll(intent, handle, AbortSignal.timeout(pollTimeoutMs)));
  } catch (error) {
    return inBounds({ kind: 'unknown', reason: error instanceof Error ? error.message : String(error) });
  }
}

/** A vendor's words go into the incident, where everybody reads them. */
export function inBounds(polled: Polled): Polled {
  const words = (text: string): string => plainLine(text, longestWords);
  switch (polled.kind) {
    case 'running': {
      const { done, of } = polled.progress;
      return { kind: 'running', progress: { done, of, words: words(polled.progress.words) } };
    }
    case 'done':
      return { ...polled, summary: words(polled.summary) };
    case 'failed':
      return { ...polled, reason: words(polled.reason), left: words(polled.left) };
    case 'superseded':
    case 'unknown':
      return { ...polled, reason: words(polled.reason) };
  }
}
