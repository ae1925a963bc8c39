// What a vendor has taken on, until it has ended: asked again and again, by whichever process is there. An effect of many calls
// goes on with them meanwhile; what to do about one that does not end is execute.ts.

import type { Intent } from '../domain/remediation/intent.ts';
import { type Progress, progressTellings } from '../domain/remediation/progress.ts';
import { plainLine } from '../domain/text.ts';
import { clocksOf, type LookUpTimings } from './look-up.ts';
import type { Call, Executor, Polled } from './ports/executor.ts';
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
  | { readonly kind: 'stuck'; readonly reason: string }
  /** A person's stop forbids it, and it has not ended. */
  | { readonly kind: 'stopped'; readonly stop: string };

export type Following = {
  readonly timings: LookUpTimings;
  readonly told: NonNullable<ExecuteInput['told']>;
  /** Hears every progress, told or not. */
  readonly tell: (progress: Progress) => void;
  /** What the calls of an effect of many calls are made with. */
  readonly call: Omit<Call, 'signal'> & { readonly leased: AbortSignal };
  /** A person's stop that forbids it, in words; null: there is none. Absent: it is known, and there is nothing to be done about it. */
  readonly stopped?: () => Promise<string | null>;
  /** Said before every progress: why it goes on. */
  readonly although?: string;
};

/** Answers `running` when there is news to tell, and in time before this call has to end. */
export async function follow(
  executor: Executor,
  intent: Intent,
  accepted: NonNullable<StoredIntent['accepted']>,
  { timings, told, tell, call, stopped, although }: Following,
): Promise<Followed> {
  const { deadlineMs, consistencyDelayMs } = executor.promise(intent);
  const elapsed = startStopwatch(clocksOf(timings));
  let last: Progress | null = null;
  for (;;) {
    const polled = await poll(executor, intent, accepted.handle, call);
    const ageMs = accepted.forMs + elapsed();
    // Not seen yet is not replaced.
    const early = polled.kind === 'superseded' && ageMs < consistencyDelayMs;
    if (polled.kind === 'running') {
      last = withNote(polled.progress, although);
      tell(last);
    } else if (polled.kind === 'unknown' || early) {
      last ??= withNote({ done: 0, of: 0, words: `its state cannot be read: ${polled.reason}` }, although);
    } else return polled;

    const stop = (await stopped?.()) ?? null;
    if (stop !== null) return { kind: 'stopped', stop };

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

function withNote({ words, ...progress }: Progress, although: string | undefined): Progress {
  const said = although === undefined ? words : plainLine(`${although}: ${words}`, longestWords);
  return { ...progress, words: said };
}

async function poll(
  executor: Executor,
  intent: Intent,
  handle: string,
  { leased, ...call }: Following['call'],
): Promise<Polled> {
  const late = AbortSignal.timeout(pollTimeoutMs);
  try {
    if (executor.advance === undefined) return inBounds(await executor.poll(intent, handle, late));
    const signal = AbortSignal.any([leased, late]);
    return inBounds(await executor.advance(intent, handle, { ...call, signal }));
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
