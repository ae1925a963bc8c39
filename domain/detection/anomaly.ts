// A detector's finding about one series: the only thing detection hands on.

import type { Common } from '../alerts/common.ts';
import type { Scope, Severity } from '../scope.ts';

/** What kind of symptom the series shows; diagnosis and severity reason over these, never over metric names. */
export const signalKinds = [
  'errors',
  'latency',
  'traffic',
  'availability',
  'cpu',
  'memory',
  'disk',
  'pool',
  'restarts',
  'logs',
  'absence',
  'reported',
  'other',
] as const;
export type SignalKind = (typeof signalKinds)[number];

export type DetectorId =
  | 'robust-z'
  | 'threshold'
  | 'error-ratio'
  | 'latency'
  | 'log-template'
  | 'absence'
  | 'trend'
  | 'unusual'
  | 'fast-burn'
  | 'slow-burn'
  | 'external';

/**
 * What was normal when the finding was made. It is frozen with the anomaly: whatever history holds later (the fault itself,
 * an earlier episode), the symptom is measured against this.
 */
export type FrozenBaseline = {
  /** In the unit of the series: a share of calls, milliseconds, calls per second, the metric's own. */
  readonly level: number;
  /** Standard deviation, robust where the detector's is. */
  readonly spread: number;
  /** Samples it was learnt from; calls where the series is a share of calls. */
  readonly samples: number;
  /** Instant of the last sample it was learnt from. */
  readonly atMs: number;
};

export type Anomaly = {
  /** Deterministic over series, detector and onset: the same finding twice has the same id. */
  readonly id: string;
  readonly state: 'firing' | 'cleared';
  readonly detector: DetectorId;
  readonly signal: SignalKind;
  readonly scope: Scope;
  /** Key of the series that showed it, as history stores it (see domain/detection/series.ts). */
  readonly seriesKey: string;
  readonly metric: string;
  readonly direction: 'up' | 'down';
  /** When the deviation began, and when it was found (event time, ms). For `cleared`: onset of the same finding. */
  readonly onsetMs: number;
  readonly detectedMs: number;
  readonly clearedMs?: number;
  readonly expected: number;
  readonly seen: number;
  /** Absent where nothing was learnt: silence, missing replicas, alerts from outside. */
  readonly baseline?: FrozenBaseline;
  /** Robust standard deviations away from expected, capped at 1000. */
  readonly score: number;
  /** 0..1. Where the series was compared with its own past: how often such an alarm is true (calibration.ts). */
  readonly confidence: number;
  readonly severity: Severity;
  /** Somebody without a key sent (some of) what it was found in: only a person lets something be done about it. */
  readonly unvouched?: true;
  /** What an alert or a log says itself: text from outside, clean and bounded. It titles an incident and decides nothing. */
  readonly title?: string;
  /** What an alert may have in common with alerts about other services; absent when its sender says nothing of it. */
  readonly common?: Common;
  /** The labels of an alert, clean and bounded: what silences ask about, and nothing else. Kept where it is assigned, and told to no incident. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Why it is in an incident of other services, as correlation decided: for people. */
  readonly joined?: string;
  /** One plain sentence for people, built from numbers and names only (no telemetry text). */
  readonly summary: string;
};

/** Signals that users of the service feel; the others are causes or hints. */
export function isUserFacing(signal: SignalKind): boolean {
  return signal === 'errors' || signal === 'latency' || signal === 'availability' || signal === 'reported';
}
