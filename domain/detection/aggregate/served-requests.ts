// Calls of services that send metrics but no spans: the server's own duration histogram, all label sets together, makes
// the same call buckets that spans would.

import { callFailed } from '../../failed-call.ts';
import type { HistogramPoint } from '../../observation.ts';
import type { CallBucket } from '../../telemetry.ts';
import { type HistogramIncrease, histogramQuantile } from './histograms.ts';

type Served = {
  readonly atMs: number;
  readonly service: string;
  readonly instance: string;
  readonly bounds: readonly number[];
  readonly bucketCounts: number[];
  readonly toMs: number;
  intervalMs: number;
  count: number;
  errors: number;
};

const millisecondsPer: Readonly<Record<string, number>> = { s: 1000, us: 1e-3, ns: 1e-6 };

export class ServedRequests {
  private readonly open = new Map<string, Served>();

  add(
    point: HistogramPoint,
    { count, elapsedMs, bounds, bucketCounts }: HistogramIncrease,
    atMs: number,
  ): void {
    const { service, resourceId: instance = '' } = point.scope;
    const key = `${service}\u0000${instance}\u0000${atMs}`;
    let served = this.open.get(key);
    if (served === undefined) {
      const counts = new Array<number>(bucketCounts.length).fill(0);
      const toMs = millisecondsPer[point.unit] ?? 1;
      served = {
        atMs,
        service,
        instance,
        bounds,
        bucketCounts: counts,
        toMs,
        intervalMs: 0,
        count: 0,
        errors: 0,
      };
      this.open.set(key, served);
    }
    served.intervalMs = Math.max(served.intervalMs, elapsedMs);
    served.count += count;
    if (callFailed('server', 'unset', point.attributes)) served.errors += count;
    if (served.bucketCounts.length !== bucketCounts.length) return;
    for (const [index, value] of bucketCounts.entries())
      served.bucketCounts[index] = (served.bucketCounts[index] ?? 0) + value;
  }

  close(): CallBucket[] {
    const rows = [...this.open.values()].map((served) => {
      const { atMs, service, instance, count, errors, toMs, intervalMs } = served;
      const latencyP50Ms = (histogramQuantile(0.5, served) ?? 0) * toMs;
      const latencyP95Ms = (histogramQuantile(0.95, served) ?? 0) * toMs;
      // Without spans nobody knows what a call waited for: all of it counts as its own.
      const own = { ownErrors: errors, selfTimeP50Ms: latencyP50Ms };
      return {
        atMs,
        service,
        instance,
        side: 'server',
        peer: '',
        count,
        errors,
        latencyP50Ms,
        latencyP95Ms,
        ...own,
        intervalMs,
      } as const;
    });
    this.open.clear();
    return rows;
  }
}
