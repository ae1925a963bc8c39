// The stretches of time a diagnosis compares: before the disturbance, during it, and right now. They are counted in seconds and
// in the samples of a series, whichever is longer: one sample a minute says nothing of six seconds.

import type { DiagnosisInput } from './input.ts';
import { coarseFromMs, paceOfPoints, secondMs } from './paces.ts';
import { thresholds } from './thresholds.ts';

/** Half open: `fromMs` ≤ t < `toMs`. */
export type Window = { readonly fromMs: number; readonly toMs: number };

export type Windows = {
  readonly before: Window;
  /** The first seconds of the disturbance: what came and went is only seen here. */
  readonly early: Window;
  readonly during: Window;
  readonly recent: Window;
  readonly tail: Window;
  /** End of the newest complete second of data: silence is measured from here, not from a clock. */
  readonly dataEndMs: number;
  /** Silence before this says nothing, see ingest-gap.ts. */
  readonly gapUntilMs: number;
  /** How far the samples they are cut for are apart. */
  readonly stepMs: number;
  readonly onsetMs: number;
  /** How long senders hold back what they tell: whoever stops at once takes so much with it. */
  readonly batchMs: number;
  /** Somebody else has cut them, for series of any pace. */
  readonly fixed?: true;
};

type Extent = Pick<Windows, 'dataEndMs' | 'gapUntilMs' | 'onsetMs'> & { readonly firstMs: number };

/**
 * Cuts the windows of one kind of rows from what data there is: seconds of calls are complete later than points of
 * metrics. The baseline starts at the first data seen, so that a short history does not look like little traffic; data
 * dated after `nowMs` are ignored, and rows that stopped coming at all end where a delay could no longer explain it. What senders
 * hold back for up to `batchMs` is not complete before.
 */
export function cutWindows(
  rows: readonly { readonly atMs: number }[],
  { nowMs, onsetMs }: Pick<DiagnosisInput, 'nowMs' | 'onsetMs'>,
  gapUntilMs: number,
  stepMs = secondMs,
  batchMs = 0,
): Windows {
  let firstMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs } of rows) {
    if (atMs > nowMs) continue;
    if (atMs < firstMs) firstMs = atMs;
    if (atMs > lastMs) lastMs = atMs;
  }
  const { delayMs } = thresholds.window;
  if (stepMs < coarseFromMs || !Number.isFinite(lastMs)) {
    const dataEndMs = Math.min(nowMs, Math.max(lastMs + secondMs - batchMs, nowMs - delayMs - batchMs));
    return bySeconds({ firstMs, dataEndMs, onsetMs, gapUntilMs }, batchMs);
  }
  const missed = Math.max(0, Math.floor((nowMs - delayMs - lastMs) / stepMs));
  return bySamples({ firstMs, dataEndMs: lastMs + secondMs + missed * stepMs, onsetMs, gapUntilMs }, stepMs);
}

function bySeconds({ firstMs, dataEndMs, onsetMs, gapUntilMs }: Extent, batchMs: number): Windows {
  const { baselineMs, guardMs, earlyMs, duringMs, recentMs, tailMs } = thresholds.window;
  const beforeToMs = onsetMs - guardMs;
  return {
    before: { fromMs: Math.max(beforeToMs - baselineMs, Math.min(firstMs, beforeToMs)), toMs: beforeToMs },
    early: { fromMs: onsetMs, toMs: Math.min(onsetMs + earlyMs, dataEndMs) },
    during: { fromMs: Math.max(onsetMs, dataEndMs - duringMs), toMs: dataEndMs },
    recent: { fromMs: dataEndMs - recentMs, toMs: dataEndMs },
    tail: { fromMs: dataEndMs - tailMs, toMs: dataEndMs },
    dataEndMs,
    gapUntilMs,
    stepMs: secondMs,
    onsetMs,
    batchMs,
  };
}

/**
 * Whole numbers of samples, counted back from the newest. The one that the onset lies in is half good and half bad, and an
 * onset is known no better than a sample is long: the past ends a sample earlier.
 */
function bySamples({ firstMs, dataEndMs, onsetMs, gapUntilMs }: Extent, stepMs: number): Windows {
  const { baselineMs, earlyMs, duringMs, recentMs, tailMs, samples } = thresholds.window;
  const count = (ms: number, least: number) => Math.max(least, Math.ceil(ms / stepMs));
  const back = (steps: number) => dataEndMs - steps * stepMs;
  const sinceOnset = Math.max(1, Math.ceil((dataEndMs - onsetMs) / stepMs));
  const beforeToMs = back(sinceOnset + 1);
  const known = Math.max(0, Math.ceil((beforeToMs - Math.min(firstMs, beforeToMs)) / stepMs));
  const past = Math.min(known, count(baselineMs, samples.baseline));
  return {
    before: { fromMs: beforeToMs - past * stepMs, toMs: beforeToMs },
    early: {
      fromMs: back(sinceOnset),
      toMs: back(Math.max(0, sinceOnset - count(earlyMs, samples.early))),
    },
    during: { fromMs: back(Math.min(sinceOnset, count(duringMs, samples.during))), toMs: dataEndMs },
    recent: { fromMs: back(count(recentMs, 1)), toMs: dataEndMs },
    tail: { fromMs: back(count(tailMs, 1)), toMs: dataEndMs },
    dataEndMs,
    gapUntilMs,
    stepMs,
    onsetMs,
    batchMs: 0,
  };
}

/** The same stretches for the points of one series, at its own pace: every series is read at moments of its own. */
export function windowsAtPace(windows: Windows, points: readonly { readonly atMs: number }[]): Windows {
  const [first, last] = [points[0], points.at(-1)];
  const stepMs = paceOfPoints(points);
  if (windows.fixed === true || stepMs < coarseFromMs || first === undefined || last === undefined)
    return windows;
  const { gapUntilMs, onsetMs } = windows;
  const lateMs = windows.dataEndMs - thresholds.window.delayMs - last.atMs;
  const dataEndMs = last.atMs + secondMs + Math.max(0, Math.floor(lateMs / stepMs)) * stepMs;
  return bySamples({ firstMs: first.atMs, dataEndMs, onsetMs, gapUntilMs }, stepMs);
}

export function inside(atMs: number, window: Window): boolean {
  return atMs >= window.fromMs && atMs < window.toMs;
}

/** Length in seconds, at least one, for rates. */
export function lengthSeconds(window: Window): number {
  return Math.max(1, (window.toMs - window.fromMs) / 1000);
}
