// All metric series of one environment: points become rows of history, and rows are watched.

import type { CounterPoint, GaugePoint, HistogramPoint, MetricPoint } from '../../observation.ts';
import type { MetricBucket } from '../../telemetry.ts';
import { counterIncrease } from '../aggregate/counters.ts';
import { added, levelAfter } from '../aggregate/deltas.ts';
import { type HistogramIncrease, histogramIncrease, histogramQuantile } from '../aggregate/histograms.ts';
import type { DropCounter } from '../output.ts';
import { signalOf } from '../signals.ts';
import type { MetricWatch, WatchContext } from './context.ts';
import { createWatch } from './create-watch.ts';
import { NoteWatch } from './note-watch.ts';
import {
  type InstanceSeries,
  never,
  type Series,
  SeriesIndex,
  type Stream,
  type Suffix,
  type Watched,
} from './series-index.ts';

const secondMs = 1000;
/** A series this far ahead of our clock, of which an older point comes, had a wrong clock. */
const clockJumpMs = 60_000;

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
  private readonly index = new SeriesIndex();
  private readonly firing = new Set<MetricWatch>();

  constructor(environment: string, context: WatchContext, drops: DropCounter) {
    this.environment = environment;
    this.context = context;
    this.drops = drops;
  }

  /** Takes a point and adds the rows it makes. Null when it has an effect, or had it before. */
  add(
    given: MetricPoint,
    receivedMs: number,
    rows: MetricBucket[],
    seen: HistogramSeen,
  ): 'series-limit' | 'label-set-limit' | null {
    const series = this.index.admit(given, receivedMs, this.context.config.limits);
    if (typeof series === 'string') return series;
    const atS = Math.floor(given.atMs / secondMs);
    series.usedS = Math.floor(receivedMs / secondMs);
    if (series.lastS * secondMs > receivedMs + clockJumpMs && given.atMs <= receivedMs) forgetFuture(series);
    if (given.kind === 'gauge' && given.isChange === true) {
      this.change(series, given, atS, rows);
      return null;
    }
    if (atS === series.lastS) {
      this.again(series, given, atS, rows);
      return null;
    }
    if (atS < series.lastS) {
      this.lateRows(series, given, atS, rows);
      return null;
    }
    const point = withCarried(series, given);
    series.intervalMs = usualInterval(series.intervalMs, series.lastS, atS);
    series.lastS = atS;
    series.pointMs = Math.floor(given.atMs - atS * secondMs);
    switch (point.kind) {
      case 'gauge':
        this.row(series, '', atS, point.value, rows);
        return null;
      case 'counter':
        this.counter(series, series, point, atS, rows);
        return null;
      case 'histogram':
        this.histogram(series, series, point, atS, rows, seen, receivedMs);
        return null;
    }
  }

  /** One more point of a second: a gauge's last value stands; a cumulative one is covered by the next, a delta counts with it. */
  private again(series: Series, point: MetricPoint, atS: number, rows: MetricBucket[]): void {
    const pointMs = Math.floor(point.atMs - atS * secondMs);
    const newer = pointMs > series.pointMs;
    if (newer) series.pointMs = pointMs;
    if (!newer) this.drops.add('stale-point');
    else if (point.kind === 'gauge') this.row(series, '', atS, point.value, rows);
    else if (point.temporality === 'delta') series.carried = added(series.carried, point);
    else this.drops.add('stale-point');
  }

  /** A level by its changes, from what history has of it or else from zero. Each counts once. */
  private change(series: Series, point: GaugePoint, atS: number, rows: MetricBucket[]): void {
    const { service } = series.at.of;
    const told = this.index.find(service, series.at.instance, series.metric, series.attributes);
    const pointMs = Math.floor(point.atMs - atS * secondMs);
    const isKnown =
      series.level === undefined
        ? atS <= (told?.lastS ?? never)
        : atS < series.lastS || (atS === series.lastS && pointMs <= series.pointMs);
    if (isKnown) {
      this.drops.add('stale-point');
      return;
    }
    const { value } = levelAfter(series.level ?? told?.lastValue ?? 0, point);
    series.level = value;
    if (atS > series.lastS) series.intervalMs = usualInterval(series.intervalMs, series.lastS, atS);
    series.lastS = atS;
    series.pointMs = pointMs;
    this.row(series, '', atS, value, rows);
  }

  /** Rows of the past. One that was written already is replaced by itself, so going back once more is harmless. */
  private lateRows(series: Series, point: MetricPoint, atS: number, rows: MetricBucket[]): void {
    let late = series.late;
    if (late === undefined || atS <= late.lastS) {
      late = { lastS: atS };
      series.late = late;
    }
    late.lastS = atS;
    if (point.kind === 'gauge') this.row(series, '', atS, point.value, rows);
    else if (point.kind === 'counter') this.counter(series, late, point, atS, rows);
    else this.histogram(series, late, point, atS, rows, () => {}, 0);
  }

  /** Takes a row of history as if it had just been made. */
  replay(row: MetricBucket, receivedMs: number): void {
    if (this.index.watchedCount >= this.context.config.limits.seriesPerEnvironment) return;
    const at = this.index.instance(row.service, row.instance);
    const watched = this.watchedOf(at, row.metric, row.attributes);
    this.observe(watched, Math.floor(row.atMs / secondMs), row.value, Math.floor(receivedMs / secondMs));
  }

  /** The watches with something firing. */
  firingWatches(): readonly MetricWatch[] {
    for (const watch of this.firing) if (!watch.firing) this.firing.delete(watch);
    return [...this.firing];
  }

  /** The watch of the same metric at another instance. */
  watchAt(watch: MetricWatch, instance: string): MetricWatch | null {
    const { service, metric, attributes } = watch.source;
    return this.index.find(service, instance, metric, attributes)?.watch ?? null;
  }

  /** Forgets some of the series that have been without samples for long; call it regularly. */
  sweep(nowMs: number): void {
    const { limits, absence } = this.context.config;
    const stays = ({ watch }: Watched, idleMs: number): boolean =>
      watch?.firing === true && idleMs <= absence.forgetMs;
    this.index.sweep(nowMs, limits, stays, this.gone);
  }

  /** A service that had to go, with all of its series. */
  forget(service: string): void {
    this.index.forget(service, this.gone);
  }

  private readonly gone = ({ watch }: Watched): void => {
    if (watch !== null) this.firing.delete(watch);
    if (watch instanceof NoteWatch) watch.forget(this.context);
  };

  /** A rate; but restarts are judged as they are counted. */
  private counter(
    series: Series,
    stream: Stream,
    point: CounterPoint,
    atS: number,
    rows: MetricBucket[],
  ): void {
    if (point.temporality === 'cumulative' && signalOf(point.metric).role === 'restarts') {
      this.row(series, '', atS, point.value, rows);
      return;
    }
    const grown = counterIncrease(stream.counter, point);
    const { startMs, value } = point;
    stream.counter = { atMs: point.atMs, startMs, value };
    if (grown !== null) this.row(series, '.rate', atS, (grown.increase * 1000) / grown.elapsedMs, rows);
  }

  private histogram(
    series: Series,
    stream: Stream,
    point: HistogramPoint,
    atS: number,
    rows: MetricBucket[],
    seen: HistogramSeen,
    receivedMs: number,
  ): void {
    const grown = histogramIncrease(stream.histogram, point);
    const { startMs, count, bounds, bucketCounts } = point;
    stream.histogram = { atMs: point.atMs, startMs, count, bounds, bucketCounts };
    if (grown === null) return;
    this.row(series, '.rate', atS, (grown.count * 1000) / grown.elapsedMs, rows);
    const p50 = histogramQuantile(0.5, grown);
    const p95 = histogramQuantile(0.95, grown);
    if (p50 !== null) this.row(series, '.p50', atS, p50, rows);
    if (p95 !== null) this.row(series, '.p95', atS, p95, rows);
    if (grown.count > 0) seen(point, grown, atS * secondMs, receivedMs);
  }

  private row(series: Series, suffix: Suffix, atS: number, value: number, rows: MetricBucket[]): void {
    if (!Number.isFinite(value)) {
      this.drops.add('bad-value');
      return;
    }
    const { at, attributes } = series;
    const watched = this.watchedFrom(series, suffix);
    rows.push({
      atMs: atS * secondMs,
      service: at.of.service,
      instance: at.instance,
      metric: watched.metric,
      attributes,
      value,
    });
    this.observe(watched, atS, value, series.usedS);
  }

  private watchedFrom(series: Series, suffix: Suffix): Watched {
    if (suffix === '') {
      series.row ??= this.watchedOf(series.at, series.metric, series.attributes);
      return series.row;
    }
    series.rows ??= {};
    series.rows[suffix] ??= this.watchedOf(series.at, series.metric + suffix, series.attributes);
    return series.rows[suffix];
  }

  private watchedOf(at: InstanceSeries, metric: string, attributes: string): Watched {
    return this.index.watchedAt(at, metric, attributes, () => {
      const source = {
        environment: this.environment,
        service: at.of.service,
        instance: at.instance,
        metric,
        attributes,
      };
      const watch = createWatch(source, this.context.config.rules);
      return { metric, watch, lastS: never, lastValue: 0, usedS: never, intervalMs: 0 };
    });
  }

  private observe(watched: Watched, atS: number, value: number, usedS: number): void {
    if (atS >= watched.lastS) watched.lastValue = value;
    if (atS <= watched.lastS) return;
    watched.intervalMs = usualInterval(watched.intervalMs, watched.lastS, atS);
    watched.lastS = atS;
    watched.usedS = usedS;
    const { watch } = watched;
    if (watch === null) return;
    watch.observe(atS * secondMs, value, this.context, watched.intervalMs);
    if (watch.firing) this.firing.add(watch);
  }
}

/** The sender's clock was ahead and has been set right: what comes now is no past. */
function forgetFuture(series: Series): void {
  series.lastS = never;
  series.pointMs = 0;
  delete series.counter;
  delete series.histogram;
  if (series.row !== null) series.row.lastS = never;
  for (const watched of Object.values(series.rows ?? {})) watched.lastS = never;
}

/** A pause counts little, so that one gap makes no slow series. */
function usualInterval(usualMs: number, fromS: number, toS: number): number {
  if (fromS === never) return usualMs;
  const passedMs = (toS - fromS) * secondMs;
  return usualMs === 0 ? passedMs : Math.round(usualMs + (Math.min(passedMs, 2 * usualMs) - usualMs) / 8);
}

function withCarried(series: Series, point: MetricPoint): MetricPoint {
  const { carried } = series;
  if (carried === undefined || point.kind === 'gauge') return point;
  delete series.carried;
  return point.temporality === 'delta' ? added(carried, point) : point;
}
