// Calls of services that send metrics but no spans: the server's own duration histograms, all label sets together, make the
// same call buckets that spans would. A service that is being moved to new names may send one histogram under both: it
// counts once.

import { metricNow, toMilliseconds } from '../../conventions.ts';
import { callFailed } from '../../failed-call.ts';
import type { HistogramPoint } from '../../observation.ts';
import type { CallBucket } from '../../telemetry.ts';
import {
  type Buckets,
  type HistogramIncrease,
  histogramAbove,
  histogramQuantile,
  together,
} from './histograms.ts';

type Served = Buckets & {
  readonly count: number;
  readonly errors: number;
  /** The longest time that one of them took. */
  readonly intervalMs: number;
};
type Second = {
  readonly atMs: number;
  readonly service: string;
  readonly instance: string;
  /** By metric; bounds are in milliseconds. */
  readonly served: Map<string, Served>;
};

export class ServedRequests {
  private readonly open = new Map<string, Second>();
  /** From when on a call served by a service is slow. */
  private readonly slowFrom: (service: string) => number;

  constructor(slowFrom: (service: string) => number) {
    this.slowFrom = slowFrom;
  }

  add(point: HistogramPoint, increase: HistogramIncrease, atMs: number): void {
    const { count, elapsedMs: intervalMs, bucketCounts } = increase;
    const { service, resourceId: instance = '' } = point.scope;
    const key = `${service}\u0000${instance}\u0000${atMs}`;
    let second = this.open.get(key);
    if (second === undefined) {
      second = { atMs, service, instance, served: new Map() };
      this.open.set(key, second);
    }
    const toMs = toMilliseconds(point.metric, point.unit);
    const errors = callFailed('server', 'unset', point.attributes) ? count : 0;
    const bounds = increase.bounds.map((bound) => bound * toMs);
    const given = { count, errors, intervalMs, bounds, bucketCounts };
    const before = second.served.get(point.metric);
    second.served.set(point.metric, before === undefined ? given : both(before, given));
  }

  close(): CallBucket[] {
    const rows = [...this.open.values()].map(({ atMs, service, instance, served }) => {
      const metrics = [...served.keys()].filter(
        (name) => name === metricNow(name) || !served.has(metricNow(name)),
      );
      const all = metrics.map((name) => served.get(name) as Served).reduce(both);
      const latencyP50Ms = histogramQuantile(0.5, all) ?? 0;
      const latencyP95Ms = histogramQuantile(0.95, all) ?? 0;
      const { count, errors, intervalMs } = all;
      // Without spans nobody knows what a call waited for: all of it counts as its own.
      const slowMs = this.slowFrom(service);
      const slow = Number.isFinite(slowMs) ? Math.round(histogramAbove(slowMs, all)) : 0;
      const own = { ownErrors: errors, selfTimeP50Ms: latencyP50Ms };
      const calls = { count, errors, latencyP50Ms, latencyP95Ms, ...own, intervalMs };
      const missed = slow > 0 ? { slow } : {};
      return { atMs, service, instance, side: 'server', peer: '', ...calls, ...missed } as const;
    });
    this.open.clear();
    return rows;
  }
}

function both(one: Served, other: Served): Served {
  return {
    count: one.count + other.count,
    errors: one.errors + other.errors,
    intervalMs: Math.max(one.intervalMs, other.intervalMs),
    ...together(one, other),
  };
}
