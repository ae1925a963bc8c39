// What a verification looks at.

import type { Anomaly } from '../detection/anomaly.ts';
import type { CallEdge } from '../diagnosis/input.ts';
import type { ObservedState } from '../inventory/target.ts';
import type { CallBucket, MetricBucket } from '../telemetry.ts';
import type { VerificationConfig } from './verify-config.ts';

export type VerificationInput = {
  readonly anomalies: readonly Anomaly[];
  readonly calls: readonly CallBucket[];
  readonly metrics: readonly MetricBucket[];
  readonly edges: readonly CallEdge[];
  /** What the executor sees now, where it was asked. */
  readonly targets?: readonly ObservedState[];
  readonly onsetMs: number;
  /** When the effect was complete; null asks whether the symptom went away by itself. */
  readonly effectAtMs: number | null;
  readonly nowMs: number;
  readonly targetService: string;
  readonly config: VerificationConfig;
};
