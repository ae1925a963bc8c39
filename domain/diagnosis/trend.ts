// Whether a level climbs steadily: a leak, a filling disk. Slow and fast ones, by fitting lines of several lengths.

import { paceOfPoints } from './paces.ts';
import { fitLine, type Point, sinceLastFall } from './statistics.ts';
import { thresholds } from './thresholds.ts';

export type Trend = {
  readonly risePerSecond: number;
  readonly rise: number;
  readonly r2: number;
  readonly first: number;
  readonly last: number;
  readonly spanMs: number;
  /** When, extending the line backwards, the level left `first`; the onset of the trend. */
  readonly sinceMs: number;
};

/**
 * The steadiest climb that ends now, or null. `points` are in order of time; a fall (restart, clean-up) begins anew.
 * Only climbs that go on count: the newest third of the points must rise as well.
 */
export function risingTrend(points: readonly Point[]): Trend | null {
  const { minR2, minPoints, windowsMs, resetFall, coarse } = thresholds.trend;
  const stepMs = paceOfPoints(points);
  const isCoarse = stepMs * minPoints > coarse.fromMs;
  const least = isCoarse ? coarse.minPoints : minPoints;
  const since = sinceLastFall(points, resetFall);
  const last = since.at(-1);
  if (last === undefined) return null;
  let best: Trend | null = null;
  for (const spanMs of isCoarse
    ? [...windowsMs, ...coarse.samples.map((count) => count * stepMs)]
    : windowsMs) {
    const part = since.filter(({ atMs }) => atMs > last.atMs - spanMs);
    const first = part[0];
    if (first === undefined || part.length < least) continue;
    const line = fitLine(part);
    if (line.slopePerSecond <= 0 || line.r2 < (part.length < minPoints ? coarse.minR2 : minR2)) continue;
    const newest = fitLine(part.slice(-Math.max(4, Math.ceil(part.length / 3))));
    if (newest.slopePerSecond < line.slopePerSecond * 0.25) continue;
    if (best !== null && line.rise <= best.rise) continue;
    best = {
      risePerSecond: line.slopePerSecond,
      rise: line.rise,
      r2: line.r2,
      first: first.value,
      last: last.value,
      spanMs: last.atMs - first.atMs,
      sinceMs: first.atMs,
    };
  }
  return best;
}

/** Milliseconds until the line meets `limit`; 0 when it is there, null when it never will. */
export function projectedMs(trend: Trend, limit: number): number | null {
  if (trend.last >= limit) return 0;
  return trend.risePerSecond <= 0 ? null : ((limit - trend.last) / trend.risePerSecond) * 1000;
}
