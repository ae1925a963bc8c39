// What the engine hands back from every call, and the closed set of reasons why it dropped something.

import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';
import type { Anomaly } from './anomaly.ts';

export type EnvironmentRows = {
  readonly environment: string;
  readonly calls: readonly CallBucket[];
  readonly metrics: readonly MetricBucket[];
  readonly logs: readonly LogBucket[];
};

/** A call between two services that was not seen before in this process. */
export type NewEdge = { readonly environment: string; readonly caller: string; readonly callee: string };

export const dropReasons = [
  /** A span whose second was already closed. */
  'late-span',
  /** A span that was already seen (a repeated export). */
  'duplicate-span',
  /** A point not newer than the last one of its series (a repeated export, or more than one in a second). */
  'stale-point',
  /** NaN, infinities, negative durations, instants further away than the configured limit. */
  'bad-value',
  'far-timestamp',
  /** Limits of memory: see `limits` in the configuration. */
  'series-limit',
  'label-set-limit',
  'service-limit',
  'environment-limit',
  'peer-limit',
  /** The span is counted in its bucket, but not kept to explain other spans. */
  'trace-limit',
  /** An anomaly of a service that already shows the maximal number of log anomalies. */
  'log-anomaly-limit',
] as const;
export type DropReason = (typeof dropReasons)[number];

export type DetectionOutput = {
  /** One entry per environment that has rows, ready for history. */
  readonly rows: readonly EnvironmentRows[];
  readonly anomalies: readonly Anomaly[];
  readonly edges: readonly NewEdge[];
  /** What was dropped since the last output; reasons that did not occur are left out. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
};

/** Counts what is dropped until somebody takes the figures. */
export class DropCounter {
  private counts: Partial<Record<DropReason, number>> = {};

  add(reason: DropReason, count = 1): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + count;
  }

  take(): Partial<Record<DropReason, number>> {
    const taken = this.counts;
    this.counts = {};
    return taken;
  }
}
