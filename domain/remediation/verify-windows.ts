// The stretches of time a verification compares, and the judgement of one series. A series has its own pace: windows,
// patience and what counts as fresh are counted in its samples, so that one scraped once a minute can be judged like one
// that is heard every second.

import { median } from '../diagnosis/statistics.ts';
import { thresholds } from '../diagnosis/thresholds.ts';
import type { Window } from '../diagnosis/windows.ts';
import type { VerificationConfig } from './verify-config.ts';

export type VerificationTimes = {
  readonly onsetMs: number;
  readonly effectAtMs: number | null;
  readonly before: Window;
  readonly during: Window;
  readonly nowMs: number;
  /** Which look is judged: 0 is the newest, 1 the one before it. */
  readonly look: number;
};

/** Judgement of one series; `ok` null: too few fresh samples to tell. */
export type Judged = {
  readonly seriesKey: string;
  readonly before: number;
  readonly during: number;
  readonly after: number;
  readonly ok: boolean | null;
  readonly samples: number;
  /** Seconds of fresh samples behind the judgement. */
  readonly freshSeconds: number;
  /** Usual distance of the samples; a second where it is not known. */
  readonly intervalMs?: number;
  /** Bad over the window, but its newest seconds look better: waiting may still help. */
  readonly improving?: boolean;
  /** A kind of trouble that goes on for a while after its cause: queues drain, and what was started anew warms up. */
  readonly lingers?: boolean;
  /** Why it cannot be told yet, where that is more than a matter of seconds. */
  readonly note?: string;
  /** A word for people: what was judged. */
  readonly what: string;
};

/** The stretch of a series that is judged, and its pace. */
export type FreshWindow = Window & {
  /** From when samples of the series may speak for the state after the effect. */
  readonly freshFromMs: number;
  readonly intervalMs: number;
  /** Whether it is as long as it has to be. */
  readonly whole: boolean;
};

const secondMs = 1_000;
/** Slower than this, a sample sums up the time since the one before it, and that may have been before the effect. */
const summingMs = 2_000;
const slowestMs = 15 * 60_000;
/** Of the fault, of the restart that mends it, and between two stretches of history. */
const longestPauses = 3;

export function cutTimes(
  given: { readonly onsetMs: number; readonly effectAtMs: number | null; readonly nowMs: number },
  config: VerificationConfig,
  look = 0,
): VerificationTimes {
  const { onsetMs, effectAtMs, nowMs } = given;
  const { guardMs, baselineMs } = thresholds.window;
  const times = { onsetMs, effectAtMs, nowMs, look };
  const untilMs = effectAtMs ?? freshFrom(times, secondMs, config);
  return {
    ...times,
    before: { fromMs: onsetMs - guardMs - baselineMs, toMs: onsetMs - guardMs },
    during: { fromMs: onsetMs, toMs: Math.max(onsetMs + secondMs, untilMs) },
  };
}

/** From when samples that come every `intervalMs` may speak for now. */
export function freshFrom(
  { onsetMs, effectAtMs, nowMs }: Pick<VerificationTimes, 'onsetMs' | 'effectAtMs' | 'nowMs'>,
  intervalMs: number,
  config: VerificationConfig,
): number {
  const summedMs = intervalMs > summingMs ? intervalMs : 0;
  if (effectAtMs !== null) return effectAtMs + config.settleSeconds * secondMs + summedMs;
  // Without an effect the question is whether the last stretch was normal; data may be a little behind the clock.
  const delayMs = Math.max(thresholds.window.delayMs, 2 * summedMs);
  const stretchMs =
    windowLength(intervalMs, config) + (config.goodLooks - 1) * stepLength(intervalMs, config);
  return Math.max(onsetMs, nowMs - delayMs - stretchMs);
}

/** The usual distance of samples in time, in whole seconds; one second for a series with too few to tell. */
export function intervalOf(rows: readonly { readonly atMs: number; readonly count?: number }[]): number {
  const seconds = distinctSeconds(rows);
  if (seconds.length < 3) return secondMs;
  const gaps = seconds
    .subarray(1)
    .map((second, index) => second - (seconds[index] ?? second))
    .sort();
  const usual = Math.max(1, Math.round(median(gaps)), Math.round(irregular(gaps)));
  return Math.min(slowestMs, usual * secondMs);
}

/** In order. Rows mostly come that way already, so this is asked of thousands of them at every look without sorting. */
function distinctSeconds(rows: readonly { readonly atMs: number; readonly count?: number }[]): Float64Array {
  const seconds: number[] = [];
  let ordered = true;
  let last = Number.NEGATIVE_INFINITY;
  for (const { atMs, count } of rows) {
    if (count !== undefined && count <= 0) continue;
    const second = Math.floor(atMs / secondMs);
    if (second === last) continue;
    if (second < last) ordered = false;
    seconds.push(second);
    last = second;
  }
  return ordered ? Float64Array.from(seconds) : Float64Array.from(new Set(seconds)).sort();
}

/**
 * What nearly all distances stay within, for samples that come in bursts with pauses between them: most of them are a second apart,
 * and still there is nothing to see for a minute. The longest few are left out: what was down, or is not asked for, had none.
 */
function irregular(gaps: Float64Array): number {
  const usual = gaps.subarray(0, Math.max(0, gaps.length - longestPauses));
  return usual[Math.floor(usual.length * 0.9)] ?? 0;
}

/** Length of the stretch that must be normal as a whole. */
export function windowLength(intervalMs: number, config: VerificationConfig): number {
  return Math.max(config.windowSeconds * secondMs, config.minSamples * intervalMs);
}

/** How far one look is behind the next. */
export function stepLength(intervalMs: number, config: VerificationConfig): number {
  return Math.max(Math.ceil(config.windowSeconds / 3) * secondMs, intervalMs);
}

/**
 * The stretch of a series that ends with its own newest sample (or, for earlier looks, so many steps before it), within
 * what is fresh. Null when its samples are stale: a series that stopped says nothing about now.
 */
export function newestWindow(
  rows: readonly { readonly atMs: number; readonly count?: number }[],
  times: VerificationTimes,
  config: VerificationConfig,
): FreshWindow | null {
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of rows) if (atMs <= times.nowMs && atMs > lastMs) lastMs = atMs;
  const intervalMs = intervalOf(rows);
  const freshFromMs = freshFrom(times, intervalMs, config);
  const staleMs = Math.max(config.staleSeconds * secondMs, 3 * intervalMs);
  const endMs = lastMs + secondMs;
  if (lastMs < freshFromMs || times.nowMs - endMs > staleMs) return null;
  const lengthMs = windowLength(intervalMs, config);
  const toMs = endMs - times.look * stepLength(intervalMs, config);
  const fromMs = Math.max(freshFromMs, toMs - lengthMs);
  if (fromMs >= toMs) return null;
  // A sample stands for the interval before it.
  const whole = toMs - fromMs >= lengthMs - (intervalMs - secondMs);
  return { fromMs, toMs, freshFromMs, intervalMs, whole };
}

/** The past that a series without a frozen normal is compared with; an onset is known no better than its samples come. */
export function pastOf({ before, onsetMs }: VerificationTimes, intervalMs: number): Window {
  const toMs = Math.min(before.toMs, onsetMs - intervalMs);
  const longMs = intervalMs > summingMs ? thresholds.window.samples.baseline * intervalMs : 0;
  return { fromMs: Math.min(before.fromMs, toMs - longMs), toMs };
}

/** Distinct seconds with samples. */
export function samplesIn(
  rows: readonly { readonly atMs: number; readonly count?: number }[],
  { fromMs, toMs }: Window,
): number {
  const seconds = new Set<number>();
  for (const { atMs, count } of rows) {
    if (atMs >= fromMs && atMs < toMs && (count === undefined || count > 0))
      seconds.add(Math.floor(atMs / secondMs));
  }
  return seconds.size;
}

export function freshSeconds({ freshFromMs, toMs }: FreshWindow): number {
  return Math.max(0, (toMs - freshFromMs) / secondMs);
}

/**
 * How long after an effect it can be known whether it helped, where samples come slowly: a window of them, several good looks
 * in a row, and the one that sums up the time before. Null where they come (about) every second.
 */
export function answerTime(intervalMs: number, config: VerificationConfig): number | null {
  if (intervalMs <= summingMs) return null;
  const looksMs = windowLength(intervalMs, config) + (config.goodLooks - 1) * stepLength(intervalMs, config);
  return config.settleSeconds * secondMs + intervalMs + looksMs + intervalMs;
}

/** Said, so that nobody takes a short limit for an answer. */
export function paceNote(intervalMs: number, config: VerificationConfig): { readonly note?: string } {
  const needMs = answerTime(intervalMs, config);
  return needMs === null ? {} : { note: paceText(needMs, Math.round(intervalMs / secondMs)) };
}

function paceText(needMs: number, everySeconds: number): string {
  const minutes = Math.ceil(needMs / 60_000);
  const time = needMs < 120_000 ? `${Math.ceil(needMs / secondMs)} s` : `${minutes} min`;
  return `needs about ${time} at this interval: a sample every ${everySeconds} s`;
}
