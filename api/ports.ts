// What the REST API needs from outside: small interfaces, implemented in adapters/ (Postgres, Temporal).

import type { AuditAction, AuditDetail } from '../domain/audit/event.ts';
import type { Evidence } from '../domain/diagnosis/diagnosis.ts';
import type { CallEdge } from '../domain/diagnosis/input.ts';
import type { Dropped } from '../domain/diagnosis/model/opinion.ts';
import type { ApprovalFacts } from '../domain/incident/approval-briefing.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { IncidentOutcome, IncidentStatus, StopKind } from '../domain/incident/status.ts';
import type { ResourceSample } from '../domain/infrastructure/usage.ts';
import type { Reach } from '../domain/policy/reach.ts';
import type { KeyRole, Role, Verdict } from '../domain/policy/verdict.ts';
import type { ActionId, ActionParameters } from '../domain/remediation/actions.ts';
import type { Intent, IntentStatus } from '../domain/remediation/intent.ts';
import type { HashedPlan } from '../domain/remediation/plan.ts';
import type { TargetRef, TargetState } from '../domain/remediation/target.ts';
import type { Severity } from '../domain/scope.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../domain/telemetry.ts';
import type { ApprovalDecided } from '../workflows/messages.ts';

export type Principal = {
  readonly keyId: string;
  /** What the key is called; whoever made it chose that. */
  readonly name: string;
  readonly role: KeyRole;
  /** Whom the key counts for where people are counted. */
  readonly person: string;
  /** Where the key speaks; absent is everywhere. */
  readonly reach?: Reach;
};

export type NewKey = {
  readonly name: string;
  readonly role: KeyRole;
  /** Whose it is, by the name of a person of the configuration: it may do no more than they may. */
  readonly belongsTo?: string;
  readonly reach?: Reach;
  /** From then on it is no key. */
  readonly expiresAtMs?: number | null;
};

export type KeyRecord = {
  readonly keyId: string;
  readonly name: string;
  readonly role: KeyRole;
  /** Whom it counts for where people are counted. */
  readonly person: string;
  /** Whose it is; null for keys of nobody in particular. */
  readonly belongsTo: string | null;
  readonly reach: Reach | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  /** To the minute; null when it was never used. */
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
};

export type IncidentSummary = {
  readonly id: string;
  readonly title: string;
  readonly environment: string;
  readonly service: string;
  readonly severity: Severity;
  readonly status: IncidentStatus;
  readonly outcome: IncidentOutcome | null;
  readonly attempt: number;
  readonly openedAtMs: number;
  readonly updatedAtMs: number;
  readonly closedAtMs: number | null;
};

export type IncidentFilter = {
  readonly status?: IncidentStatus;
  readonly open?: boolean;
  readonly environment?: string;
  readonly service?: string;
  readonly severity?: Severity;
  /** Only what a key reaches. */
  readonly reach?: Reach;
};

/** Thrown by readers for a cursor that no page of theirs handed out; becomes a 400 naming the field `cursor`. */
export class InvalidCursor extends Error {
  override readonly name = 'InvalidCursor';
}

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

export interface IncidentReader {
  /** Newest first; `cursor` is opaque and from a previous page. Throws InvalidCursor for anything else. */
  list(filter: IncidentFilter, limit: number, cursor: string | null): Promise<Page<IncidentSummary>>;
  get(id: string): Promise<{ summary: IncidentSummary; state: IncidentState } | null>;
  /** The states of those that there are, in one look. */
  states(ids: readonly string[]): Promise<ReadonlyMap<string, IncidentState>>;
  timeline(id: string, afterSeq: number, limit: number): Promise<readonly IncidentEvent[]>;
  details(id: string): Promise<{
    evidence: readonly Evidence[];
    plans: readonly { hashedPlan: HashedPlan; verdict: Verdict | null }[];
    postmortem: string | null;
  }>;
  /** What passed the gate for this incident, in the order in which it did. */
  effects(id: string, limit: number, cursor: string | null): Promise<Page<EffectRecord>>;
}

/** An event of any incident, where it stands among the events of all, and what is known of its incident by now. */
export type FeedEvent = {
  readonly position: number;
  readonly incident: IncidentSummary;
  readonly event: IncidentEvent;
};

/** The events of all incidents in one order that never changes behind a reader's back. */
export interface EventFeed {
  /** Up to here the order is final: everything at or before it can be read now. 0 before the first event. */
  head(): Promise<number>;
  /** Whether an event stands at the position or after it; a position that some reader was given always passes. */
  reaches(position: number): Promise<boolean>;
  /** Final events after a position, in order; never one that another could still come before. */
  read(after: number, limit: number): Promise<readonly FeedEvent[]>;
}

/** One effect: the intent that was written before it, and what became of it. */
export type EffectRecord = {
  readonly id: string;
  readonly planHash: string;
  readonly step: number;
  readonly direction: Intent['direction'];
  readonly undoes: string | null;
  readonly action: ActionId;
  readonly target: TargetRef;
  readonly executor: string;
  readonly parameters: ActionParameters;
  readonly fence: number;
  readonly status: IntentStatus;
  readonly result: string | null;
  readonly writtenAtMs: number;
  readonly sentAtMs: number | null;
  readonly updatedAtMs: number;
};

/** The services around an incident as its latest analysis saw them. */
export type ServiceMap = {
  readonly services: readonly string[];
  readonly edges: readonly CallEdge[];
  /** Called, but never heard of by themselves. */
  readonly outside: readonly string[];
  /** What the incident's own plan may act on. */
  readonly blastSet: readonly string[];
};

export interface ServiceMaps {
  /** Null before the first analysis. */
  of(incidentId: string): Promise<ServiceMap | null>;
}

type HistoryRange = { readonly environment: string; readonly fromMs: number; readonly toMs: number };

/** Telemetry history, bucket by bucket; throws when it cannot be reached. */
export interface TelemetryHistory {
  calls(range: HistoryRange, services?: readonly string[]): Promise<readonly CallBucket[]>;
  metrics(range: HistoryRange, services?: readonly string[]): Promise<readonly MetricBucket[]>;
  logs(range: HistoryRange, services?: readonly string[]): Promise<readonly LogBucket[]>;
  environments(sinceMs: number): Promise<readonly string[]>;
}

export type PendingApproval = {
  readonly incidentId: string;
  readonly planHash: string;
  readonly role: Role;
  readonly quorum: number;
  readonly approvals: number;
  readonly requestedAtMs: number;
  readonly deadlineMs: number;
};

export const decisionRefusals = [
  'unknown-incident',
  'not-awaiting',
  'stale-plan',
  'already-decided',
  'expired',
  'role-too-low',
  'same-person',
  'out-of-reach',
] as const;
export type DecisionRefusal = (typeof decisionRefusals)[number];

export type DecisionResult =
  | { readonly recorded: true; readonly decision: ApprovalDecided; readonly repeated: boolean }
  | { readonly recorded: false; readonly reason: DecisionRefusal; readonly detail: string };

export interface Approvals {
  /** Nearest deadline first; with a reach only those of incidents that it reaches. */
  pending(limit: number, cursor: string | null, reach?: Reach): Promise<Page<PendingApproval>>;
  /**
   * One transaction: checks the open request, the hash, the deadline and the role, and records the decision with its
   * audit event. The same actor deciding the same way again is answered with the first record (`repeated`).
   */
  decide(input: {
    incidentId: string;
    planHash: string;
    principal: Principal;
    decision: 'approve' | 'reject';
    reason: string;
  }): Promise<DecisionResult>;
  /** Where the approval of a plan stands; null when nobody was asked. */
  standing(incidentId: string, planHash: string): Promise<ApprovalFacts | null>;
  /** Decisions whose workflow has not confirmed hearing of them, for redelivery. */
  undelivered(limit: number): Promise<readonly (ApprovalDecided & { incidentId: string })[]>;
  delivered(approvalId: string): Promise<void>;
}

/** Signed requests that were let in: the same one a second time is a replay. */
export interface SignedRequests {
  /** True the first time; false for a signature that was let in before. Remembers longer than a timestamp is good for. */
  isFirst(signature: string): Promise<boolean>;
}

export type StopResult =
  | { readonly recorded: true; readonly repeated: boolean }
  | {
      readonly recorded: false;
      readonly reason: 'unknown-incident' | 'closed' | 'already-decided' | 'not-handed-over' | 'out-of-reach';
      readonly detail: string;
    };

/** To stop the work, or to close what was handed over. */
export type AskedKind = StopKind | 'close';

/** What people ask of an incident as a whole; a limited key stops what it reaches. */
export interface Stops {
  /**
   * Once it has returned, nothing that the stop forbids is sent any more. A take-over may follow an abort, and a closing
   * either, once a person has the incident; nothing else.
   */
  request(input: {
    incidentId: string;
    kind: AskedKind;
    principal: Principal;
    reason: string;
  }): Promise<StopResult>;
  /** Stops of open incidents whose workflow has not confirmed hearing of them, oldest first. */
  undelivered(
    limit: number,
  ): Promise<readonly { incidentId: string; kind: AskedKind; actor: string; reason: string }[]>;
  delivered(incidentId: string, kind: AskedKind): Promise<void>;
}

export type SwitchResult =
  | { readonly set: true }
  | { readonly set: false; readonly reason: 'role-too-low' | 'out-of-reach'; readonly detail: string };

export interface KillSwitch {
  /** `environment` '*' stands for all. Engaged means: no effect passes the gate. */
  list(): Promise<
    readonly { environment: string; engaged: boolean; by: string; reason: string; atMs: number }[]
  >;
  /** What an admin has engaged only an admin releases; a limited key sets what it reaches. Refusals are audited. */
  set(environment: string, engaged: boolean, principal: Principal, reason: string): Promise<SwitchResult>;
}

export interface EffectSettlement {
  /**
   * Records what a person found out about an effect whose outcome nobody knows. `not-open`: the outcome is known, or nothing was
   * sent; `under-way`: its incident is open, and Sentinel itself is finding out.
   */
  settle(input: {
    readonly effectId: string;
    readonly happened: boolean;
    readonly principal: Principal;
    readonly reason: string;
  }): Promise<
    | { readonly settled: true }
    | { readonly settled: false; readonly reason: 'unknown' | 'not-open' | 'under-way' | 'out-of-reach' }
  >;
}

export interface ApiKeys {
  /** Finds the principal of a presented key (hash compared in constant time); null when unknown, expired or revoked. */
  authenticate(presented: string): Promise<Principal | null>;
  /** Returns the key itself, once; only its hash is stored. It counts for the person of whoever makes it. */
  create(key: NewKey, by: Principal): Promise<{ keyId: string; key: string }>;
  list(): Promise<readonly KeyRecord[]>;
  revoke(keyId: string, by: Principal): Promise<boolean>;
  /** Those of the keys that exist, have not expired and were not revoked, in one look. */
  active(keyIds: readonly string[]): Promise<ReadonlySet<string>>;
}

export type OpenedSession = {
  /** For the cookie; only its hash is stored. */
  readonly token: string;
  readonly principal: Principal;
  readonly expiresAtMs: number;
};

/** People in a browser: a session stands for the API key that opened it, and never for more than that key may do. */
export interface Sessions {
  /** Null when the key is unknown or revoked. */
  open(presentedKey: string): Promise<OpenedSession | null>;
  /** For somebody who has proven to hold this key in another way; null when it is unknown or revoked by now. */
  openFor(keyId: string): Promise<OpenedSession | null>;
  /**
   * The principal as its key is now; null when the session ended, was idle too long or its key was revoked. `used` says
   * that a person did something: a page that only keeps itself up to date does not keep a session alive.
   */
  find(token: string, used: boolean): Promise<Principal | null>;
  /** Idempotent. */
  end(token: string): Promise<void>;
}

export type AuditEntry = {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly reason: string;
  readonly planHash: string | null;
  /** The canonical bytes that were stored, as text. */
  readonly canonical: string;
};

/** What the API audits by itself; what changes a store is audited where it is changed. */
export interface AuditWriter {
  append(entry: {
    readonly actor: string;
    readonly action: AuditAction;
    readonly subject: string;
    readonly reason: string;
    readonly details: Readonly<Record<string, AuditDetail>>;
  }): Promise<void>;
}

export type AuditVerification =
  | { readonly ok: true; readonly checked: number }
  | {
      readonly ok: false;
      /** Entries before it that hold. */
      readonly checked: number;
      /** Number of the first entry that does not. */
      readonly brokenSeq: number;
      readonly what: string;
    };

/** A part of a verification: `checked` links from the first on hold, of `links` that there are. */
export type AuditProgress =
  | { readonly ok: true; readonly checked: number; readonly links: number }
  | Extract<AuditVerification, { ok: false }>;

/** The audit as a chain of hashes: who changes, removes or slips in an entry breaks every link after it. */
export interface AuditChain {
  /** Links what was written since; returns how many entries. Safe from any process at any moment. */
  seal(): Promise<number>;
  verify(): Promise<AuditVerification>;
  /**
   * Checks at most so many links more than the last call did, in this process or another, and begins again at the end: what was
   * changed behind it is found in the next round.
   */
  verifyNext(most: number): Promise<AuditProgress>;
}

export interface AuditReader {
  query(
    filter: { actor?: string; action?: string; subject?: string; fromMs?: number; toMs?: number },
    limit: number,
    cursor: string | null,
  ): Promise<Page<AuditEntry>>;
  /** Checks every link of the chain; reads the whole audit. */
  verify(): Promise<AuditVerification>;
}

/** One call to a language model: what was asked, what came back, what of it was dropped, what it cost. */
export type ModelTurnRecord = {
  readonly attempt: number;
  readonly turn: number;
  /** More than one: a process ended while it was asked. */
  readonly tries: number;
  readonly provider: string;
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  /** SHA-256 of both, with an empty line between them; and of the output. */
  readonly promptHash: string;
  readonly outputHash: string | null;
  /** Null while it is under way. */
  readonly outcome: string | null;
  readonly reason: string;
  readonly output: string | null;
  readonly dropped: readonly Dropped[];
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** What counts against the budgets. */
  readonly usd: number;
  readonly latencyMs: number | null;
  readonly askedAtMs: number;
  readonly answeredAtMs: number | null;
};

export interface ModelTurnReader {
  /** In the order they were asked; empty when no model was. */
  turnsOf(incidentId: string): Promise<readonly ModelTurnRecord[]>;
}

/** Talks to running incident workflows. Refusals carry one of workflows/messages.ts' reasons. */
export interface IncidentMessenger {
  /** Update when the workflow answers in time, else signal; throws only when neither could be handed over. */
  approvalDecided(incidentId: string, decision: ApprovalDecided): Promise<void>;
  takeOver(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  abort(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  /** Closes what a person has in hand. */
  close(incidentId: string, actor: string, reason: string): Promise<{ accepted: boolean; reason: string }>;
  addNote(
    incidentId: string,
    noteId: string,
    actor: string,
    text: string,
  ): Promise<{ accepted: boolean; reason: string }>;
}

/** An open incident as the record has it: what a new workflow starts from, and what says whether it may. */
export type IncidentRecord = {
  readonly state: IncidentState;
  /** The latest events. */
  readonly timeline: readonly IncidentEvent[];
  readonly evidenceRefs: readonly string[];
  /** How often it was claimed for a restart, this time included. */
  readonly restarts: number;
  /** Something passed the gate for it. */
  readonly hasActed: boolean;
  readonly episodeOpen: boolean;
};

export interface IncidentRestarts {
  /** Ids of all incidents that are open by the record. */
  open(): Promise<readonly string[]>;
  /** For one process at a time; null when another has it, or when it is closed. */
  claim(incidentId: string): Promise<IncidentRecord | null>;
}

export interface IncidentWorkflows {
  /** Why the incident has no running workflow; null when it has one. */
  goneReason(incidentId: string): Promise<string | null>;
  /** Starts a workflow from the record; false when one runs already. `handOver`: why a person must go on with it. */
  restart(
    record: Pick<IncidentRecord, 'state' | 'timeline' | 'evidenceRefs'>,
    restart: { readonly reason: string; readonly handOver: string | null },
  ): Promise<boolean>;
}

/** One dependency as `/ready`, `doctor` and the status page show it. */
export type ComponentHealth = {
  readonly name: string;
  readonly ok: boolean;
  readonly required: boolean;
  readonly detail: string;
  /** How long the look took. Absent for parts that are not looked at. */
  readonly latencyMs?: number;
};

/** What waits to be worked off, for the people who watch over Sentinel itself. */
export type Queues = {
  readonly inboxPending: number;
  /** Accepted, but not worked off after many tries; the reason stands in the inbox. */
  readonly inboxDead: number;
  /** When the oldest pending item came in. */
  readonly inboxOldestMs: number | null;
  readonly decisionsUndelivered: number;
  readonly approvalsPending: number;
  readonly incidentsOpen: number;
  /** Rows of telemetry that wait in this process to be written; null where there is no history. */
  readonly historyRows: number | null;
};

export interface QueueReader {
  depths(): Promise<Queues>;
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

export type ExplainedItem = {
  readonly id: string;
  readonly eventId: string | null;
  readonly kind: 'anomaly' | 'change';
  readonly state: 'firing' | 'cleared' | null;
  readonly environment: string;
  readonly service: string;
  readonly summary: string;
  readonly seriesKey: string | null;
  readonly receivedAtMs: number;
  readonly repeats: number;
  readonly repeatedAtMs: number | null;
  readonly status: 'pending' | 'done' | 'dead';
  readonly attempts: number;
  readonly reason: string | null;
  readonly nextAttemptAtMs: number | null;
  readonly finishedAtMs: number | null;
  readonly incidentId: string | null;
  readonly incidentTitle: string | null;
  readonly incidentClosedAtMs: number | null;
};

/** Telemetry without effect, added up per service and reason. */
export type RefusedTelemetry = {
  readonly environment: string;
  readonly service: string;
  readonly signal: string;
  readonly reason: string;
  readonly records: number;
  readonly example: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
};

export interface RecordReader {
  /** Events, alerts and anomalies of this id, newest first; refused telemetry of the service of this name. */
  explain(id: string): Promise<{
    readonly items: readonly ExplainedItem[];
    readonly refused: readonly RefusedTelemetry[];
  }>;
}

export type KnownService = {
  readonly environment: string;
  readonly service: string;
  readonly calls: readonly string[];
  readonly calledBy: readonly string[];
  readonly seenAtMs: number;
};

export interface ServiceReader {
  /** Services that called or were called, or had an incident; by environment and name. */
  list(
    environment: string | null,
    limit: number,
    cursor: string | null,
    reach?: Reach,
  ): Promise<Page<KnownService>>;
}

/** What executors see of the things they act on. There is no way from here to an effect. */
export interface Infrastructure {
  readonly environments: readonly string[];
  /** Asks every executor of an environment, for a few seconds at most; who does not answer is `missing`. */
  observe(environment: string): Promise<{
    targets: readonly TargetState[];
    missing: readonly { executor: string; reason: string }[];
  }>;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured log lines. `child` adds ids (request, trace, incident) to every line written through it. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(bindings: LogFields): Logger;
}

/** Sentinel's own metrics. Names, units and label names stand in one table (adapters/telemetry/metric-table.ts). */
export interface Metrics {
  /** Adds to a counter; `value` defaults to 1. */
  count(name: string, labels: Readonly<Record<string, string>>, value?: number): void;
  observe(name: string, labels: Readonly<Record<string, string>>, value: number): void;
  gauge(name: string, labels: Readonly<Record<string, string>>, value: number): void;
}

/** A payload as Temporal's protocol for codec servers writes it: base64 throughout. */
export type WirePayload = {
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly data?: string | undefined;
};

export interface TemporalPayloads {
  /** In the same order; what is not Sentinel's, or was changed, comes back as it is. */
  open(payloads: readonly WirePayload[]): Promise<readonly WirePayload[]>;
}
