// All metric series of one environment: points become rows of history, and rows are watched. Memory is bounded; what
// does not fit is counted and refused, before it costs anything.

import type { CounterPoint, GaugePoint, HistogramPoint, MetricPoint } from '../../observation.ts';
import type { MetricBucket } from '../../telemetry.ts';
import { type CounterState, counterIncrease } from '../aggregate/counters.ts';
import { added, type Delta, levelAfter } from '../aggregate/deltas.ts';
import {
  type HistogramIncrease,
  type HistogramState,
  histogramIncrease,
  histogramQuantile,
} from '../aggregate/histograms.ts';
import { labelText } from '../aggregate/labels.ts';
import type { DropCounter } from '../output.ts';
import { idleAfterMs } from '../paces.ts';
import { signalOf } from '../signals.ts';
import { type MetricWatch, type WatchContext, watchKey } from './context.ts';
import { createWatch } from './create-watch.ts';
import { NoteWatch } from './note-watch.ts';

const secondMs = 1000;
const sweptPerTick = 2_000;
/** A series this far ahead of our clock, of which an older point comes, had a wrong clock. */
const clockJumpMs = 60_000;

type Watched = {
  readonly key: string;
  readonly watch: MetricWatch | null;
  lastMs: number;
  lastValue: number;
  usedMs: number;
  /** How far its rows usually are apart; 0 before there are two. */
  intervalMs: number;
};
type Suffix = '' | '.rate' | '.p50' | '.p95';
/** What the next point is compared with. */
type Stream = { lastMs: number; counter?: CounterState; histogram?: HistogramState };
type Series = Stream & {
  readonly service: string;
  readonly metric: string;
  readonly attributes: string;
  usedMs: number;
  /** How far its points usually are apart; 0 before there are two. */
  intervalMs: number;
  /** The newest point of `lastMs`, when there were several. */
  pointMs?: number;
  /** Points that came after newer ones: a collector that was cut off sends what it kept. History only. */
  late?: Stream;
  /** Delta points of a second that has a row: they count with the next one. */
  carried?: Delta;
  /** Of a level that is told by its changes. */
  level?: number;
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
  private readonly seriesOf = new Map<string, Set<string>>();
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

  /** Takes a point and adds the rows it makes. Null when it has an effect, or had it before. */
  add(
    given: MetricPoint,
    receivedMs: number,
    rows: MetricBucket[],
    seen: HistogramSeen,
  ): 'series-limit' | 'label-set-limit' | null {
    const series = this.admit(given, receivedMs);
    if (typeof series === 'string') return series;
    const atMs = Math.floor(given.atMs / secondMs) * secondMs;
    series.usedMs = receivedMs;
    if (series.lastMs > receivedMs + clockJumpMs && given.atMs <= receivedMs) this.forgetFuture(series);
    if (given.kind === 'gauge' && given.isChange === true) {
      this.change(series, given, atMs, rows);
      return null;
    }
    if (atMs === series.lastMs) {
      this.again(series, given, atMs, rows);
      return null;
    }
    if (atMs < series.lastMs) {
      this.lateRows(series, given, atMs, rows);
      return null;
    }
    const point = withCarried(series, given);
    series.intervalMs = usualInterval(series.intervalMs, atMs - series.lastMs);
    series.lastMs = atMs;
    series.pointMs = given.atMs;
    switch (point.kind) {
      case 'gauge':
        this.row(series, point, '', atMs, point.value, rows);
        return null;
      case 'counter':
        this.counter(series, series, point, atMs, rows);
        return null;
      case 'histogram':
        this.histogram(series, series, point, atMs, rows, seen);
        return null;
    }
  }

  /** One more point of a second: a gauge's last value stands; a cumulative one is covered by the next, a delta counts with it. */
  private again(series: Series, point: MetricPoint, atMs: number, rows: MetricBucket[]): void {
    const newer = point.atMs > (series.pointMs ?? series.lastMs);
    series.pointMs = Math.max(point.atMs, series.pointMs ?? series.lastMs);
    if (!newer) this.drops.add('stale-point');
    else if (point.kind === 'gauge') this.row(series, point, '', atMs, point.value, rows);
    else if (point.temporality === 'delta') series.carried = added(series.carried, point);
    else this.drops.add('stale-point');
  }

  /** A level by its changes, from what history has of it or else from zero. Each counts once. */
  private change(series: Series, point: GaugePoint, atMs: number, rows: MetricBucket[]): void {
    const told = this.watched.get(series.key);
    const isKnown =
      series.level === undefined
        ? atMs <= (told?.lastMs ?? Number.NEGATIVE_INFINITY)
        : point.atMs <= (series.pointMs ?? Number.NEGATIVE_INFINITY);
    if (isKnown) {
      this.drops.add('stale-point');
      return;
    }
    const now = levelAfter(series.level ?? told?.lastValue ?? 0, point);
    series.level = now.value;
    if (atMs > series.lastMs) series.intervalMs = usualInterval(series.intervalMs, atMs - series.lastMs);
    series.lastMs = atMs;
    series.pointMs = point.atMs;
    this.row(series, now, '', atMs, now.value, rows);
  }

  /** Rows of the past. One that was written already is replaced by itself, so going back once more is harmless. */
  private lateRows(series: Series, point: MetricPoint, atMs: number, rows: MetricBucket[]): void {
    let late = series.late;
    if (late === undefined || atMs <= late.lastMs) {
      late = { lastMs: atMs };
      series.late = late;
    }
    late.lastMs = atMs;
    if (point.kind === 'gauge') this.row(series, point, '', atMs, point.value, rows);
    else if (point.kind === 'counter') this.counter(series, late, point, atMs, rows);
    else this.histogram(series, late, point, atMs, rows, () => {});
  }

  /** The sender's clock was ahead and has been set right: what comes now is no past. */
  private forgetFuture(series: Series): void {
    series.lastMs = Number.NEGATIVE_INFINITY;
    delete series.pointMs;
    delete series.counter;
    delete series.histogram;
    for (const watched of Object.values(series.watched ?? {})) watched.lastMs = Number.NEGATIVE_INFINITY;
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
    const { idleSeriesMs, seriesPerEnvironment } = this.context.config.limits;
    const crowded = this.series.size > seriesPerEnvironment / 2;
    const { forgetMs } = this.context.config.absence;
    this.sweeping ??= this.watched.entries();
    for (let count = 0; count < sweptPerTick; count += 1) {
      const next = this.sweeping.next();
      if (next.done) {
        this.sweeping = null;
        break;
      }
      const [key, { watch, usedMs, intervalMs }] = next.value;
      const idleMs = nowMs - usedMs;
      if (idleMs <= idleAfterMs(idleSeriesMs, intervalMs, crowded) || (watch?.firing && idleMs <= forgetMs))
        continue;
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
      const [key, { usedMs, intervalMs }] = next.value;
      if (nowMs - usedMs > idleAfterMs(idleSeriesMs, intervalMs, crowded)) this.dropSeries(key);
    }
  }

  /** A service that had to go, with all of its series. */
  forget(service: string): void {
    for (const key of [...(this.seriesOf.get(service) ?? [])]) {
      for (const watched of Object.values(this.series.get(key)?.watched ?? {})) {
        if (watched.watch !== null) this.firing.delete(watched.watch);
        if (watched.watch instanceof NoteWatch) watched.watch.forget(this.context);
        this.watched.delete(watched.key);
      }
      this.dropSeries(key);
    }
  }

  private dropSeries(key: string): void {
    const series = this.series.get(key);
    if (series === undefined) return;
    const { service, metric } = series;
    this.series.delete(key);
    const sets = labelSetKey(service, metric);
    const left = (this.labelSets.get(sets) ?? 1) - 1;
    if (left > 0) this.labelSets.set(sets, left);
    else this.labelSets.delete(sets);
    const own = this.seriesOf.get(service);
    own?.delete(key);
    if (own?.size === 0) this.seriesOf.delete(service);
  }

  /** The service with the most series loses its oldest: one that makes up labels pushes out its own. */
  private makeRoom(): void {
    let most: Set<string> | undefined;
    for (const own of this.seriesOf.values()) if (own.size > (most?.size ?? 0)) most = own;
    const [oldest] = most ?? [];
    if (oldest !== undefined) this.dropSeries(oldest);
  }

  /** A rate; but restarts are judged as they are counted. */
  private counter(
    series: Series,
    stream: Stream,
    point: CounterPoint,
    atMs: number,
    rows: MetricBucket[],
  ): void {
    if (point.temporality === 'cumulative' && signalOf(point.metric).role === 'restarts') {
      this.row(series, point, '', atMs, point.value, rows);
      return;
    }
    const grown = counterIncrease(stream.counter, point);
    const { startMs, value } = point;
    stream.counter = { atMs: point.atMs, startMs, value };
    if (grown !== null)
      this.row(series, point, '.rate', atMs, (grown.increase * 1000) / grown.elapsedMs, rows);
  }

  private histogram(
    series: Series,
    stream: Stream,
    point: HistogramPoint,
    atMs: number,
    rows: MetricBucket[],
    seen: HistogramSeen,
  ): void {
    const grown = histogramIncrease(stream.histogram, point);
    const { startMs, count, bounds, bucketCounts } = point;
    stream.histogram = { atMs: point.atMs, startMs, count, bounds, bucketCounts };
    if (grown === null) return;
    this.row(series, point, '.rate', atMs, (grown.count * 1000) / grown.elapsedMs, rows);
    const p50 = histogramQuantile(0.5, grown);
    const p95 = histogramQuantile(0.95, grown);
    if (p50 !== null) this.row(series, point, '.p50', atMs, p50, rows);
    if (p95 !== null) this.row(series, point, '.p95', atMs, p95, rows);
    if (grown.count > 0) seen(point, grown, atMs, series.usedMs);
  }

  private admit(point: MetricPoint, receivedMs: number): Series | 'series-limit' | 'label-set-limit' {
    const { scope, metric } = point;
    const attributes = labelText(point.attributes);
    const key = watchKey(scope.service, scope.resourceId ?? '', metric, attributes);
    const known = this.series.get(key);
    if (known !== undefined) return known;
    const { limits } = this.context.config;
    const sets = labelSetKey(scope.service, metric);
    const labelSets = this.labelSets.get(sets) ?? 0;
    if (labelSets >= limits.labelSetsPerMetric) return 'label-set-limit';
    if (this.series.size >= limits.seriesPerEnvironment) {
      // Whoever holds more than half of everything gets no more; others get room at their expense.
      const own = this.seriesOf.get(scope.service)?.size ?? 0;
      if (own > limits.seriesPerEnvironment / 2) return 'series-limit';
      this.makeRoom();
    }
    this.labelSets.set(sets, labelSets + 1);
    const lastMs = Number.NEGATIVE_INFINITY;
    const { service } = scope;
    const series: Series = {
      key,
      service,
      metric,
      attributes,
      lastMs,
      usedMs: receivedMs,
      intervalMs: 0,
      watched: null,
    };
    this.series.set(key, series);
    const own = this.seriesOf.get(service) ?? new Set();
    this.seriesOf.set(service, own.add(key));
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
      const source = { environment: this.environment, service, instance, metric, attributes };
      const watch = createWatch(source, this.context.config.rules);
      watched = { key, watch, lastMs: Number.NEGATIVE_INFINITY, lastValue: 0, usedMs, intervalMs: 0 };
      this.watched.set(key, watched);
    }
    return watched;
  }

  private observe(watched: Watched, row: MetricBucket, usedMs: number): void {
    if (row.atMs >= watched.lastMs) watched.lastValue = row.value;
    if (row.atMs <= watched.lastMs) return;
    watched.intervalMs = usualInterval(watched.intervalMs, row.atMs - watched.lastMs);
    watched.lastMs = row.atMs;
    watched.usedMs = usedMs;
    const { watch } = watched;
    if (watch === null) return;
    watch.observe(row.atMs, row.value, this.context, watched.intervalMs);
    if (watch.firing) this.firing.add(watch);
  }
}

/** A pause counts little, so that one gap makes no slow series. */
function usualInterval(usualMs: number, passedMs: number): number {
  if (!Number.isFinite(passedMs)) return usualMs;
  return usualMs === 0 ? passedMs : usualMs + (Math.min(passedMs, 2 * usualMs) - usualMs) / 8;
}

function withCarried(series: Series, point: MetricPoint): MetricPoint {
  const { carried } = series;
  if (carried === undefined || point.kind === 'gauge') return point;
  delete series.carried;
  return point.temporality === 'delta' ? added(carried, point) : point;
}

function labelSetKey(service: string, metric: string): string {
  return `${service}\u0000${metric}`;
}
