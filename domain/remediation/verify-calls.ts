// Whether a series of calls is back near its normal: share of errors and latency. (Its rate: verify-rate.ts.)

import { aggregate, baselineOf, latencyRose, ratio, ratioRose } from '../diagnosis/call-stats.ts';
import { inside, type Window } from '../diagnosis/windows.ts';
import type { CallBucket } from '../telemetry.ts';
import type { Normal } from './verify-baseline.ts';
import type { VerificationConfig } from './verify-config.ts';
import { failing, type Moment, restlessMs, slow } from './verify-flapping.ts';
import {
  type FreshWindow,
  freshSeconds,
  intervalOf,
  type Judged,
  newestWindow,
  paceNote,
  pastOf,
  samplesIn,
  type VerificationTimes,
} from './verify-windows.ts';

export type CallQuestion = {
  readonly seriesKey: string;
  readonly what: string;
  readonly rows: readonly CallBucket[];
  readonly times: VerificationTimes;
  readonly config: VerificationConfig;
  /** What a detector expected; null: the past in history has to do. */
  readonly normal: Normal | null;
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
 * `symptom`: errors were what was wrong, so enough requests must show that they are gone, for longer than they were gone
 * before. `health`: they were not, so it is enough that they are not wrong now.
 */
export function judgeErrors(question: CallQuestion, as: 'symptom' | 'health'): Judged {
  const { rows, times, config, normal } = question;
  const past = aggregate(rows, pastOf(times, intervalOf(rows)));
  const before = normal?.level ?? ratio(past.errors, past.requests);
  const beforeRequests = normal?.samples ?? past.requests;
  const during = worstRatio(rows, times.during);
  const rise = as === 'symptom' ? during - before : 0;
  const needed = Math.min(
    mostRequestsAsked,
    Math.max(config.minRequests, rise > 0 ? expectedErrors / rise : 0),
  );
  const window = newestWindow(rows, times, config);
  if (window === null) return unknown(question, before, during);
  const { requests, errors } = gather(rows, window, needed);
  const after = ratio(errors, requests);
  const answer = { ...names(question), ...pace(question, window), before, during, after, samples: requests };
  // What is clearly bad is bad, however few requests there were.
  if (ratioRose(before, beforeRequests, errors, requests)) {
    const newest = aggregate(rows, tailOf(window));
    const improving = newest.requests * after >= 3 && ratio(newest.errors, newest.requests) <= after * 0.3;
    return { ...answer, ok: false, improving };
  }
  if (requests < needed || samplesIn(rows, window) < config.minSamples) return { ...answer, ok: null };
  const left = after - before;
  const asGoodAsBefore = errors <= 1 || left <= Math.max(smallRatio, before * 0.5);
  if (!asGoodAsBefore || (rise > 0 && left > rise * 0.2)) return { ...answer, ok: null };
  if (as === 'health') return { ...answer, ok: true };
  const sinceOnset = { fromMs: times.onsetMs, toMs: window.toMs };
  const worst = worstRatio(rows, sinceOnset);
  const moments = worst > before ? failing(rows, sinceOnset, (before + worst) / 2) : [];
  return { ...answer, ...steady(moments, window) };
}

export function judgeLatency(
  question: CallQuestion,
  measure: 'latency-p50' | 'latency-p95',
  as: 'symptom' | 'health',
): Judged {
  const { rows, times, config, normal } = question;
  const figure = measure === 'latency-p50' ? 'p50Ms' : 'p95Ms';
  const past = baselineOf(rows, pastOf(times, intervalOf(rows)));
  const before = normal?.level ?? past.aggregate[figure];
  const during = finite(aggregate(rows, times.during)[figure]);
  const window = newestWindow(rows, times, config);
  if (window === null || !Number.isFinite(before)) return unknown(question, finite(before), during);
  const after = aggregate(rows, window)[figure];
  // A past that was not near the frozen level holds the fault, and its spread is that of the fault.
  const agrees = normal === null || past.aggregate[figure] <= before * 1.25;
  const pastSpread = measure === 'latency-p50' ? past.spreadP50Ms : past.spreadP95Ms;
  const spread = normal?.spread ?? (agrees ? pastSpread : 0);
  const samples = samplesIn(rows, window);
  const answer = {
    ...names(question),
    ...pace(question, window),
    before,
    during,
    after: finite(after),
    samples,
  };
  if (samples < config.minSamples || !Number.isFinite(after)) return { ...answer, ok: null };
  const left = after - before;
  // Near normal, and not only better: what is left of a symptom must be within the usual swing.
  const near = as === 'health' || left <= Math.max(before * 0.4, spread * 2, 10);
  const tooLong = as === 'health' && measure === 'latency-p95' && after > before * 2 && left > 50;
  if (near && !tooLong && !latencyRose(before, spread, after)) {
    if (as === 'health') return { ...answer, ok: true };
    const sinceOnset = { fromMs: times.onsetMs, toMs: window.toMs };
    return { ...answer, ...steady(slow(rows, sinceOnset, { level: before, spread }, figure), window) };
  }
  const newest = aggregate(rows, tailOf(window))[figure];
  // On its way: the newest seconds are better still, or most of the delay is gone. A busy machine takes its time.
  const improving = newest - before <= left * 0.5 || left <= (during - before) * 0.5;
  return { ...answer, ok: false, improving, lingers: true };
}

/** Good now; but what came and went must stay away for longer than it did before. */
function steady(moments: readonly Moment[], { toMs, intervalMs }: FreshWindow): Pick<Judged, 'ok' | 'note'> {
  const moreMs = restlessMs(moments, toMs, intervalMs);
  if (moreMs <= 0) return { ok: true };
  const seconds = Math.ceil(moreMs / 1000);
  return { ok: null, note: `it came and went before; it has to stay away for ${seconds} s more` };
}

function tailOf({ fromMs, toMs, intervalMs }: FreshWindow): Window {
  return { fromMs: Math.max(fromMs, toMs - Math.max(tailMs, intervalMs)), toMs };
}

/** Extends the window backwards over fresh seconds until it holds enough requests. */
function gather(rows: readonly CallBucket[], window: FreshWindow, needed: number) {
  let found = aggregate(rows, window);
  let { fromMs } = window;
  const longestMs = Math.max(longestWindowMs, 10 * window.intervalMs);
  while (found.requests < needed && fromMs > window.freshFromMs && window.toMs - fromMs < longestMs) {
    fromMs = Math.max(window.freshFromMs, fromMs - Math.max(2_000, window.intervalMs));
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

function pace({ config }: CallQuestion, window: FreshWindow) {
  const { intervalMs } = window;
  return { freshSeconds: freshSeconds(window), intervalMs, ...paceNote(intervalMs, config) };
}

function unknown(question: CallQuestion, before: number, during: number): Judged {
  const intervalMs = intervalOf(question.rows);
  const nothing = { after: 0, ok: null, samples: 0, freshSeconds: 0, intervalMs };
  return { ...names(question), before, during, ...nothing, ...paceNote(intervalMs, question.config) };
}

function names({ seriesKey, what }: CallQuestion) {
  return { seriesKey, what };
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
