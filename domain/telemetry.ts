// Telemetry as history keeps it and analysis reads it: one-second buckets, written by ingest, queried by activities.

/** One second (or `stepMs`) of calls seen at one side of one edge. `peer` is empty for the server side. */
export type CallBucket = {
  readonly atMs: number;
  readonly service: string;
  readonly instance: string;
  readonly side: 'server' | 'client';
  readonly peer: string;
  readonly count: number;
  readonly errors: number;
  /** Server side: errors not explained by a failing call of its own to somebody else. */
  readonly ownErrors: number;
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  /** Server side: p50 of the time not spent waiting for calls to others. */
  readonly selfTimeP50Ms: number;
  /** Server side, of a service with an objective for latency: calls that took longer than it allows. */
  readonly slow?: number;
  /** The time before `atMs` in which these calls were, where they were counted by somebody else. Default: the second from `atMs` on. */
  readonly intervalMs?: number;
};

export type MetricBucket = {
  readonly atMs: number;
  readonly service: string;
  readonly instance: string;
  readonly metric: string;
  readonly attributes: string;
  readonly value: number;
};

export type LogBucket = {
  readonly atMs: number;
  readonly service: string;
  readonly templateId: string;
  readonly template: string;
  readonly severityNumber: number;
  readonly count: number;
  /** Somebody else said all of it about the service: no sign that the service itself was alive. */
  readonly fromOutside?: true;
  /** Templates that have become this one: what was usual for them is usual for it. Told by detection, not kept in history. */
  readonly replaces?: readonly string[];
};
