// What the watches of one environment share: configuration, where anomalies go, capacities and replica counts.

import type { DetectionConfig } from '../config.ts';
import type { RobustWindow } from '../detectors/robust-window.ts';
import type { RecalledLearning } from '../learnt/recalled.ts';
import type { AnomalySink } from '../lifecycle.ts';

/** One metric series and where it comes from. */
export type MetricSource = {
  readonly environment: string;
  readonly service: string;
  /** Empty when the series is about the whole service. */
  readonly instance: string;
  readonly metric: string;
  readonly attributes: string;
};

/** A limit, or what is left, of a capacity; the usage is a series of its own. */
export type Capacity = { limit?: number; free?: number };

export type Replicas = {
  desired?: number;
  /** What was asked for before it was raised, while the new ones may still be starting. */
  before?: number;
  raisedMs: number;
};

export type WatchContext = {
  readonly config: DetectionConfig;
  readonly sink: AnomalySink;
  readonly capacities: Map<string, Capacity>;
  readonly replicas: Map<string, Replicas>;
  /** By service, metric and attributes: what is normal for the instances so far. */
  readonly siblings: Map<string, RobustWindow>;
  readonly learnt: RecalledLearning;
};

/** A metric series under watch. */
export interface MetricWatch {
  readonly source: MetricSource;
  /** Takes one sample; samples come in order. `intervalMs`: how far they usually are apart, 0 while that is not known. */
  observe(atMs: number, value: number, context: WatchContext, intervalMs: number): void;
  readonly firing: boolean;
  /** True while the last samples deviate, found or not. */
  readonly suspicious: boolean;
  /** Its instance is gone, and another one does without the symptom: what fires is over. */
  abandon(atMs: number, context: WatchContext): void;
  announce(context: WatchContext): void;
}

/** Asked for every point: text that is put together at once costs half of a list that is joined. */
export function watchKey(first: string, second: string, third?: string, fourth?: string): string {
  const two = `${first}\u0000${second}`;
  if (third === undefined) return two;
  return fourth === undefined ? `${two}\u0000${third}` : `${two}\u0000${third}\u0000${fourth}`;
}

export function scopeOf(source: MetricSource) {
  const { environment, service, instance } = source;
  return instance === '' ? { environment, service } : { environment, service, resourceId: instance };
}
