// Whether a series of calls is back near its normal: share of errors, latency, rate.

import { aggregate, baselineOf, latencyRose, ratio, ratioRose } from '../diagnosis/call-stats.ts';
import { inside, type Window } from '../diagnosis/windows.ts';
import type { CallBucket } from '../telemetry.ts';
import type { VerificationConfig } from './verify-config.ts';
import { type Judged, newestWindow, type VerificationTimes } from './verify-windows.ts';

export type CallQuestion = {
  readonly seriesKey: string;
  readonly what: string;
  readonly rows: readonly CallBucket[];
  readonly times: VerificationTimes;
  readonly config: VerificationConfig;
  /** What the detector expected, for a series without a past of its own. */
  readonly expected?: number;
};

/** Share of errors that is as good as none. */
const smallRatio = 0.02;
/** Errors that a fault going on would have shown, so that their absence means something (e^-6 is 1 in 400). */
const expectedErrors = 6;
const mostRequestsAsked = 600;
const tailMs = 3_000;
/** How far back, in fresh seconds, requests are gathered when there are few. */
const longestWindowMs = 60_000;

/**
 * `symptom`: errors were what was wrong, so enough requests must show that they are gone. `health`: they were not, so
 * it is enough that they are not wrong now.
 */
export function judgeErrors(question: CallQuestion, as: 'symptom' | 'health'): Judged {
  const { rows, times, config } = question;
  const past = aggregate(rows, times.before);
  const before = past.requests > 0 ? ratio(past.errors, past.requests) : (question.expected ?? 0);
  const during = worstRatio(rows, times.during);
  const rise = as === 'symptom' ? during - before : 0;
  const needed = Math.min(
    mostRequestsAsked,
    Math.max(config.minRequests, rise > 0 ? expectedErrors / rise : 0),
  );
  const window = newestWindow(rows, times, config);
  if (window === null) return unknown(question, before, during);
  const { requests, errors } = gather(rows, window, needed, times.freshFromMs);
  const after = ratio(errors, requests);
  const fresh = freshSeconds(times, window);
  const answer = { ...names(question), before, during, after, samples: requests, freshSeconds: fresh };
  // What is clearly bad is bad, however few requests there were.
  if (ratioRose(before, past.requests, errors, requests)) {
    const newest = aggregate(rows, tailOf(window));
    const improving = newest.requests * after >= 3 && ratio(newest.errors, newest.requests) <= after * 0.3;
    return { ...answer, ok: false, improving };
  }
  if (requests < needed || samplesIn(rows, window) < config.minSamples) return { ...answer, ok: null };
  const left = after - before;
  const asGoodAsBefore = errors <= 1 || left <= Math.max(smallRatio, before * 0.5);
  return { ...answer, ok: asGoodAsBefore && (rise <= 0 || left <= rise * 0.2) ? true : null };
}

export function judgeLatency(
  question: CallQuestion,
  measure: 'latency-p50' | 'latency-p95',
  as: 'symptom' | 'health',
): Judged {
  const { rows, times, config } = question;
  const figure = measure === 'latency-p50' ? 'p50Ms' : 'p95Ms';
  const baseline = baselineOf(rows, times.before);
  const past = baseline.aggregate[figure];
  const before = Number.isFinite(past) ? past : (question.expected ?? Number.NaN);
  const during = finite(aggregate(rows, times.during)[figure]);
  const window = newestWindow(rows, times, config);
  if (window === null || !Number.isFinite(before)) return unknown(question, finite(before), during);
  const after = aggregate(rows, window)[figure];
  const spread = measure === 'latency-p50' ? baseline.spreadP50Ms : baseline.spreadP95Ms;
  const answer = {
    ...names(question),
    before,
    during,
    after: finite(after),
    samples: samplesIn(rows, window),
    freshSeconds: freshSeconds(times, window),
  };
  if (answer.samples < config.minSamples || !Number.isFinite(after)) return { ...answer, ok: null };
  const left = after - before;
  // Near normal, and not only better: what is left of a symptom must be within the usual swing.
  const near = as === 'health' || left <= Math.max(before * 0.4, spread * 2, 10);
  const tooLong = as === 'health' && measure === 'latency-p95' && after > before * 2 && left > 50;
  const ok = near && !tooLong && !latencyRose(before, spread, after);
  const newest = aggregate(rows, tailOf(window))[figure];
  // On its way: the newest seconds are better still, or most of the delay is gone. A busy machine takes its time.
  const improving = newest - before <= left * 0.5 || left <= (during - before) * 0.5;
  return { ...answer, ok, improving: !ok && improving };
}

/** Whether calls come at about their former rate again. */
export function judgeRate(question: CallQuestion, share: number): Judged {
  const { rows, times, config } = question;
  const before = perSecond(rows, times.before);
  const during = perSecond(rows, times.during);
  const window = newestWindow(rows, times, config);
  if (window === null) return unknown(question, before, during);
  const after = perSecond(rows, window);
  const samples = samplesIn(rows, window);
  const answer = {
    ...names(question),
    before,
    during,
    after,
    samples,
    freshSeconds: freshSeconds(times, window),
  };
  const whole = window.toMs - window.fromMs >= config.windowSeconds * 1000;
  // Few calls per second come unevenly; what is expected within the window decides how far off they may be.
  const expected = before * ((window.toMs - window.fromMs) / 1000);
  const bar = share * before - 2 * (Math.sqrt(expected) / Math.max(1, (window.toMs - window.fromMs) / 1000));
  return {
    ...answer,
    ok: whole && samples > 0 ? after >= bar && samples >= Math.min(config.minSamples, expected / 2) : null,
  };
}

function tailOf({ fromMs, toMs }: Window): Window {
  return { fromMs: Math.max(fromMs, toMs - tailMs), toMs };
}

/** Extends the window backwards over fresh seconds until it holds enough requests. */
function gather(rows: readonly CallBucket[], window: Window, needed: number, freshFromMs: number) {
  let found = aggregate(rows, window);
  let fromMs = window.fromMs;
  while (found.requests < needed && fromMs > freshFromMs && window.toMs - fromMs < longestWindowMs) {
    fromMs = Math.max(freshFromMs, fromMs - 2_000);
    found = aggregate(rows, { fromMs, toMs: window.toMs });
  }
  return found;
}

/** The worst six seconds: a mean over a long incident would hide how bad it was. */
function worstRatio(rows: readonly CallBucket[], window: Window): number {
  const blockMs = 6_000;
  const blocks = new Map<number, { requests: number; errors: number }>();
  for (const { atMs, count, errors } of rows) {
    if (!inside(atMs, window)) continue;
    const key = Math.floor((atMs - window.fromMs) / blockMs);
    const block = blocks.get(key) ?? { requests: 0, errors: 0 };
    block.requests += count;
    block.errors += errors;
    blocks.set(key, block);
  }
  return Math.max(
    0,
    ...[...blocks.values()]
      .filter(({ requests }) => requests >= 3)
      .map((block) => ratio(block.errors, block.requests)),
  );
}

/** Calls per second since the effect over before; at least 1, and 1 when one of the two is unknown. */
export function demandFactor(rows: readonly CallBucket[], times: VerificationTimes): number {
  const before = perSecond(rows, times.before);
  const after = perSecond(rows, { fromMs: times.freshFromMs, toMs: times.nowMs });
  return before > 0 ? Math.max(1, after / before) : 1;
}

export function samplesIn(
  rows: readonly { readonly atMs: number; readonly count?: number }[],
  window: Window,
): number {
  const seconds = new Set<number>();
  for (const { atMs, count } of rows) {
    if (inside(atMs, window) && (count === undefined || count > 0)) seconds.add(Math.floor(atMs / 1000));
  }
  return seconds.size;
}

export function freshSeconds(times: VerificationTimes, window: Window): number {
  return Math.max(0, (window.toMs - times.freshFromMs) / 1000);
}

function perSecond(rows: readonly CallBucket[], window: Window): number {
  // The past may be shorter than the window; seconds before the first sample are no silence.
  const mine = rows.filter(({ atMs }) => inside(atMs, window));
  const fromMs = mine.reduce((first, { atMs }) => Math.min(first, atMs), window.toMs);
  const total = mine.reduce((sum, { count }) => sum + count, 0);
  return mine.length === 0 ? 0 : total / Math.max(1, (window.toMs - fromMs) / 1000);
}

function unknown(question: CallQuestion, before: number, during: number): Judged {
  return { ...names(question), before, during, after: 0, ok: null, samples: 0, freshSeconds: 0 };
}

function names({ seriesKey, what }: CallQuestion) {
  return { seriesKey, what };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
