// Everything a diagnosis may look at, gathered once per attempt and stored, so that the answer can be reproduced.

import type { Anomaly } from '../detection/anomaly.ts';
import type { ObservedState } from '../inventory/target.ts';
import type { ChangeEvent } from '../observation.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';
import type { OutsideView } from './outside.ts';

export type CallEdge = { readonly caller: string; readonly callee: string };

/** `ownIntent`: Sentinel made it, by this intent. */
export type KnownChange = ChangeEvent & { readonly ownIntent?: string };

export type DiagnosisInput = {
  readonly environment: string;
  readonly nowMs: number;
  readonly onsetMs: number;
  readonly anomalies: readonly Anomaly[];
  readonly calls: readonly CallBucket[];
  readonly metrics: readonly MetricBucket[];
  readonly logs: readonly LogBucket[];
  readonly edges: readonly CallEdge[];
  readonly changes: readonly KnownChange[];
  readonly targets: readonly ObservedState[];
  /** The stretches of which telemetry was asked for, half open; absent: all from the first row to the last. */
  readonly ranges?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** What systems outside hold about it, which no cause is found by; absent: there are none. */
  readonly outside?: readonly OutsideView[];
  /** Sources that could not be read, in words for people. */
  readonly missing: readonly string[];
};
