// Where the metric series of one environment are found: by service, instance, metric and attributes, one short text after the other, as a
// text that is put together for every point costs more than all of them. Memory is bounded: what does not fit is refused, before it
// costs anything. Instants are kept in whole seconds and short texts once, which is much of what a series takes.

import type { MetricPoint } from '../../observation.ts';
import type { CounterState } from '../aggregate/counters.ts';
import type { Delta } from '../aggregate/deltas.ts';
import type { HistogramState } from '../aggregate/histograms.ts';
import { labelText } from '../aggregate/labels.ts';
import type { DetectionConfig } from '../config.ts';
import { idleAfterMs } from '../paces.ts';
import type { MetricWatch } from './context.ts';

/** No second at all, and before all others; small, like them. */
export const never = -(2 ** 31);
const secondMs = 1_000;
const sweptPerTick = 2_000;

/** The rows of one series of history, and what watches them. */
export type Watched = {
  /** As history names it. */
  readonly metric: string;
  readonly watch: MetricWatch | null;
  /** Of its newest row. */
  lastS: number;
  lastValue: number;
  /** When it was last added to, by the receiver's clock. */
  usedS: number;
  /** How far its rows usually are apart; 0 before there are two. */
  intervalMs: number;
};

export type Suffix = '' | '.rate' | '.p50' | '.p95';

/** What the next point is compared with. */
export type Stream = { lastS: number; counter?: CounterState; histogram?: HistogramState };

/** The points of one series. */
export type Series = Stream & {
  readonly at: InstanceSeries;
  readonly metric: string;
  readonly attributes: string;
  usedS: number;
  /** How far its points usually are apart; 0 before there are two. */
  intervalMs: number;
  /** The newest point of its last second, in ms after the beginning of that. */
  pointMs: number;
  /** Points that came after newer ones: a collector that was cut off sends what it kept. History only. */
  late?: Stream;
  /** Delta points of a second that has a row: they count with the next one. */
  carried?: Delta;
  /** Of a level that is told by its changes. */
  level?: number;
  /** The rows that it makes, most often one. */
  row: Watched | null;
  /** For a histogram, one per suffix. */
  rows?: Partial<Record<Suffix, Watched>>;
};

/** The series of one instance of a service, by metric and attributes. */
export type InstanceSeries = {
  readonly of: ServiceSeries;
  readonly instance: string;
  readonly series: Map<string, Series>;
  readonly watched: Map<string, Watched>;
};

type ServiceSeries = {
  readonly service: string;
  readonly instances: Map<string, InstanceSeries>;
  /** How many series there are of all instances. */
  size: number;
  readonly metrics: Map<string, { readonly metric: string; labelSets: number }>;
};

type Limits = DetectionConfig['limits'];

export class SeriesIndex {
  private readonly services = new Map<string, ServiceSeries>();
  private series = 0;
  private watched = 0;
  private sweeping: Iterator<[InstanceSeries, string, Watched]> | null = null;
  private sweepingSeries: Iterator<Series> | null = null;
  /** Where the last point belonged: most come in the order of their instances. */
  private last: InstanceSeries | null = null;

  /** The series of a point, a new one where there is room. */
  admit(
    { scope, metric, attributes }: MetricPoint,
    receivedMs: number,
    limits: Limits,
  ): Series | 'series-limit' | 'label-set-limit' {
    const at = this.instance(scope.service, scope.resourceId ?? '');
    const labels = labelText(attributes);
    const known = at.series.get(keyOf(metric, labels));
    if (known !== undefined) return known;
    const refusal = this.makeRoomFor(at.of, metric, limits);
    if (refusal === null) return this.newSeries(scope.service, at.instance, metric, labels, receivedMs);
    this.tidy(at);
    return refusal;
  }

  /** Where the series of an instance are, made when first asked for. */
  instance(service: string, instance: string): InstanceSeries {
    const { last } = this;
    if (last !== null && last.instance === instance && last.of.service === service) return last;
    let of = this.services.get(service);
    if (of === undefined) {
      of = { service, instances: new Map(), size: 0, metrics: new Map() };
      this.services.set(service, of);
    }
    let at = of.instances.get(instance);
    if (at === undefined) {
      at = { of, instance, series: new Map(), watched: new Map() };
      of.instances.set(instance, at);
    }
    this.last = at;
    return at;
  }

  /** The rows of a series; `make` makes them when there are none. */
  watchedAt(at: InstanceSeries, metric: string, labels: string, make: () => Watched): Watched {
    const key = keyOf(metric, labels);
    let watched = at.watched.get(key);
    if (watched === undefined) {
      watched = make();
      at.watched.set(key, watched);
      this.watched += 1;
    }
    return watched;
  }

  /** The rows of a series, if there are any. */
  find(service: string, instance: string, metric: string, labels: string): Watched | undefined {
    return this.services.get(service)?.instances.get(instance)?.watched.get(keyOf(metric, labels));
  }

  get watchedCount(): number {
    return this.watched;
  }

  /** Forgets some of the series that have been without samples for long; call it regularly. `kept`: those that stay all the same. */
  sweep(
    nowMs: number,
    limits: Limits,
    kept: (watched: Watched, idleMs: number) => boolean,
    gone: (watched: Watched) => void,
  ): void {
    const { idleSeriesMs, seriesPerEnvironment } = limits;
    const crowded = this.series > seriesPerEnvironment / 2;
    this.sweeping ??= this.allWatched();
    for (let count = 0; count < sweptPerTick; count += 1) {
      const next = this.sweeping.next();
      if (next.done) {
        this.sweeping = null;
        break;
      }
      const [at, key, watched] = next.value;
      const idleMs = nowMs - watched.usedS * secondMs;
      if (idleMs <= idleAfterMs(idleSeriesMs, watched.intervalMs, crowded) || kept(watched, idleMs)) continue;
      at.watched.delete(key);
      this.watched -= 1;
      gone(watched);
      this.tidy(at);
    }
    this.sweepingSeries ??= this.allSeries();
    for (let count = 0; count < sweptPerTick; count += 1) {
      const next = this.sweepingSeries.next();
      if (next.done) {
        this.sweepingSeries = null;
        break;
      }
      const { usedS, intervalMs } = next.value;
      if (nowMs - usedS * secondMs > idleAfterMs(idleSeriesMs, intervalMs, crowded)) this.drop(next.value);
    }
  }

  /** A service that had to go, with all of its series. */
  forget(service: string, gone: (watched: Watched) => void): void {
    const of = this.services.get(service);
    if (of === undefined) return;
    for (const at of of.instances.values()) {
      for (const watched of at.watched.values()) gone(watched);
      this.watched -= at.watched.size;
      this.series -= at.series.size;
    }
    this.services.delete(service);
    this.last = null;
  }

  private makeRoomFor(
    of: ServiceSeries,
    metric: string,
    limits: Limits,
  ): 'series-limit' | 'label-set-limit' | null {
    const labelSets = of.metrics.get(metric)?.labelSets ?? 0;
    if (labelSets >= limits.labelSetsPerMetric) return 'label-set-limit';
    if (this.series < limits.seriesPerEnvironment) return null;
    // Whoever holds more than half of everything gets no more; others get room at their expense.
    if (of.size > limits.seriesPerEnvironment / 2) return 'series-limit';
    this.makeRoom();
    return null;
  }

  private newSeries(
    service: string,
    instance: string,
    name: string,
    attributes: string,
    receivedMs: number,
  ): Series {
    const at = this.instance(service, instance);
    const { of } = at;
    const known = of.metrics.get(name) ?? { metric: name, labelSets: 0 };
    const { metric } = known;
    known.labelSets += 1;
    of.metrics.set(metric, known);
    const usedS = Math.floor(receivedMs / secondMs);
    const series: Series = {
      at,
      metric,
      attributes,
      lastS: never,
      usedS,
      intervalMs: 0,
      pointMs: 0,
      row: null,
    };
    at.series.set(keyOf(metric, attributes), series);
    of.size += 1;
    this.series += 1;
    return series;
  }

  private drop({ at, metric, attributes }: Series): void {
    if (!at.series.delete(keyOf(metric, attributes))) return;
    const { of } = at;
    of.size -= 1;
    this.series -= 1;
    const same = of.metrics.get(metric);
    if (same !== undefined) same.labelSets -= 1;
    if (same?.labelSets === 0) of.metrics.delete(metric);
    this.tidy(at);
  }

  /** Nothing is kept of instances and services without series. */
  private tidy(at: InstanceSeries): void {
    if (at.series.size > 0 || at.watched.size > 0) return;
    const { of } = at;
    if (of.instances.get(at.instance) === at) of.instances.delete(at.instance);
    if (of.instances.size === 0 && this.services.get(of.service) === of) this.services.delete(of.service);
    if (this.last === at) this.last = null;
  }

  /** The service with the most series loses its oldest: one that makes up labels pushes out its own. */
  private makeRoom(): void {
    let most: ServiceSeries | undefined;
    for (const of of this.services.values()) if (of.size > (most?.size ?? 0)) most = of;
    for (const { series } of most?.instances.values() ?? []) {
      const [oldest] = series.values();
      if (oldest === undefined) continue;
      this.drop(oldest);
      return;
    }
  }

  private *allSeries(): Generator<Series, void> {
    for (const { instances } of this.services.values())
      for (const { series } of instances.values()) yield* series.values();
  }

  private *allWatched(): Generator<[InstanceSeries, string, Watched], void> {
    for (const { instances } of this.services.values())
      for (const at of instances.values()) for (const [key, watched] of at.watched) yield [at, key, watched];
  }
}

function keyOf(metric: string, labels: string): string {
  return labels === '' ? metric : `${metric}\u0000${labels}`;
}
