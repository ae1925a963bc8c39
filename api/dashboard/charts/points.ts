// The points of one series from the buckets of history: the same figure as the detector that found something in it, all
// instances together, in steps that a screen can show.

import {
  type CallMeasure,
  isCallRowOf,
  isLogRowOf,
  isMetricRowOf,
  type SeriesRef,
} from '../../../domain/detection/series.ts';
import { inSteps, paceOfCalls } from '../../../domain/diagnosis/paces.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../../domain/telemetry.ts';
import type { TelemetryHistory } from '../../ports/telemetry.ts';
import type { Unit } from '../assets/text.js';

export type Point = { readonly atMs: number; readonly value: number };
export type Range = { readonly fromMs: number; readonly toMs: number };

const mostPoints = 600;
const secondMs = 1000;

/** Length of a step, so that the range has a bounded number of them. */
export function stepFor({ fromMs, toMs }: Range): number {
  return Math.max(secondMs, Math.ceil((toMs - fromMs) / mostPoints / secondMs) * secondMs);
}

/** Oldest first; steps without samples have no point. Throws when history cannot be reached. */
export async function readPoints(
  history: TelemetryHistory,
  ref: SeriesRef,
  range: Range,
): Promise<readonly Point[]> {
  const asked = { environment: ref.environment, ...range };
  const stepMs = stepFor(range);
  switch (ref.kind) {
    case 'calls': {
      const rows = await history.calls(asked, [ref.service]);
      return callPoints(
        rows.filter((row) => isCallRowOf(ref, row)),
        ref.measure,
        stepMs,
      );
    }
    case 'absence': {
      const rows = await history.calls(asked, [ref.service]);
      const own = rows.filter(
        ({ side, instance }) => side === 'server' && (ref.instance === '' || instance === ref.instance),
      );
      return callPoints(own, 'traffic', stepMs);
    }
    case 'metric': {
      const rows = await history.metrics(asked, [ref.service]);
      return metricPoints(
        rows.filter((row) => isMetricRowOf(ref, row)),
        stepMs,
      );
    }
    case 'log': {
      const rows = await history.logs(asked, [ref.service]);
      return logPoints(
        rows.filter((row) => isLogRowOf(ref, row)),
        stepMs,
      );
    }
  }
}

/** Calls that were counted in an interval happened all through it: a step is whole intervals, and has a report of every instance. */
export function callPoints(
  all: readonly CallBucket[],
  measure: CallMeasure,
  shownMs: number,
): readonly Point[] {
  const paceMs = paceOfCalls(all);
  const stepMs = Math.ceil(shownMs / paceMs) * paceMs;
  return steps(inSteps(all, Number.POSITIVE_INFINITY), stepMs, (group) => {
    const count = sum(group, (row) => row.count);
    switch (measure) {
      case 'errors':
        return count === 0 ? null : sum(group, (row) => row.errors) / count;
      case 'traffic':
        return count / (stepMs / secondMs);
      case 'latency-p50':
        return count === 0 ? null : sum(group, (row) => row.latencyP50Ms * row.count) / count;
      case 'latency-p95':
        return count === 0 ? null : sum(group, (row) => row.latencyP95Ms * row.count) / count;
    }
  });
}

function metricPoints(rows: readonly MetricBucket[], stepMs: number): readonly Point[] {
  return steps(rows, stepMs, (group) => sum(group, (row) => row.value) / group.length);
}

function logPoints(rows: readonly LogBucket[], stepMs: number): readonly Point[] {
  return steps(rows, stepMs, (group) => sum(group, (row) => row.count) / (stepMs / secondMs));
}

function steps<Row extends { readonly atMs: number }>(
  rows: readonly Row[],
  stepMs: number,
  valueIn: (group: readonly Row[]) => number | null,
): readonly Point[] {
  const groups = Map.groupBy(rows, ({ atMs }) => Math.floor(atMs / stepMs) * stepMs);
  return [...groups]
    .toSorted(([left], [right]) => left - right)
    .flatMap(([atMs, group]) => {
      const value = valueIn(group);
      return value === null || !Number.isFinite(value) ? [] : [{ atMs, value }];
    });
}

function sum<Row>(rows: readonly Row[], figure: (row: Row) => number): number {
  return rows.reduce((total, row) => total + figure(row), 0);
}

/** What the figure is measured in, as far as the name of the series tells. */
export function unitOf(ref: SeriesRef): Unit {
  switch (ref.kind) {
    case 'calls':
      return ref.measure === 'errors' ? 'ratio' : ref.measure === 'traffic' ? 'per-second' : 'ms';
    case 'absence':
    case 'log':
      return 'per-second';
    case 'metric':
      if (/bytes|memory\.(usage|working|limit)/i.test(ref.metric)) return 'bytes';
      return /utilization|ratio/i.test(ref.metric) ? 'ratio' : 'plain';
  }
}

/** A series in words: `errors of orders`, `p95 latency of calls from orders to stock`. */
export function seriesName(ref: SeriesRef): string {
  switch (ref.kind) {
    case 'calls': {
      const words = {
        errors: 'errors',
        'latency-p50': 'median latency',
        'latency-p95': 'p95 latency',
        traffic: 'requests',
      };
      const what = words[ref.measure];
      return ref.side === 'server'
        ? `${what} of ${ref.service}`
        : `${what} of calls from ${ref.service} to ${ref.peer}`;
    }
    case 'metric':
      return `${ref.metric} of ${ref.instance === '' ? ref.service : `${ref.service} (${ref.instance})`}`;
    case 'log':
      return `log records of ${ref.service} like ${ref.templateId}`;
    case 'absence':
      return `requests heard from ${ref.instance === '' ? ref.service : `${ref.service} (${ref.instance})`}`;
  }
}
