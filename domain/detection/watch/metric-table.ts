// All metric series of one environment: points become rows of history, and rows are watched. Memory is bounded; what
// does not fit is counted and refused, before it costs anything.

import type { CounterPoint, HistogramPoint, MetricPoint } from '../../observation.ts';
import type { MetricBucket } from '../../telemetry.ts';
import { type CounterState, counterIncrease } from '../aggregate/counters.ts';
import {
  type HistogramIncrease,
  type HistogramState,
  histogramIncrease,
  histogramQuantile,
} from '../aggregate/histograms.ts';
import { labelText } from '../aggregate/labels.ts';
import type { DropCounter } from '../output.ts';
import { signalOf } from '../signals.ts';
import { type MetricWatch, type WatchContext, watchKey } from './context.ts';
import { createWatch } from './create-watch.ts';
import { NoteWatch } from './note-watch.ts';

const secondMs = 1000;
const sweptPerTick = 2_000;

type Watched = { readonly watch: MetricWatch | null; lastMs: number; usedMs: number };
type Suffix = '' | '.rate' | '.p50' | '.p95';
type Series = {
  readonly metric: string;
  readonly attributes: string;
  lastMs: number;
  usedMs: number;
  counter?: CounterState;
  histogram?: HistogramState;
  readonly key: string;
  /** The watched rows that this series makes: one, or for a histogram one per suffix. */
  watched: Partial<Record<Suffix, Watched>> | null;
};

/** Hears what a histogram recorded since its last point. */
export type HistogramSeen = (
  point: HistogramPoint,
  increase: HistogramIncrease,
  atMs: number,
  receivedMs: number,
) => void;

export class MetricTable {
  private readonly environment: string;
  private readonly context: WatchContext;
  private readonly drops: DropCounter;
  private readonly series = new Map<string, Series>();
  private readonly watched = new Map<string, Watched>();
  private readonly labelSets = new Map<string, number>();
  private readonly firing = new Set<MetricWatch>();
  private sweeping: IterableIterator<[string, Watched]> | null = null;
  private sweepingSeries: IterableIterator<[string, Series]> | null = null;

  constructor(environment: string, context: WatchContext, drops: DropCounter) {
    this.environment = environment;
    this.context = context;
    this.drops = drops;
  }

  /** Takes a point and adds the rows it makes. */
  add(point: MetricPoint, receivedMs: number, rows: MetricBucket[], seen: HistogramSeen): void {
    const series = this.admit(point, receivedMs);
    if (series === null) return;
    const atMs = Math.floor(point.atMs / secondMs) * secondMs;
    if (atMs <= series.lastMs) {
      this.drops.add('stale-point');
      return;
    }
    series.lastMs = atMs;
    series.usedMs = receivedMs;
    switch (point.kind) {
      case 'gauge':
        this.row(series, point, '', atMs, point.value, rows);
        return;
      case 'counter':
        this.counter(series, point, atMs, rows);
        return;
      case 'histogram':
        this.histogram(series, point, atMs, rows, seen);
        return;
    }
  }

  /** Takes a row of history as if it had just been made. */
  replay(row: MetricBucket, receivedMs: number): void {
    if (this.watched.size >= this.context.config.limits.seriesPerEnvironment) return;
    const key = watchKey(row.service, row.instance, row.metric, row.attributes);
    this.observe(this.watchedOf(key, row, receivedMs), row, receivedMs);
  }

  /** The watches with something firing. */
  firingWatches(): readonly MetricWatch[] {
    for (const watch of this.firing) if (!watch.firing) this.firing.delete(watch);
    return [...this.firing];
  }

  /** The watch of the same metric at another instance. */
  watchAt(watch: MetricWatch, instance: string): MetricWatch | null {
    const { service, metric, attributes } = watch.source;
    return this.watched.get(watchKey(service, instance, metric, attributes))?.watch ?? null;
  }

  /** Forgets some of the series that have been without samples for long; call it regularly. */
  sweep(nowMs: number): void {
    const { idleSeriesMs } = this.context.config.limits;
    const { forgetMs } = this.context.config.absence;
    this.sweeping ??= this.watched.entries();
    for (let count = 0; count < sweptPerTick; count += 1) {
      const next = this.sweeping.next();
      if (next.done) {
        this.sweeping = null;
        break;
      }
      const [key, { watch, usedMs }] = next.value;
      const idleMs = nowMs - usedMs;
      if (idleMs <= idleSeriesMs || (watch?.firing && idleMs <= forgetMs)) continue;
      this.watched.delete(key);
      if (watch !== null) this.firing.delete(watch);
      if (watch instanceof NoteWatch) watch.forget(this.context);
    }
    this.sweepingSeries ??= this.series.entries();
    for (let count = 0; count < sweptPerTick; count += 1) {
      const next = this.sweepingSeries.next();
      if (next.done) {
        this.sweepingSeries = null;
        break;
      }
      const [key, { metric, usedMs }] = next.value;
      if (nowMs - usedMs <= idleSeriesMs) continue;
      this.series.delete(key);
      this.labelSets.set(metric, Math.max(0, (this.labelSets.get(metric) ?? 1) - 1));
    }
  }

  /** A rate; but restarts are judged as they are counted. */
  private counter(series: Series, point: CounterPoint, atMs: number, rows: MetricBucket[]): void {
    if (point.temporality === 'cumulative' && signalOf(point.metric).role === 'restarts') {
      this.row(series, point, '', atMs, point.value, rows);
      return;
    }
    const grown = counterIncrease(series.counter, point);
    const { startMs, value } = point;
    series.counter = { atMs: point.atMs, startMs, value };
    if (grown !== null)
      this.row(series, point, '.rate', atMs, (grown.increase * 1000) / grown.elapsedMs, rows);
  }

  private histogram(
    series: Series,
    point: HistogramPoint,
    atMs: number,
    rows: MetricBucket[],
    seen: HistogramSeen,
  ): void {
    const grown = histogramIncrease(series.histogram, point);
    const { startMs, count, bounds, bucketCounts } = point;
    series.histogram = { atMs: point.atMs, startMs, count, bounds, bucketCounts };
    if (grown === null) return;
    this.row(series, point, '.rate', atMs, (grown.count * 1000) / grown.elapsedMs, rows);
    const p50 = histogramQuantile(0.5, grown);
    const p95 = histogramQuantile(0.95, grown);
    if (p50 !== null) this.row(series, point, '.p50', atMs, p50, rows);
    if (p95 !== null) this.row(series, point, '.p95', atMs, p95, rows);
    if (grown.count > 0) seen(point, grown, atMs, series.usedMs);
  }

  private admit(point: MetricPoint, receivedMs: number): Series | null {
    const { scope, metric } = point;
    const attributes = labelText(point.attributes);
    const key = watchKey(scope.service, scope.resourceId ?? '', metric, attributes);
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const { limits } = this.context.config;
    const labelSets = this.labelSets.get(metric) ?? 0;
    if (this.series.size >= limits.seriesPerEnvironment) {
      this.drops.add('series-limit');
      return null;
    }
    if (labelSets >= limits.labelSetsPerMetric) {
      this.drops.add('label-set-limit');
      return null;
    }
    this.labelSets.set(metric, labelSets + 1);
    const lastMs = Number.NEGATIVE_INFINITY;
    const series: Series = { key, metric, attributes, lastMs, usedMs: receivedMs, watched: null };
    this.series.set(key, series);
    return series;
  }

  private row(
    series: Series,
    point: MetricPoint,
    suffix: Suffix,
    atMs: number,
    value: number,
    rows: MetricBucket[],
  ): void {
    if (!Number.isFinite(value)) {
      this.drops.add('bad-value');
      return;
    }
    const { service, resourceId: instance = '' } = point.scope;
    const { attributes } = series;
    const row = { atMs, service, instance, metric: point.metric + suffix, attributes, value };
    rows.push(row);
    series.watched ??= {};
    let watched = series.watched[suffix];
    if (watched === undefined) {
      const key = suffix === '' ? series.key : watchKey(service, instance, row.metric, attributes);
      watched = this.watchedOf(key, row, series.usedMs);
      series.watched[suffix] = watched;
    }
    this.observe(watched, row, series.usedMs);
  }

  private watchedOf(key: string, row: MetricBucket, usedMs: number): Watched {
    let watched = this.watched.get(key);
    if (watched === undefined) {
      const { service, instance, metric, attributes } = row;
      const watch = createWatch({ environment: this.environment, service, instance, metric, attributes });
      watched = { watch, lastMs: Number.NEGATIVE_INFINITY, usedMs };
      this.watched.set(key, watched);
    }
    return watched;
  }

  private observe(watched: Watched, row: MetricBucket, usedMs: number): void {
    if (row.atMs <= watched.lastMs) return;
    watched.lastMs = row.atMs;
    watched.usedMs = usedMs;
    const { watch } = watched;
    if (watch === null) return;
    watch.observe(row.atMs, row.value, this.context);
    if (watch.firing) this.firing.add(watch);
  }
}
