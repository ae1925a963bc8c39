/** What the supervisor and a replica say to each other over the IPC channel, and what a replica is told at its start. */
import type { ServiceName } from '../topology.ts';

/** What is wrong with a release or a configuration; empty for a sound one. */
export interface Defect {
  errorRate?: number;
  latencyMs?: number;
  memoryMbPerSecond?: number;
  crashAfterSeconds?: number;
}

export interface ConfigState {
  version: string;
  defect: Defect;
  /** Epoch milliseconds from which the defect shows. */
  effectiveAtMs: number;
}

/** A fault inside one process. */
export type ReplicaFault =
  | { id: string; kind: 'hang'; mode: 'process' | 'requests' }
  | { id: string; kind: 'memory-leak'; mbPerSecond: number }
  | { id: string; kind: 'cpu-burn'; intensity: number; sliceMs: number }
  | { id: string; kind: 'error-burst'; errorRate: number; message: string }
  | { id: string; kind: 'pool-exhaustion'; leakPerSecond: number }
  | { id: string; kind: 'disk-fill'; mbPerSecond: number }
  | { id: string; kind: 'telemetry-gap' }
  | { id: string; kind: 'log-noise'; linesPerSecond: number; level: 'warn' | 'error' }
  | { id: string; kind: 'transient-spike'; durationSeconds: number; errorRate: number; latencyMs: number }
  | { id: string; kind: 'crash' };

export interface ReplicaStart {
  service: ServiceName;
  taskId: string;
  release: string;
  releaseDefect: Defect;
  config: ConfigState;
  environment: string;
  seed: number;
  sandboxDir: string;
  /** Base URL of the OTLP/HTTP receiver; without it nothing is exported. */
  otlpEndpoint?: string;
  /** How often metrics are sent. */
  telemetryIntervalMs: number;
  /** Where the outside dependency listens. */
  dependencyPort: number;
  endpoints: Endpoints;
  faults: ReplicaFault[];
}

/** Ports of the replicas in rotation, by service. */
export type Endpoints = Partial<Record<ServiceName, number[]>>;

export type ToReplica =
  | { type: 'endpoints'; endpoints: Endpoints }
  | { type: 'config'; config: ConfigState }
  | { type: 'fault-start'; fault: ReplicaFault }
  | { type: 'fault-stop'; id: string; sequence?: number }
  | { type: 'stop' };

export type FromReplica = { type: 'ready'; port: number } | { type: 'ack'; sequence: number };
