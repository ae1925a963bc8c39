// How often a series is heard: once a second where spans tell of it, in an interval of its sender's where something was counted or
// measured for that long. What takes samples takes as much longer.

import type { CallBucket, MetricBucket } from '../telemetry.ts';
import { median } from './statistics.ts';

export const secondMs = 1_000;
/** Below, a sample is worth no more than a second is. */
export const coarseFromMs = 2_000;
/** Fewer distances say nothing about the next. */
const fewestGaps = 2;

/** As long as so many samples take, and no shorter than what is enough where they come every second. */
export function atLeast(ms: number, samples: number, stepMs: number): number {
  return stepMs < coarseFromMs ? ms : Math.max(ms, samples * stepMs);
}

/** The usual interval of some rows of calls, in whole seconds. */
export function paceOfCalls(rows: readonly CallBucket[]): number {
  if (rows.every(({ intervalMs }) => intervalMs === undefined)) return secondMs;
  const intervals = rows.map(({ intervalMs = secondMs }) => intervalMs).sort((a, b) => a - b);
  return wholeSeconds(intervals[intervals.length >> 1] ?? secondMs);
}

/** The usual distance of the samples of one series, in order of time; a second while too few are known. */
export function paceOfPoints(points: readonly { readonly atMs: number }[]): number {
  const gaps = points.slice(1).map(({ atMs }, index) => atMs - (points[index]?.atMs ?? atMs));
  return gaps.length < fewestGaps ? secondMs : wholeSeconds(median(gaps));
}

/**
 * How seldom the slower of many series come: what comes seldom has to be read for longer. `heardMs` is how long was listened: a
 * series with a single sample comes no more often than that.
 */
export function slowPaceOfMetrics(rows: readonly MetricBucket[], heardMs: number): number {
  const series = bySeries(rows, ({ metric, attributes }) => `${metric}\n${attributes}`);
  return slowOf(
    series.map((points) =>
      points.length > fewestGaps ? paceOfPoints(points) : wholeSeconds(heardMs / points.length),
    ),
  );
}

export function slowPaceOfCalls(rows: readonly CallBucket[]): number {
  return slowOf(bySeries(rows, ({ side, peer }) => `${side}\n${peer}`).map(paceOfCalls));
}

function slowOf(paces: number[]): number {
  paces.sort((a, b) => a - b);
  return paces[Math.floor(paces.length * 0.75)] ?? secondMs;
}

function bySeries<Row extends { readonly service: string; readonly instance: string }>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): readonly (readonly Row[])[] {
  const series = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.service}\n${row.instance}\n${nameOf(row)}`;
    const mine = series.get(key);
    if (mine === undefined) series.set(key, [row]);
    else mine.push(row);
  }
  return [...series.values()];
}

function wholeSeconds(ms: number): number {
  return Math.max(secondMs, Math.round(ms / secondMs) * secondMs);
}

/**
 * Calls that were counted in an interval, laid on one grid for all whose interval is as long: senders report at moments of their
 * own, and each one's newest report is about now. A report that stands for several intervals is spread over them.
 */
export function inSteps(calls: readonly CallBucket[], nowMs: number): readonly CallBucket[] {
  if (calls.every(isFine)) return calls;
  const coarse = calls.filter((row) => !isFine(row) && row.atMs <= nowMs);
  const all = bySeries(coarse, ({ side, peer }) => `${side}\n${peer}`).map((rows) => ({
    rows,
    stepMs: paceOfCalls(rows),
    lastMs: newest(rows),
  }));
  const ends = new Map<number, number>();
  for (const { stepMs, lastMs } of all) ends.set(stepMs, Math.max(ends.get(stepMs) ?? lastMs, lastMs));
  const laid = all.flatMap(({ rows, stepMs, lastMs }) => {
    const endMs = ends.get(stepMs) ?? lastMs;
    const shiftMs = (endMs - lastMs) % stepMs;
    return rows.flatMap((row) => {
      const steps = Math.round((endMs - shiftMs - row.atMs) / stepMs);
      return spread({ ...row, atMs: endMs - steps * stepMs }, stepMs);
    });
  });
  return [...calls.filter(isFine), ...laid];
}

function isFine({ intervalMs = secondMs }: CallBucket): boolean {
  return intervalMs < coarseFromMs;
}

function newest(rows: readonly { readonly atMs: number }[]): number {
  return rows.reduce((last, { atMs }) => Math.max(last, atMs), Number.NEGATIVE_INFINITY);
}

/** An export was lost: what is told now happened in as many intervals. */
function spread(row: CallBucket, stepMs: number): CallBucket[] {
  const steps = Math.max(1, Math.round((row.intervalMs ?? stepMs) / stepMs));
  const share = (figure: number, step: number) =>
    Math.round((figure * (step + 1)) / steps) - Math.round((figure * step) / steps);
  return Array.from({ length: steps }, (_, step) => ({
    ...row,
    atMs: row.atMs - step * stepMs,
    count: share(row.count, step),
    errors: share(row.errors, step),
    ownErrors: share(row.ownErrors, step),
    intervalMs: stepMs,
  }));
}
