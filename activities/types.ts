// What the incident workflow asks of the outside world: arguments and answers of every activity. Small values and ids
// only; raw data stays in the stores (Temporal's payload limit is 2 MB). All instants are ms since the epoch.

import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { Cause } from '../domain/diagnosis/causes.ts';
import type { Diagnosis } from '../domain/diagnosis/diagnosis.ts';
import type { AskedApproval, IncidentEvent, SilencedBy } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { IncidentOutcome, StopKind } from '../domain/incident/status.ts';
import type { Verdict } from '../domain/policy/verdict.ts';
import type { ActionId } from '../domain/remediation/actions/index.ts';
import type { InPlace } from '../domain/remediation/in-place.ts';
import type { GateRefusal, GateResult } from '../domain/remediation/intent.ts';
import type { HashedPlan, Preflight } from '../domain/remediation/plan.ts';
import type { Progress } from '../domain/remediation/progress.ts';
import type { RefusalCode } from '../domain/remediation/refusal-code.ts';
import type { RollbackOutcome } from '../domain/remediation/rollback.ts';
import type { VerificationResult } from '../domain/remediation/verification.ts';
import type { Scope } from '../domain/scope.ts';

/** A hypothesis whose remedy was tried and did not help: it loses weight. */
export type FailedCause = { readonly cause: Cause; readonly service: string };

export type EnrichInput = {
  readonly incidentId: string;
  readonly attempt: number;
  readonly scope: Scope;
  readonly onsetMs: number;
  readonly anomalies: readonly Anomaly[];
  readonly failedCauses: readonly FailedCause[];
  /** While Sentinel is overloaded, `behind` is answered in place of an analysis, and the workflow asks again in a moment. */
  readonly mayWait?: boolean;
};
/** Nothing was analysed: what Sentinel saw so far may not be all there was. In words, why. */
export type Behind = { readonly behind: readonly string[] };
export type EnrichResult = {
  /** Where the full diagnosis input is stored (digest included). */
  readonly evidenceRef: string;
  readonly evidenceIds: readonly string[];
  readonly missing: readonly string[];
  /** What the statistics make of it. */
  readonly diagnosis: Diagnosis;
};

/** Whom to ask: place in the configured order; `repair` after an answer that could not be read, `waited` after a pause. */
export type ModelAsk = { readonly provider: number; readonly repair: boolean; readonly waited: boolean };

export type ModelTurnInput = {
  readonly incidentId: string;
  readonly attempt: number;
  readonly turn: number;
  readonly evidenceRef: string;
  /** That of the statistics; the answer becomes part of it. */
  readonly diagnosis: Diagnosis;
  readonly failedCauses: readonly FailedCause[];
  readonly ask: ModelAsk;
};
export type ModelTurnResult =
  | { readonly kind: 'answered'; readonly diagnosis: Diagnosis }
  | { readonly kind: 'again'; readonly ask: ModelAsk; readonly waitMs: number; readonly reason: string }
  /** Nobody is left to ask, or nothing may be spent any more. */
  | { readonly kind: 'over'; readonly reason: string };

export type PlanInput = {
  readonly incidentId: string;
  readonly attempt: number;
  readonly diagnosis: Diagnosis;
  /** Step keys (see domain/remediation/plan.ts) of every effect that was tried, as often as it was. */
  readonly tried: readonly string[];
  readonly environment: string;
  /** The stored input of the diagnosis: its anomalies and graph say what a plan may reach. */
  readonly evidenceRef: string;
};
export type PlanResult =
  | {
      readonly kind: 'plan';
      readonly hashedPlan: HashedPlan;
      /** How long it takes to know whether it helped, where telemetry comes slowly. */
      readonly answerTakesMs?: number;
      readonly preflight?: Preflight;
    }
  | { readonly kind: 'nothing'; readonly reason: string; readonly harmless: boolean };

export type ApprovalRequest = AskedApproval & { readonly incidentId: string };

export type ApprovalStatus =
  | { readonly kind: 'pending' }
  | { readonly kind: 'granted' }
  | { readonly kind: 'rejected'; readonly actor: string; readonly reason: string }
  | { readonly kind: 'expired' };

/** What silences an incident: each is null while nothing keeps all of it from being an incident, or from being acted on. */
export type SilencedNow = { readonly incidents: SilencedBy | null; readonly actions: SilencedBy | null };

export type StoredStop = { readonly kind: StopKind; readonly actor: string; readonly reason: string };

export type GateInput = {
  readonly incidentId: string;
  readonly planHash: string;
  readonly step: number;
  readonly direction: 'forward' | 'compensation';
  /** Of a compensation that people asked for: the id of their request, which the gate looks up. */
  readonly rollback?: string;
};

export type ExecuteInput = {
  readonly intentId: string;
  readonly lookOnly?: boolean;
  /** What was told of its progress so far; the next answer waits for news. */
  readonly told?: { readonly times: number; readonly words: string };
};

export type ExecuteResult =
  | {
      readonly kind: 'applied';
      readonly foundByLookup: boolean;
      readonly summary: string;
      /** How long the target goes on settling, as its executor says. */
      readonly settleMs?: number;
    }
  /** `certain`: the effect did not happen. Otherwise nobody can tell, or it is half done; it was not repeated. */
  | {
      readonly kind: 'failed';
      readonly certain: boolean;
      readonly reason: string;
      readonly code?: RefusalCode;
      readonly left?: string;
      readonly superseded?: true;
      /** A person said stop, and it was cancelled under way. */
      readonly cancelled?: true;
    }
  /** Under way at the vendor: tell it, and ask again. */
  | { readonly kind: 'running'; readonly progress: Progress }
  /** Dry run is on: the vendor was asked whether it would accept it. Nothing was done. */
  | { readonly kind: 'dry-run'; readonly ok: boolean; readonly code?: RefusalCode; readonly detail: string }
  /**
   * What the gate had allowed was taken back in the last moment, and nothing was sent now. The gate may be asked again.
   * `sent`: it was sent before, so it is not settled, and what undoes it stays owed.
   */
  | {
      readonly kind: 'blocked';
      readonly reason: GateRefusal;
      readonly detail: string;
      readonly sent?: boolean;
    };

export type VerifyInput = {
  readonly incidentId: string;
  readonly scope: Scope;
  /** The anomalies to judge are those recorded up to this event: a look carries none of them through the history. */
  readonly recordedSeq: number;
  readonly onsetMs: number;
  /** When the effect was complete; samples before it do not count. Null: asking without any effect (self-recovery). */
  readonly effectAtMs: number | null;
  readonly targetService: string;
  /** Wait and look, and again while that fits into `forMs`; ends early when settled. Absent: one look, at once. */
  readonly again?: { readonly everyMs: number; readonly forMs: number };
  /** What was done: some actions take longer than others to show. Empty without an effect. */
  readonly actions: readonly ActionId[];
  /** How long the targets settle after what was done, as their executors say. */
  readonly settleMs?: number;
  /** The plan that was carried out: its targets have to be as it left them. */
  readonly planHash?: string;
  /** What the look before this one has answered of them. */
  readonly inPlace?: InPlace;
};
export type Verified = VerificationResult & { readonly inPlace?: InPlace };

export type RecordInput = {
  readonly incidentId: string;
  readonly events: readonly IncidentEvent[];
  /** The last event there is; it is stored afterwards. */
  readonly throughSeq: number;
  /** Events that nobody has any more: the record goes on after them, from the state that comes with it. */
  readonly lost?: { readonly afterSeq: number; readonly throughSeq: number };
  readonly state?: IncidentState;
};
/** Not recorded: the store ends at `storedSeq`, and the events do not continue it. Its tail was lost. */
export type RecordResult =
  | { readonly recorded: true }
  | { readonly recorded: false; readonly storedSeq: number };

export type EndedRollback = {
  readonly incidentId: string;
  readonly requestId: string;
  readonly outcome: RollbackOutcome;
  readonly reason: string;
  /** The effect that undid it; null when none passed the gate. */
  readonly undoneBy: string | null;
};

/** The activities by name; app/worker implements them through createActivities(deps). */
export type Activities = {
  /**
   * Appends events to the store: read model, timeline and audit in one transaction; idempotent by (incident, seq). The
   * state follows from what is stored and the events.
   */
  recordEvents(input: RecordInput): Promise<RecordResult>;
  enrich(input: EnrichInput): Promise<EnrichResult | Behind>;
  /** One call to a language model, paid at most once; judges the answer and merges it into the diagnosis. */
  modelTurn(input: ModelTurnInput): Promise<ModelTurnResult>;
  makePlan(input: PlanInput): Promise<PlanResult>;
  evaluatePolicy(input: {
    incidentId: string;
    planHash: string;
    missing: readonly string[];
    /** True when two analyses disagree. */
    contested?: boolean;
  }): Promise<Verdict>;
  /** Opens (idempotently) the approval request people answer. */
  requestApproval(input: ApprovalRequest): Promise<void>;
  /** The authoritative state of the request, as stored in Postgres. */
  readApproval(input: { incidentId: string; planHash: string }): Promise<ApprovalStatus>;
  /** What a person asked of the incident as a whole, as stored; null when nobody did. */
  readStop(input: { incidentId: string }): Promise<StoredStop | null>;
  /** What silences all of the incident now, as stored. */
  readSilences(input: { incidentId: string }): Promise<SilencedNow>;
  passGate(input: GateInput): Promise<GateResult>;
  /**
   * Performs the effect of a written intent at most once: after a lost answer it looks at the world. Heartbeats. With
   * `lookOnly` it sends nothing any more, and only finds out what became of the calls before.
   */
  execute(input: ExecuteInput): Promise<ExecuteResult>;
  verify(input: VerifyInput): Promise<Verified>;
  /** What a rollback that people asked for came to; the first answer stays. */
  endRollback(input: EndedRollback): Promise<void>;
  /** Whether the symptom is there after a rollback. */
  noteRollbackVerified(input: {
    incidentId: string;
    requestId: string;
    result: VerificationResult;
  }): Promise<void>;
  draftPostmortem(input: {
    incidentId: string;
    evidenceRefs: readonly string[];
  }): Promise<{ digest: string }>;
  /** How many alerts of the incident fire, as their senders said. */
  firingAlerts(input: { incidentId: string }): Promise<number>;
  /** Releases leases and closes the episode, so that the next occurrence opens a new one. Idempotent. */
  closeEpisode(input: { incidentId: string; outcome: IncidentOutcome }): Promise<void>;
  /** Hands anomalies that came after the end back to correlation, so that they open the next episode. Idempotent. */
  returnAnomalies(input: { incidentId: string; anomalies: readonly Anomaly[] }): Promise<void>;
};
