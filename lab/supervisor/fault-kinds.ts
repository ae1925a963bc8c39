/**
 * The kinds of faults with their parameters, defaults and bounds. Scenario files and the admin API are checked against
 * these schemas; README.md describes what each fault really does.
 */
import { z } from 'zod';

const rate = (byDefault: number) => z.number().min(0).max(1).default(byDefault);
const milliseconds = (byDefault: number) => z.number().int().min(0).max(10_000).default(byDefault);
/** How many replicas are affected; all when left out. */
const replicas = z.number().int().min(1).max(6).optional();

export const faultParameters = {
  crash: z.strictObject({ replicas }),
  'crash-loop': z.strictObject({
    afterSeconds: z.number().min(0.5).max(30).default(2),
    trigger: z.enum(['release', 'config']).default('release'),
  }),
  hang: z.strictObject({ replicas, mode: z.enum(['process', 'requests']).default('process') }),
  'memory-leak': z.strictObject({ replicas, mbPerSecond: z.number().min(0.5).max(50).default(6) }),
  'cpu-burn': z.strictObject({
    replicas,
    intensity: z.number().min(0.1).max(0.98).default(0.7),
    sliceMs: z.number().int().min(5).max(500).default(140),
  }),
  'slow-dependency': z.strictObject({ delayMs: z.number().int().min(1).max(10_000).default(1_200) }),
  'error-burst': z.strictObject({
    replicas,
    errorRate: rate(0.5),
    message: z
      .string()
      .min(1)
      .max(200)
      .default('IllegalStateError: ledger shard is read-only, request {id} refused'),
  }),
  'bad-release': z.strictObject({
    errorRate: rate(0.4),
    latencyMs: milliseconds(0),
    memoryMbPerSecond: z.number().min(0).max(50).default(0),
  }),
  'bad-config': z.strictObject({
    errorRate: rate(0.4),
    latencyMs: milliseconds(0),
    delaySeconds: z.number().min(0).max(120).default(0),
  }),
  'disk-fill': z.strictObject({ mbPerSecond: z.number().min(1).max(64).default(8) }),
  'traffic-surge': z.strictObject({ factor: z.number().gt(1).max(10).default(3.5) }),
  'pool-exhaustion': z.strictObject({ replicas, leakPerSecond: z.number().min(0.1).max(20).default(2) }),
  'telemetry-gap': z.strictObject({ replicas }),
  'log-noise': z.strictObject({
    replicas,
    linesPerSecond: z.number().min(1).max(500).default(40),
    level: z.enum(['warn', 'error']).default('warn'),
  }),
  'transient-spike': z.strictObject({
    replicas,
    durationSeconds: z.number().min(0.5).max(8).default(5),
    errorRate: rate(0.5),
    latencyMs: milliseconds(0),
  }),
} as const;

export type FaultKind = keyof typeof faultParameters;
export type FaultParameters<K extends FaultKind> = z.infer<(typeof faultParameters)[K]>;

export const faultKinds = Object.keys(faultParameters) as FaultKind[];

/** A fault as it is asked for: over the admin API, or in a scenario. */
export interface FaultRequest {
  kind: FaultKind;
  service: string;
  with?: Record<string, unknown>;
}
