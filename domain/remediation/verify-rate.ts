// Whether calls come at about their former rate again, as a symptom and as a sign of health: a service that answers the
// two calls a second that are left of a thousand is not well, however fast it does.

import { inside, type Window } from '../diagnosis/windows.ts';
import type { CallBucket } from '../telemetry.ts';
import type { CallQuestion } from './verify-calls.ts';
import type { VerificationConfig } from './verify-config.ts';
import type { VerificationInput } from './verify-input.ts';
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

const secondMs = 1_000;
/** A former rate is told from so many calls at least. */
const speakingCalls = 20;
/** How far back, in fresh seconds, calls are counted when few are expected. */
const longestWindowMs = 60_000;
/** After this long another rate may be another time of day, where nobody else shows that it is not. */
const comparableMs = 30 * 60_000;
/** Below this share of what could be expected, a service does not get the calls that are meant for it. */
const healthyShare = 0.5;

/**
 * Whether calls are back at `share` of their former rate. Without a former rate, at least as many calls and samples as any
 * judgement needs: one call is no rate.
 */
export function judgeRate(question: CallQuestion, share: number): Judged {
  const { seriesKey, what, rows, times, config, normal } = question;
  const intervalMs = intervalOf(rows);
  const before = normal?.level ?? pastRate(rows, pastOf(times, intervalMs), intervalMs);
  const figures = { seriesKey, what, before, during: rateWithin(rows, times.during), intervalMs };
  const newest = newestWindow(rows, times, config);
  const note = paceNote(intervalMs, config);
  if (newest === null) return { ...figures, ...note, after: 0, ok: null, samples: 0, freshSeconds: 0 };
  const window = longEnough(newest, before, config);
  const after = rateWithin(rows, window);
  const samples = samplesIn(rows, window);
  const answer = { ...figures, ...note, after, samples, freshSeconds: freshSeconds(window) };
  if (!window.whole || samples === 0) return { ...answer, ok: null };
  const lengthSeconds = (window.toMs - window.fromMs) / secondMs;
  if (!(before > 0)) {
    const enough = samples >= config.minSamples && after * lengthSeconds >= config.minRequests;
    return {
      ...answer,
      ok: enough ? true : null,
      ...(enough ? {} : { note: 'its former rate is not known' }),
    };
  }
  // Few calls per second come unevenly; what is expected within the window decides how far off they may be.
  const expected = before * lengthSeconds;
  const bar = share * before - (2 * Math.sqrt(expected)) / lengthSeconds;
  if (after < bar || samples < Math.min(config.minSamples, expected / 2)) return { ...answer, ok: false };
  return expected >= config.minRequests
    ? { ...answer, ok: true }
    : { ...answer, ok: null, note: 'so few calls come that their rate cannot be told' };
}

/**
 * Whether a service gets the calls that could be expected: its former rate, less what its callers (or, for a service
 * without any, the unconcerned services around it) get less than before. Null where there is no former rate to go by.
 */
export function judgeRateHealth(
  service: string,
  question: CallQuestion,
  input: VerificationInput,
): Judged | null {
  const { rows, times, config, normal } = question;
  const intervalMs = intervalOf(rows);
  const past = pastOf(times, intervalMs);
  const pastCalls = callsWithin(rows, past);
  const before = normal?.level ?? (pastCalls >= speakingCalls ? pastRate(rows, past, intervalMs) : 0);
  const newest = newestWindow(rows, times, config);
  if (newest === null || !(before > 0) || (!newest.whole && times.look > 0)) return null;
  const window = longEnough(newest, before, config);
  const after = rateWithin(rows, window);
  const lengthSeconds = (window.toMs - window.fromMs) / secondMs;
  const left = demandLeft(service, input, times, window);
  if (left === null && window.toMs - past.toMs > comparableMs) return null;
  const expected = before * (left ?? 1) * lengthSeconds;
  const enough = after * lengthSeconds >= healthyShare * expected - 2 * Math.sqrt(expected);
  const ok = newest.whole ? enough : null;
  const tail = { fromMs: window.toMs - Math.max(3 * secondMs, intervalMs), toMs: window.toMs };
  return {
    seriesKey: question.seriesKey,
    what: question.what,
    before,
    during: rateWithin(rows, times.during),
    after,
    ok,
    samples: samplesIn(rows, window),
    freshSeconds: freshSeconds(window),
    intervalMs,
    improving: ok === false && rateWithin(rows, tail) * lengthSeconds >= healthyShare * expected,
  };
}

/**
 * How much of the former demand is left, 0 to 1: seen at the callers, else at services that the fault does not concern.
 * Null when there is nobody to see it.
 */
function demandLeft(
  service: string,
  input: VerificationInput,
  times: VerificationTimes,
  window: FreshWindow,
): number | null {
  const serving = Map.groupBy(
    input.calls.filter(({ side }) => side === 'server'),
    (row) => row.service,
  );
  const callers = input.edges.filter(({ callee }) => callee === service).map(({ caller }) => caller);
  const known = callers.filter((caller) => caller !== service && serving.has(caller));
  const concerned = new Set([
    service,
    input.targetService,
    ...input.anomalies.map(({ scope }) => scope.service),
  ]);
  const witnesses =
    known.length > 0
      ? known
      : [...serving.keys()].filter((name) => !concerned.has(name) && !connected(service, name, input));
  let was = 0;
  let is = 0;
  for (const name of new Set(witnesses)) {
    const rows = serving.get(name) ?? [];
    const intervalMs = intervalOf(rows);
    was += pastRate(rows, pastOf(times, intervalMs), intervalMs);
    is += rateWithin(rows, window);
  }
  return was > 0 ? Math.min(1, is / was) : null;
}

/** Whether one of the two calls the other, directly or not: then a fall of one is no witness for the other. */
function connected(one: string, other: string, { edges }: VerificationInput): boolean {
  const reaches = (from: string, to: string): boolean => {
    const found = new Set([from]);
    for (const service of found)
      for (const { caller, callee } of edges) if (caller === service) found.add(callee);
    return found.has(to);
  };
  return reaches(one, other) || reaches(other, one);
}

/** Extends the window backwards over fresh seconds until enough calls could be expected in it. */
function longEnough(window: FreshWindow, before: number, config: VerificationConfig): FreshWindow {
  const wantedMs = before > 0 ? Math.ceil(config.minRequests / before) * secondMs : 0;
  const lengthMs = Math.min(Math.max(longestWindowMs, 10 * window.intervalMs), wantedMs);
  if (window.toMs - window.fromMs >= lengthMs) return window;
  const fromMs = Math.max(window.freshFromMs, window.toMs - lengthMs);
  return { ...window, fromMs, whole: window.whole && window.toMs - fromMs >= lengthMs };
}

/** Calls a second over the whole stretch: seconds without any count. */
function rateWithin(rows: readonly CallBucket[], window: Window): number {
  const seconds = (window.toMs - window.fromMs) / secondMs;
  return seconds > 0 ? callsWithin(rows, window) / seconds : 0;
}

function callsWithin(rows: readonly CallBucket[], window: Window): number {
  return rows.reduce((sum, { atMs, count }) => (inside(atMs, window) ? sum + count : sum), 0);
}

/**
 * The rate while calls came: the past may be shorter than the window, and a stretch without any, far longer than the usual
 * pause, is an earlier outage or nothing known.
 */
function pastRate(rows: readonly CallBucket[], past: Window, intervalMs: number): number {
  const holeMs = Math.max(10 * secondMs, 5 * intervalMs);
  const times = [
    ...new Set(rows.filter(({ atMs, count }) => count > 0 && inside(atMs, past)).map(({ atMs }) => atMs)),
  ];
  times.sort((a, b) => a - b);
  let heardMs = intervalMs;
  for (const [index, atMs] of times.entries()) {
    const gapMs = atMs - (times[index - 1] ?? atMs);
    heardMs += gapMs > holeMs ? intervalMs : gapMs;
  }
  return times.length === 0 ? 0 : (callsWithin(rows, past) * secondMs) / heardMs;
}

/** Calls per second since the effect over before; at least 1, and 1 when one of the two is unknown. */
export function demandFactor(
  rows: readonly CallBucket[],
  times: VerificationTimes,
  config: VerificationConfig,
): number {
  const intervalMs = intervalOf(rows);
  const before = pastRate(rows, pastOf(times, intervalMs), intervalMs);
  const window = newestWindow(rows, { ...times, look: 0 }, config);
  if (window === null || !(before > 0)) return 1;
  return Math.max(1, rateWithin(rows, { fromMs: window.freshFromMs, toMs: window.toMs }) / before);
}
