// How long things take for a series that has an interval of its own: what is configured is for one that comes every second, and a
// slower one needs so many samples. `intervalMs`: how far its samples usually are apart, 0 while that is not known.

import type { DetectionConfig } from './config.ts';

const idleIntervals = 12;
const restIntervals = 5;
const relearnIntervals = 30;
/** Nobody knows yet how often it comes. */
const unknownMs = 3 * 3_600_000;

/**
 * How long a series may be without samples before it is given up: what comes once an hour has not ended after a quarter of one.
 * Where room is short, one of which there was a single sample is not waited for.
 */
export function idleAfterMs(idleSeriesMs: number, intervalMs: number, crowded = false): number {
  const known = intervalMs > 0 || crowded;
  return Math.max(idleSeriesMs, known ? idleIntervals * intervalMs : unknownMs);
}

/** How long a series raises no new hint after one has cleared. */
export function restMs({ clearing }: DetectionConfig, intervalMs: number): number {
  return Math.max(clearing.refractoryMs, restIntervals * intervalMs);
}

/** How long a new level lasts until it is the normal one. */
export function relearnMs({ baseline }: DetectionConfig, intervalMs: number): number {
  return Math.max(baseline.relearnMs, relearnIntervals * intervalMs);
}
