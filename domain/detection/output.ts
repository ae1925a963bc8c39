// What the engine hands back from every call, and the closed set of reasons why it dropped something.

import type { TelemetryObservation } from '../observation.ts';
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
  /** A span of a second whose calls are in history already. */
  'late-span',
  /** A span that was already seen (a repeated export). */
  'duplicate-span',
  /** A point of a second that its series has already (a repeated export, or a counter that the next point covers). */
  'stale-point',
  /** NaN, infinities, negative durations. */
  'bad-value',
  /** Limits of memory: see `limits` in the configuration. */
  'series-limit',
  'label-set-limit',
  'service-limit',
  'environment-limit',
  'peer-limit',
  /** The span is counted in its bucket, but not kept to explain other spans. */
  'trace-limit',
  /** Rows of senders whose clock is ahead, waiting to be judged: these are in history, and not judged. */
  'ahead-limit',
  /** An anomaly of a service that already shows the maximal number of log anomalies. */
  'log-anomaly-limit',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** Why an observation has no effect at all; a repeated one had it before. */
export type Refusal = Extract<
  DropReason,
  'late-span' | 'bad-value' | 'series-limit' | 'label-set-limit' | 'service-limit' | 'environment-limit'
>;

export type Refused = {
  readonly reason: Refusal;
  readonly count: number;
  readonly first: TelemetryObservation;
};

export type DetectionOutput = {
  /** One entry per environment that has rows, ready for history. */
  readonly rows: readonly EnvironmentRows[];
  readonly anomalies: readonly Anomaly[];
  readonly edges: readonly NewEdge[];
  /** What was dropped since the last output; reasons that did not occur are left out. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** What was just observed and has no effect; absent when there is none. */
  readonly refused?: readonly Refused[];
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
