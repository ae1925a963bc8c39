// What the activities need from outside: small interfaces, implemented in adapters/.

import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Diagnosis, Evidence } from '../domain/diagnosis/diagnosis.ts';
import type { DiagnosisInput, KnownChange } from '../domain/diagnosis/input.ts';
import type { Dropped } from '../domain/diagnosis/opinion.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { IncidentOutcome } from '../domain/incident/status.ts';
import type { UnseenChanges } from '../domain/lag/change-looks.ts';
import type { Recalled } from '../domain/memory/port.ts';
import type { PolicyContext } from '../domain/policy/evaluate.ts';
import type { Verdict } from '../domain/policy/verdict.ts';
import type { GateResult, Intent, IntentStatus, Send } from '../domain/remediation/intent.ts';
import type { HashedPlan } from '../domain/remediation/plan.ts';
import type { Sighting } from '../domain/remediation/precondition.ts';
import type { VerificationResult } from '../domain/remediation/verification.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../domain/telemetry.ts';
import type { Handle, Permit } from './ports/executor.ts';
import type {
  ApprovalRequest,
  ApprovalStatus,
  EndedRollback,
  GateInput,
  SilencedNow,
  StoredStop,
} from './types.ts';

export type TimeRange = { readonly environment: string; readonly fromMs: number; readonly toMs: number };

/** Telemetry history (ClickHouse). Throws HistoryUnavailable when it cannot be reached. */
export interface History {
  calls(range: TimeRange, services?: readonly string[]): Promise<readonly CallBucket[]>;
  metrics(range: TimeRange, services?: readonly string[]): Promise<readonly MetricBucket[]>;
  logs(range: TimeRange, services?: readonly string[]): Promise<readonly LogBucket[]>;
}

/** Incident records in Postgres. */
export interface IncidentStore {
  /**
   * `state` is the one after `events`. They continue what is stored, but for `lostThrough`: everything up to that number
   * which is not stored is lost for good.
   */
  recordEvents(
    incidentId: string,
    events: readonly IncidentEvent[],
    state: IncidentState,
    lostThrough?: number,
  ): Promise<void>;
  state(incidentId: string): Promise<IncidentState | null>;
  timeline(incidentId: string): Promise<readonly IncidentEvent[]>;
  /** How many alerts of the incident fire, as their senders said. */
  firingAlerts(incidentId: string): Promise<number>;
  closeEpisode(incidentId: string, outcome: IncidentOutcome, atMs: number): Promise<void>;
}

/** Where the evidence of an analysis is stored. */
export function evidenceRefOf(incidentId: string, attempt: number): string {
  return `evidence/${incidentId}/${attempt}`;
}

export interface EvidenceStore {
  /**
   * Stores the input of a diagnosis with its evidence, unless there is one for (incident, attempt): the first stays.
   * `isFirst`: it is what was given now.
   */
  save(
    incidentId: string,
    attempt: number,
    input: DiagnosisInput,
    evidence: readonly Evidence[],
  ): Promise<{ readonly evidenceRef: string; readonly isFirst: boolean }>;
  load(evidenceRef: string): Promise<{ input: DiagnosisInput; evidence: readonly Evidence[] }>;
  /** Change events of an environment, with what of it was Sentinel's own doing, and its known call edges. */
  changes(environment: string, fromMs: number, toMs: number): Promise<readonly KnownChange[]>;
  edges(environment: string): Promise<readonly { caller: string; callee: string }[]>;
  /** Those of the anomalies that correlation gave to this incident. */
  ofIncident(incidentId: string, anomalyIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/** The diagnosis of each analysis, as the analysis stored it: what plans are made from, and what policy is asked with. */
export interface DiagnosisStore {
  /** What lowers autonomy sticks: a later diagnosis of the same analysis makes nothing less missing or less contested. */
  save(incidentId: string, attempt: number, diagnosis: Diagnosis): Promise<void>;
  of(incidentId: string, attempt: number): Promise<Diagnosis | null>;
  /** That of the statistics, before a model said anything. */
  statistical(incidentId: string, attempt: number): Promise<Diagnosis | null>;
  context(incidentId: string, attempt: number): Promise<PolicyContext>;
}

export interface PlanStore {
  savePlan(plan: HashedPlan, canonical: string): Promise<void>;
  plan(planHash: string): Promise<HashedPlan | null>;
  saveVerdict(planHash: string, verdict: Verdict): Promise<void>;
}

export interface ApprovalStore {
  /**
   * Idempotent. A later round asks again about the same plan: with a new deadline, for no less than the round before, and the
   * votes stay.
   */
  open(request: ApprovalRequest): Promise<void>;
  status(incidentId: string, planHash: string, nowMs: number): Promise<ApprovalStatus>;
}

/** What people asked of incidents as a whole; written by the API before any workflow is told. */
export interface StoredStops {
  read(incidentId: string): Promise<StoredStop | null>;
}

export interface StoredSilences {
  read(incidentId: string): Promise<SilencedNow>;
}

/** What came of rollbacks that people asked for, on the way into the records of their incidents. */
export interface StoredRollbacks {
  /** Idempotent: the first answer stays. */
  end(ended: Omit<EndedRollback, 'incidentId'>): Promise<void>;
  verified(requestId: string, result: VerificationResult): Promise<void>;
}

/** An intent with what has become of it, and its latest send. */
export type StoredIntent = {
  readonly intent: Intent;
  readonly status: IntentStatus;
  /** Null before the first. `leftMs`: how long the call may still begin, by the store's clock; negative when it is over. */
  readonly send: (Send & { readonly leftMs: number }) | null;
  /** What the vendor has taken on by that send, and how long ago, by the store's clock. */
  readonly accepted: { readonly handle: Handle; readonly forMs: number } | null;
};

/** What a mark came to. */
export type Marked = {
  readonly before: IntentStatus;
  /** Another send is the current one: what was to be marked is not about it, and nothing was written. */
  readonly overtaken: boolean;
  /** For `sent`: the permission to call once, within so many milliseconds of having asked for it. Null when overtaken. */
  readonly send: (Send & { readonly withinMs: number }) | null;
};

/** What a call after the first one of a send is for. */
export type CallPurpose = 'go-on' | 'cancel';

/** The one transaction every effect passes. Postgres' own clock decides leases and deadlines. */
export interface Gate {
  /** `sighting` is what the executor reports of the target now; the gate refuses when it is not what the plan was made on. `unfinished` says what of the steps before is not seen. */
  pass(input: GateInput, sighting: Sighting, unfinished?: string | null): Promise<GateResult>;
  intent(intentId: string): Promise<StoredIntent | null>;
  /**
   * Moves an intent forward: written → sent → applied | failed | uncertain; says what it was before. `send` (the first when
   * left out) numbers the call it is about. `sent` lets exactly that number out: it is `overtaken` unless it is the next one,
   * so whoever sends again must have closed the one before. It is also the last look before the call: it throws an error named
   * `EffectBlocked` (with `reason`) when a kill switch was engaged, the lease was lost or the incident was closed since the
   * gate; the intent stays what it was then. What is final stays, and so does `uncertain`: a late answer is only noted.
   */
  mark(
    intentId: string,
    status: Exclude<IntentStatus, 'written'>,
    result: string,
    send?: number,
  ): Promise<Marked>;
  /** Keeps the handle of what the vendor has taken on with this send; `overtaken` as of `mark`. The first handle stays. */
  accept(intentId: string, send: number, handle: Handle): Promise<Pick<Marked, 'before' | 'overtaken'>>;
  /**
   * May another call to the vendor belong to this send? Whatever could have stopped the first one stops it, too; but a person's stop does
   * not stop what only ends the effect (`cancel`).
   */
  permit(intentId: string, send: number, purpose?: CallPurpose): ReturnType<Permit>;
  /** In words, the stop of a person that forbids what is under way; null when none does. */
  stopped(intentId: string): Promise<string | null>;
  /** Keeps the target leased while a call or a look is under way; false when somebody else came after. */
  renew(intentId: string): Promise<boolean>;
  /** How long a lease lasts without being renewed. */
  readonly leaseMs: number;
}

/** How far Sentinel's own processes are behind, as items of missing evidence; empty while they keep up. */
export interface OwnLag {
  missing(): Promise<readonly string[]>;
}

/** What watched systems may not have told yet. */
export interface ChangeLooks {
  /** Of those of an environment: which have not been looked at since an instant. */
  unseen(environment: string, sinceMs: number): Promise<UnseenChanges>;
}

export interface PostmortemStore {
  savePostmortem(incidentId: string, markdown: string, digest: string): Promise<void>;
}

/** Back to correlation: anomalies that reached an incident after its end. Idempotent by incident and anomaly. */
export interface AnomalyRequeue {
  putBack(incidentId: string, anomalies: readonly Anomaly[]): Promise<void>;
}

/** Incidents that have ended and were like one that is open. They inform people and models; nothing is done because of them. */
export interface PastIncidents {
  /** The most alike first; a few. Throws when the memory does not answer. */
  like(open: {
    readonly incidentId: string;
    readonly environment: string;
    readonly service: string;
    readonly anomalies: readonly Anomaly[];
  }): Promise<readonly Recalled[]>;
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

/** What a call to a model cost in tokens; null when the provider did not say. */
export type ModelUsage = { readonly inputTokens: number | null; readonly outputTokens: number | null };

/**
 * What became of a question. `answer`: text with a JSON object in it. `invalid`: words, but no JSON object in them (cut off, or nonsense). `refused`: the model or its
 * filter would not answer. `failed`: no answer; `paid` says whether it may have been charged all the same.
 */
export type ModelReply =
  | { readonly kind: 'answer'; readonly text: string; readonly usage: ModelUsage }
  | {
      readonly kind: 'invalid' | 'refused';
      readonly reason: string;
      readonly text: string;
      readonly usage: ModelUsage;
    }
  | { readonly kind: 'overloaded'; readonly reason: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly reason: string; readonly paid: boolean };

/** One configured model of one provider. */
export interface LanguageModel {
  /** As configured; a label of metrics. */
  readonly name: string;
  readonly model: string;
  /** US dollars for a million tokens, which is millionths of a dollar for one. */
  readonly prices: { readonly input: number; readonly output: number };
  /** Asks once, without repeating anything; never throws, and never takes much longer than `timeoutMs` of its configuration. */
  ask(question: {
    readonly system: string;
    readonly prompt: string;
    readonly maxOutputTokens: number;
  }): Promise<ModelReply>;
}

/** What may be spent on models. Counted where it is spent: in Postgres, over all processes. */
export type ModelBudgets = {
  readonly turnsPerIncident: number;
  readonly tokensPerIncident: number;
  readonly microdollarsPerIncident: number;
  readonly microdollarsPerHour: number;
};

export const modelBudgetNames = ['turns', 'tokens', 'money', 'money-per-hour'] as const;
export type ModelBudgetName = (typeof modelBudgetNames)[number];

export type ModelSpending = { readonly tokens: number; readonly microdollars: number };

/** One call to a model. A turn of an incident is paid once; `finished` is what was stored of it. */
export type ModelTurnKey = { readonly incidentId: string; readonly attempt: number; readonly turn: number };

export type FinishedTurn = {
  readonly outcome: ModelReply['kind'] | 'lost';
  /** The model's text, bounded; empty when there was none. */
  readonly output: string;
  readonly reason: string;
};

export type TurnReservation =
  | { readonly kind: 'reserved'; readonly tryNumber: number }
  | { readonly kind: 'finished'; readonly turn: FinishedTurn }
  | { readonly kind: 'over-budget'; readonly budget: ModelBudgetName };

/** The write-ahead record of every call to a model, and what it cost. */
export interface ModelTurns {
  /**
   * Takes what the call may cost from the budgets, in one transaction over all processes, and records the question; or says
   * what the turn came to before. A turn that a process took and never finished may be asked once more; both are counted.
   */
  reserve(
    turn: ModelTurnKey & {
      readonly provider: string;
      readonly model: string;
      readonly system: string;
      readonly prompt: string;
      readonly estimate: ModelSpending;
    },
    budgets: ModelBudgets,
  ): Promise<TurnReservation>;
  /** Records the end of a call; the estimate gives way to `spent`. The first end of a turn stays. */
  finish(
    key: ModelTurnKey,
    end: FinishedTurn & {
      readonly estimate: ModelSpending;
      readonly spent: ModelSpending;
      readonly usage: ModelUsage;
      readonly latencyMs: number;
      readonly dropped: readonly Dropped[];
    },
  ): Promise<void>;
}
