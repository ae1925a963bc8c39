// What the activities need from outside: small interfaces, implemented in adapters/.

import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Evidence } from '../domain/diagnosis/diagnosis.ts';
import type { DiagnosisInput } from '../domain/diagnosis/input.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { IncidentOutcome } from '../domain/incident/status.ts';
import type { ChangeEvent } from '../domain/observation.ts';
import type { Verdict } from '../domain/policy/verdict.ts';
import type { GateResult, Intent, IntentStatus } from '../domain/remediation/intent.ts';
import type { HashedPlan, PlanStep } from '../domain/remediation/plan.ts';
import type { TargetRef, TargetState } from '../domain/remediation/target.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../domain/telemetry.ts';
import type { ApprovalStatus, GateInput } from './types.ts';

export type TimeRange = { readonly environment: string; readonly fromMs: number; readonly toMs: number };

/** Telemetry history (ClickHouse). Throws HistoryUnavailable when it cannot be reached. */
export interface History {
  calls(range: TimeRange, services?: readonly string[]): Promise<readonly CallBucket[]>;
  metrics(range: TimeRange, services?: readonly string[]): Promise<readonly MetricBucket[]>;
  logs(range: TimeRange, services?: readonly string[]): Promise<readonly LogBucket[]>;
}

/** Incident records in Postgres. */
export interface IncidentStore {
  recordEvents(incidentId: string, events: readonly IncidentEvent[], state: IncidentState): Promise<void>;
  state(incidentId: string): Promise<IncidentState | null>;
  timeline(incidentId: string): Promise<readonly IncidentEvent[]>;
  closeEpisode(incidentId: string, outcome: IncidentOutcome, atMs: number): Promise<void>;
}

export interface EvidenceStore {
  /** Stores the input of a diagnosis with its evidence; returns a reference. Idempotent per (incident, attempt). */
  save(
    incidentId: string,
    attempt: number,
    input: DiagnosisInput,
    evidence: readonly Evidence[],
  ): Promise<string>;
  load(evidenceRef: string): Promise<{ input: DiagnosisInput; evidence: readonly Evidence[] }>;
  /** Change events and known call edges of an environment. */
  changes(environment: string, fromMs: number, toMs: number): Promise<readonly ChangeEvent[]>;
  edges(environment: string): Promise<readonly { caller: string; callee: string }[]>;
}

export interface PlanStore {
  savePlan(plan: HashedPlan, canonical: string): Promise<void>;
  plan(planHash: string): Promise<HashedPlan | null>;
  saveVerdict(planHash: string, verdict: Verdict): Promise<void>;
}

export interface ApprovalStore {
  open(request: {
    incidentId: string;
    planHash: string;
    role: string;
    quorum: number;
    deadlineMs: number;
  }): Promise<void>;
  status(incidentId: string, planHash: string, nowMs: number): Promise<ApprovalStatus>;
}

/** The one transaction every effect passes. `nowMs` is the activity's clock; Postgres' own clock decides leases. */
export interface Gate {
  pass(input: GateInput): Promise<GateResult>;
  intent(intentId: string): Promise<{ intent: Intent; status: IntentStatus } | null>;
  /**
   * Moves an intent forward: written → sent → applied | failed. Returns the status before. The step to `sent` is the last
   * look before the call (also before a second one, `sent` → `sent`): it throws an error named `EffectBlocked` (with
   * `reason`) when a kill switch was engaged or the lease was lost since the gate; the intent stays what it was then.
   */
  mark(intentId: string, status: IntentStatus, result: string): Promise<IntentStatus>;
}

/** What a call to the outside ended in. `unknown`: the answer was lost; look at the world. */
export type EffectAnswer =
  | { readonly kind: 'applied'; readonly after: TargetState | null; readonly summary: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** One configured way to act. Receives ids and bounded parameters only. */
export interface Executor {
  readonly name: string;
  /** Every target of an environment, or one. */
  observe(environment: string, service?: string): Promise<readonly TargetState[]>;
  /** Dry-run: would this step be accepted now? No effect. */
  preview(step: Pick<PlanStep, 'action' | 'target' | 'parameters'>): Promise<{ ok: boolean; detail: string }>;
  /** Performs the effect once. Also performs compensations: an intent with direction `compensation` (the revert). */
  apply(intent: Intent): Promise<EffectAnswer>;
  /** After a lost answer: did the effect of this intent happen? */
  lookUp(intent: Intent): Promise<'happened' | 'not-happened' | 'cannot-tell'>;
}

export interface Executors {
  forTarget(target: TargetRef, executor: string): Executor | null;
  forEnvironment(environment: string): readonly Executor[];
}

export interface Notifier {
  notify(message: { incidentId: string; kind: string; text: string }): Promise<void>;
}

export interface PostmortemStore {
  savePostmortem(incidentId: string, markdown: string, digest: string): Promise<void>;
}

/** Back to correlation: anomalies that reached an incident after its end. Idempotent by incident and anomaly. */
export interface AnomalyReturns {
  putBack(incidentId: string, anomalies: readonly Anomaly[]): Promise<void>;
}

export interface Clock {
  nowMs(): number;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** Sentinel's own metrics, under Prometheus names. */
export interface Metrics {
  count(name: string, labels: Readonly<Record<string, string>>, value?: number): void;
  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void;
}
