/**
 * Precision, recall and F1 of labelled stretches: one is found by an alarm within five rows of it, an alarm near none is false, once in
 * ten rows. The first 15 % (750 rows at most) do not count.
 */
import type { Series } from './labelled-series.ts';

export type EventF1 = {
  readonly f1: number;
  readonly precision: number;
  readonly recall: number;
  readonly threshold: number;
};

const near = 5;
const falseEvery = 10;

function stretches(labels: readonly number[]): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const [row, label] of labels.entries()) {
    if (label !== 1) continue;
    const last = found.at(-1);
    if (last !== undefined && last[1] === row - 1) last[1] = row;
    else found.push([row, row]);
  }
  return found;
}

export function eventF1(
  all: readonly { readonly series: Series; readonly scores: readonly number[] }[],
  threshold: number,
): EventF1 {
  let [hit, missed, wrong] = [0, 0, 0];
  for (const { series, scores } of all) {
    const quiet = Math.floor(Math.min(0.15 * scores.length, 750));
    const wanted = stretches(series.labels).filter(([, end]) => end >= quiet);
    const isNear = (row: number, [from, to]: readonly [number, number]) =>
      from - near <= row && row <= to + near;
    const alarms = scores.flatMap((score, row) => (row >= quiet && score >= threshold ? [row] : []));
    const found = wanted.filter((stretch) => alarms.some((row) => isNear(row, stretch)));
    hit += found.length;
    missed += wanted.length - found.length;
    let last = Number.NEGATIVE_INFINITY;
    for (const row of alarms) {
      if (wanted.some((stretch) => isNear(row, stretch)) || row - last <= falseEvery) continue;
      wrong += 1;
      last = row;
    }
  }
  const precision = hit + wrong === 0 ? 0 : hit / (hit + wrong);
  const recall = hit + missed === 0 ? 0 : hit / (hit + missed);
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { f1, precision, recall, threshold };
}
