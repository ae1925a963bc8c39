// The band in which a series was expected: its own past before the trouble, median and robust spread.

import type { Unit } from '../assets/text.js';
import type { Point } from './points.ts';

export type Band = { readonly low: number; readonly middle: number; readonly high: number };

/** Samples right before the onset may belong to it already. */
const guardMs = 5_000;
const fewestPoints = 10;
/** Three robust standard deviations: about one sample in 400 is outside by chance. */
const deviations = 3;
const robustSigma = 1.4826;

/** Null when there is no past to speak of and nobody said what to expect. */
export function expectedBand(
  points: readonly Point[],
  onsetMs: number,
  expected: number | null,
  unit: Unit,
): Band | null {
  const past = points.filter(({ atMs }) => atMs < onsetMs - guardMs).map(({ value }) => value);
  if (past.length < fewestPoints) {
    return expected === null || !Number.isFinite(expected) ? null : around(expected, 0, unit);
  }
  const middle = median(past);
  return around(middle, median(past.map((value) => Math.abs(value - middle))) * robustSigma, unit);
}

/** A series that never moved still has a band that can be seen, and nothing measured here goes below zero. */
function around(middle: number, sigma: number, unit: Unit): Band {
  const least = unit === 'ratio' ? 0.01 : Math.abs(middle) * 0.05;
  const half = Math.max(sigma * deviations, least);
  const high = middle + half;
  return {
    low: middle >= 0 ? Math.max(0, middle - half) : middle - half,
    middle,
    high: unit === 'ratio' ? Math.min(1, high) : high,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? upper) + upper) / 2 : upper;
}
