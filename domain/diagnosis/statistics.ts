// The few statistics diagnosis and verification share: robust level and spread, weighted quantile, line fit.

export type Weighted = { readonly value: number; readonly weight: number };

/** Middle value; NaN for an empty list, which every comparison answers with false. */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) return Number.NaN;
  // Typed arrays sort numbers natively, several times faster than with a comparison in JavaScript.
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** Median absolute deviation, scaled to agree with the standard deviation of a normal distribution. */
export function spread(values: readonly number[], center = median(values)): number {
  return values.length === 0 ? 0 : 1.4826 * median(values.map((value) => Math.abs(value - center)));
}

/** With so many values their weights even out, and the plain median is as good and much faster. */
const manyValues = 60;

/** Median where each value counts `weight` times; NaN for an empty list. */
export function weightedMedian(values: readonly Weighted[]): number {
  if (values.length > manyValues) return median(values.map(({ value }) => value));
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { value, weight } of sorted) {
    sum += weight;
    if (sum >= half) return value;
  }
  return Number.NaN;
}

export type Point = { readonly atMs: number; readonly value: number };

export type Line = {
  readonly slopePerSecond: number;
  /** Height gained from the first to the last point along the line. */
  readonly rise: number;
  /** Share of the variance the line explains, 0..1. */
  readonly r2: number;
  readonly points: number;
};

/** Least squares line; flat with r2 0 for fewer than three points or no extent in time. */
export function fitLine(points: readonly Point[]): Line {
  const n = points.length;
  const first = points[0];
  const last = points[n - 1];
  if (n < 3 || first === undefined || last === undefined || last.atMs <= first.atMs) {
    return { slopePerSecond: 0, rise: 0, r2: 0, points: n };
  }
  let sumX = 0;
  let sumY = 0;
  for (const { atMs, value } of points) {
    sumX += (atMs - first.atMs) / 1000;
    sumY += value;
  }
  const meanX = sumX / n;
  const meanY = sumY / n;
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const { atMs, value } of points) {
    const dx = (atMs - first.atMs) / 1000 - meanX;
    const dy = value - meanY;
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  const slopePerSecond = xx === 0 ? 0 : xy / xx;
  const r2 = xx === 0 || yy === 0 ? 0 : (xy * xy) / (xx * yy);
  return { slopePerSecond, rise: slopePerSecond * ((last.atMs - first.atMs) / 1000), r2, points: n };
}

/** The last sudden fall by at least `share` of the value: where it landed, and from what height; null for none. */
export function lastFall(
  points: readonly Point[],
  share: number,
): { readonly index: number; readonly atMs: number; readonly from: number } | null {
  for (let index = points.length - 1; index > 0; index -= 1) {
    const before = points[index - 1]?.value ?? 0;
    const after = points[index];
    if (after !== undefined && before > 0 && after.value < before * (1 - share)) {
      return { index, atMs: after.atMs, from: before };
    }
  }
  return null;
}

/** The points after the last sudden fall by `share` of the value: a restart or a clean-up begins a new series. */
export function sinceLastFall(points: readonly Point[], share: number): readonly Point[] {
  const fall = lastFall(points, share);
  return fall === null ? points : points.slice(fall.index);
}

/**
 * Probability of at least `count` events when `mean` are expected (Poisson). For few events, where the normal
 * approximation calls three errors by chance an outbreak.
 */
export function chanceOfAtLeast(count: number, mean: number): number {
  if (count <= 0) return 1;
  if (!(mean > 0)) return 0;
  // Far out in the tail, and where exp(-mean) vanishes, more digits would change no decision.
  if (count > mean + 40 * Math.sqrt(mean) + 40) return 0;
  if (mean > 500) return count > mean + 5 * Math.sqrt(mean) ? 0 : 1;
  let term = Math.exp(-mean);
  let below = term;
  for (let k = 1; k < count; k += 1) {
    term *= mean / k;
    below += term;
  }
  return Math.max(0, 1 - below);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
