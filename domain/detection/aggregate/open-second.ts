// One second of calls of one instance while it is open: spans first, folded into figures when the second is closed (the
// spans that explain them have arrived by then), or earlier when there are very many.

import type { SpanSummary } from '../../observation.ts';
import type { CallBucket } from '../../telemetry.ts';
import { LatencySample } from './latency-sample.ts';

/** What is known of a call beyond its own span. */
export type Explained = { readonly peer: string; readonly ownError: boolean; readonly selfTimeMs: number };

type Figures = {
  readonly side: 'server' | 'client';
  readonly peer: string;
  count: number;
  errors: number;
  ownErrors: number;
  slow: number;
  readonly latencies: LatencySample;
  readonly selfTimes: LatencySample;
};

const maxPending = 2_048;

export class OpenSecond {
  readonly atMs: number;
  /** A served call that takes longer is slow. */
  private readonly slowMs: number;
  private pending: SpanSummary[] = [];
  private readonly figures = new Map<string, Figures>();

  constructor(atMs: number, slowMs = Number.POSITIVE_INFINITY) {
    this.atMs = atMs;
    this.slowMs = slowMs;
  }

  add(span: SpanSummary, explain: (span: SpanSummary) => Explained): void {
    this.pending.push(span);
    if (this.pending.length >= maxPending) this.fold(explain);
  }

  close(service: string, instance: string, explain: (span: SpanSummary) => Explained): CallBucket[] {
    this.fold(explain);
    return [...this.figures.values()].map((figures) => {
      const [latencyP50Ms = 0, latencyP95Ms = 0] = figures.latencies.quantiles(0.5, 0.95);
      const [selfTimeP50Ms = 0] = figures.selfTimes.quantiles(0.5);
      const { side, peer, count, errors, ownErrors, slow } = figures;
      return {
        atMs: this.atMs,
        service,
        instance,
        side,
        peer,
        count,
        errors,
        ownErrors,
        latencyP50Ms,
        latencyP95Ms,
        selfTimeP50Ms,
        ...(slow > 0 ? { slow } : {}),
      };
    });
  }

  private fold(explain: (span: SpanSummary) => Explained): void {
    for (const span of this.pending) {
      const side = sideOf(span);
      if (side === null) continue;
      const { peer, ownError, selfTimeMs } = explain(span);
      const key = `${side}|${peer}`;
      let figures = this.figures.get(key);
      if (figures === undefined) {
        const latencies = new LatencySample();
        figures = {
          side,
          peer,
          count: 0,
          errors: 0,
          ownErrors: 0,
          slow: 0,
          latencies,
          selfTimes: new LatencySample(),
        };
        this.figures.set(key, figures);
      }
      figures.count += 1;
      if (span.error) figures.errors += 1;
      if (ownError) figures.ownErrors += 1;
      figures.latencies.add(span.durationMs);
      if (side !== 'server') continue;
      figures.selfTimes.add(selfTimeMs);
      if (span.durationMs > this.slowMs) figures.slow += 1;
    }
    this.pending = [];
  }
}

/** Which side of a call the span stands for; null for work inside of one. Work without a parent was asked for by nobody. */
export function sideOf(span: SpanSummary): 'server' | 'client' | null {
  switch (span.spanKind) {
    case 'server':
    case 'consumer':
      return 'server';
    case 'client':
    case 'producer':
      return 'client';
    case 'internal':
      return span.parentSpanId === undefined ? 'server' : null;
  }
}
