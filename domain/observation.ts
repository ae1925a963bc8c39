// One thing seen, as every way in (OTLP, Kafka, events) hands it to the pipeline.
// All instants are milliseconds since the Unix epoch, as the sender's clock had them.

import type { Scope, Severity } from './scope.ts';

export type Attributes = Readonly<Record<string, string>>;

/** A sampled value (gauge, or a non-monotonic sum). */
export type GaugePoint = {
  readonly kind: 'gauge';
  readonly scope: Scope;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  readonly atMs: number;
  readonly value: number;
  /** The value is what the level changed by since the point before (a non-monotonic sum of delta temporality). */
  readonly isChange?: true;
};

/** A monotonic counter; `startMs` changes when the process that counts restarts. */
export type CounterPoint = {
  readonly kind: 'counter';
  readonly scope: Scope;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  readonly atMs: number;
  readonly startMs: number;
  readonly temporality: 'delta' | 'cumulative';
  readonly value: number;
};

/** A histogram: `bucketCounts` has one entry more than `bounds` (the last is the overflow bucket). */
export type HistogramPoint = {
  readonly kind: 'histogram';
  readonly scope: Scope;
  readonly metric: string;
  readonly unit: string;
  readonly attributes: Attributes;
  readonly atMs: number;
  readonly startMs: number;
  readonly temporality: 'delta' | 'cumulative';
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly bucketCounts: readonly number[];
};

export type LogRecord = {
  readonly kind: 'log';
  readonly scope: Scope;
  readonly atMs: number;
  /** OpenTelemetry severity number, 1 (trace) to 24 (fatal); 17 and above are errors. */
  readonly severityNumber: number;
  readonly body: string;
  readonly attributes: Attributes;
  /** Somebody else says it about the service: no sign that the service itself is alive. */
  readonly fromOutside?: true;
};

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

export type SpanSummary = {
  readonly kind: 'span';
  readonly scope: Scope;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly spanKind: SpanKind;
  readonly name: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly error: boolean;
  /** For client and producer spans: who was called (`service.peer.name`, else `server.address`). */
  readonly peer?: string;
  readonly release?: string;
};

/** A change somebody made: release, configuration, scale. Evidence for diagnosis, never an anomaly itself. */
export type ChangeEvent = {
  readonly kind: 'change';
  readonly id: string;
  readonly type: string;
  readonly environment: string;
  readonly service: string;
  readonly atMs: number;
  readonly summary: string;
  readonly attributes: Attributes;
};

/** An anomaly that somebody else's system already judged. */
export type AlertEvent = {
  readonly kind: 'alert';
  readonly id: string;
  readonly status: 'firing' | 'resolved';
  readonly scope: Scope;
  readonly atMs: number;
  readonly severity: Severity;
  readonly title: string;
  readonly source: string;
  readonly attributes: Attributes;
  /** All that the sender says in labels; absent: its attributes are that. */
  readonly labels?: Attributes;
};

export type MetricPoint = GaugePoint | CounterPoint | HistogramPoint;
export type TelemetryObservation = MetricPoint | LogRecord | SpanSummary;
export type EventObservation = ChangeEvent | AlertEvent;
export type Observation = TelemetryObservation | EventObservation;
