// Telemetry history: buckets for the charts of a page, series for the API.

import type { ResourceSample } from '../../domain/infrastructure/usage.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../domain/telemetry.ts';

type HistoryRange = { readonly environment: string; readonly fromMs: number; readonly toMs: number };

/** Telemetry history, bucket by bucket; throws when it cannot be reached. */
export interface TelemetryHistory {
  calls(range: HistoryRange, services?: readonly string[]): Promise<readonly CallBucket[]>;
  metrics(range: HistoryRange, services?: readonly string[]): Promise<readonly MetricBucket[]>;
  logs(range: HistoryRange, services?: readonly string[]): Promise<readonly LogBucket[]>;
  environments(sinceMs: number): Promise<readonly string[]>;
}

export const seriesKinds = ['calls', 'metrics', 'logs'] as const;

export type SeriesKind = (typeof seriesKinds)[number];

export type SeriesQuery = {
  readonly kind: SeriesKind;
  readonly environment: string;
  readonly service: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Samples of one step become one point. */
  readonly stepMs: number;
  /** Only this metric; for the kind `metrics`. */
  readonly metric?: string;
};

export type Series = {
  /** What the values are: `calls`, `errors`, `latencyP95Ms`, a metric's name, a log template. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly atMs: number; readonly value: number }[];
};

/** Telemetry history for people. Throws an error named `HistoryUnavailable` when it cannot be read. */
export interface SeriesReader {
  /** `truncated`: there was more than one answer holds, and the oldest is missing. */
  series(query: SeriesQuery): Promise<{ series: readonly Series[]; truncated: boolean }>;
  /** The latest sample since then of every series of these metrics, in all environments. */
  latest(metrics: readonly string[], sinceMs: number): Promise<readonly ResourceSample[]>;
}
