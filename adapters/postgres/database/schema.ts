// The tables as the code sees them. Conventions:
// - Instants are bigint milliseconds since the epoch, as everywhere in Sentinel: no conversion, no time zone, no second
//   spelling. Where the moment decides (leases, deadlines, limits) it is the database's own clock, see clock.ts.
// - Whole values are `json`, not `jsonb`: they are kept and given back, never searched, and `jsonb` refuses \u0000.
//   What is searched is a column of its own.

import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { AgentExecutor, AgentQuestion } from '../../../domain/agent/line.ts';
import type { AuditAction } from '../../../domain/audit/event.ts';
import type { JoinReason } from '../../../domain/correlation/join-reasons.ts';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Budget } from '../../../domain/detection/watch/budget-watch.ts';
import type { Diagnosis, Evidence } from '../../../domain/diagnosis/diagnosis.ts';
import type { DiagnosisInput } from '../../../domain/diagnosis/input.ts';
import type { Dropped } from '../../../domain/diagnosis/opinion.ts';
import type { IncidentEvent, IncidentEventType, RollbackNews } from '../../../domain/incident/events.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import type { IncidentOutcome, IncidentStatus, StopKind } from '../../../domain/incident/status.ts';
import type { OwnPart } from '../../../domain/inventory/own-parts.ts';
import type { Attributes, ChangeEvent } from '../../../domain/observation.ts';
import type { Reach } from '../../../domain/policy/reach.ts';
import type { Verdict } from '../../../domain/policy/verdict.ts';
import type { Intent, IntentStatus } from '../../../domain/remediation/intent.ts';
import type { EffectOutcome } from '../../../domain/remediation/limits.ts';
import type { RollbackOutcome } from '../../../domain/remediation/rollback.ts';
import type { KeyRole, Role } from '../../../domain/role.ts';
import type { Scope, Severity } from '../../../domain/scope.ts';
import type { LabelSet } from '../../../domain/silences/labels.ts';
import type { Silence } from '../../../domain/silences/silence.ts';

/** Written as text, read as the value. */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;

export type Schema = {
  inbox: {
    seq: Generated<number>;
    id: string;
    kind: 'anomaly' | 'change';
    /** Items of one key are taken in their order: a clear never before its anomaly. */
    ordering_key: string;
    body: Json<Anomaly | ChangeEvent>;
    status: 'pending' | 'done' | 'dead';
    received_at_ms: number;
    /** When it may be taken: the end of the lock, or of the pause before a retry. */
    available_at_ms: number;
    taken: Generated<boolean>;
    attempts: Generated<number>;
    /** Times in a row it was taken by a process that never said how it went. */
    lost: Generated<number>;
    reason: string | null;
    finished_at_ms: number | null;
    /** As its sender named it; findings of detection have none. */
    event_id: string | null;
    /** Times it was put again. */
    repeats: Generated<number>;
    repeated_at_ms: number | null;
    /** What it is about, so that what belongs together is taken together. */
    service: string | null;
    /** Times somebody put it back after it was given up. */
    replays: Generated<number>;
  };
  dead_letter_replays: {
    topic: string;
    partition: number;
    record_offset: number;
    failures: number;
    by_actor: string;
    begun_at_ms: number;
    sent_at_ms: number | null;
    /** Of all records that were sent for it, the one that was taken. */
    taken_partition: number | null;
    taken_offset: number | null;
  };
  silences: {
    id: string;
    version: number;
    body: Json<Silence>;
    /** Whose it is, and its id there; null: Sentinel's own. */
    source: string | null;
    source_id: string | null;
    created_at_ms: number;
    /** Null: it comes again and again. */
    last_end_ms: number | null;
    ended_at_ms: number | null;
  };
  silence_versions: { id: string; version: number; body: Json<Silence> };
  silence_changes: { id: Generated<number>; latest: string };
  /** Findings that a silence keeps, or kept, from an incident. */
  silenced_findings: {
    silence_id: string;
    anomaly_id: string;
    environment: string;
    service: string;
    severity: Severity;
    summary: string;
    body: Json<Anomaly>;
    event_id: string | null;
    first_at_ms: number;
    last_at_ms: number;
    /** Judged again then; null: it has cleared, or was. */
    due_at_ms: number | null;
  };
  refused_telemetry: {
    environment: string;
    service: string;
    signal: string;
    reason: string;
    records: number;
    example: string;
    first_at_ms: number;
    last_at_ms: number;
  };
  telemetry_resources: {
    environment: string;
    service: string;
    resource_id: string;
    attributes: Json<Attributes>;
    seen_at_ms: number;
  };
  changes: { id: string; environment: string; service: string; at_ms: number; body: Json<ChangeEvent> };
  service_edges: { environment: string; caller: string; callee: string; seen_at_ms: number };
  episodes: {
    incident_id: string;
    fingerprint: string;
    episode: number;
    environment: string;
    scope: Json<Scope>;
    severity: Severity;
    title: string;
    opened_at_ms: number;
    last_anomaly_ms: number;
    closed_at_ms: number | null;
    outcome: IncidentOutcome | 'abandoned' | null;
    /** A person has it, and it is not over. */
    handed_over_at_ms: Generated<number | null>;
    /** The incident that ended shortly before with the same symptom; which time it is there, and since when. */
    follows: Generated<string | null>;
    times: Generated<number>;
    first_opened_at_ms: Generated<number | null>;
  };
  /** Other people's alerts: the latest occurrence of each. */
  alerts: {
    key: string;
    occurrence: number;
    state: 'firing' | 'resolved';
    fired: boolean;
    starts_at_ms: number | null;
    ends_at_ms: number | null;
    changed_at_ms: number;
    stream: string | null;
    position: number | null;
    anomaly_id: string;
    /** As it was last told. */
    anomaly: Json<Anomaly>;
    /** Who told of it; null for those that were told before it was kept. */
    source: string | null;
  };
  episode_services: { incident_id: string; service: string };
  /** `mark`: the key of a mark that an alert about the service has (domain/correlation/marks.ts). */
  episode_marks: { incident_id: string; service: string; mark: string; at_ms: number };
  anomaly_assignments: {
    anomaly_id: string;
    incident_id: string;
    assigned_at_ms: number;
    /** The incident's workflow has recorded it. */
    heard: Generated<boolean>;
    series_key: Generated<string | null>;
    /** It rests on a sender that nobody vouches for. */
    unvouched: Generated<boolean>;
    /** Why it is in this incident, and what it says; null for those that were assigned before it was kept. */
    reason: Generated<JoinReason | null>;
    why: Generated<string | null>;
    finding_service: Generated<string | null>;
    finding_severity: Generated<Severity | null>;
    finding_title: Generated<string | null>;
    /** What silences ask about. */
    finding_labels: ColumnType<LabelSet | null, string | null | undefined, string | null>;
  };
  incidents: {
    id: string;
    environment: string;
    service: string;
    title: string;
    severity: Severity;
    status: IncidentStatus;
    outcome: IncidentOutcome | null;
    attempt: number;
    plan_hash: string | null;
    opened_at_ms: number;
    updated_at_ms: number;
    closed_at_ms: number | null;
    last_seq: number;
    state: Json<IncidentState>;
    /** The transaction that changed it last (xid8, as text). */
    changed_xid: Generated<string>;
  };
  notification_channels: { name: string; since_ms: number; noticed: string };
  notifications: {
    channel: string;
    incident_id: string;
    /** The incident's `last_seq` as it was last noticed. */
    wanted_seq: number;
    delivered_seq: Generated<number>;
    memory: NullableJson<Readonly<Record<string, unknown>>>;
    told_at_ms: number | null;
    attempts: Generated<number>;
    failing_since_ms: number | null;
    noted_since_ms: number | null;
    last_error: string | null;
    next_at_ms: Generated<number>;
    lease: string | null;
    locked_until_ms: Generated<number>;
    /** Told without calling anybody: it belongs to a page that people have had. */
    quiet: Generated<boolean>;
    /** When it is looked at without any news. */
    look_again_at_ms: Generated<number | null>;
  };
  own_processes: { process_id: string; role: string; parts: Json<readonly OwnPart[]>; at_ms: number };
  learnt_states: {
    environment: string;
    service: string;
    key: string;
    until_ms: number;
    state: Uint8Array;
    kept_at_ms: number;
  };
  error_budgets: {
    environment: string;
    service: string;
    kind: Budget['kind'];
    budget: Json<Budget>;
    at_ms: number;
  };
  change_looks: { name: string; environment: string; at_ms: number };
  watch_positions: { name: string; environment: string; position: string; saved_at_ms: number };
  own_lag: { process_id: string; role: string; overloads: Json<readonly string[]>; at_ms: number };
  slack_requests: { signature: string; seen_at_ms: number };
  incident_events: {
    incident_id: string;
    seq: number;
    at_ms: number;
    type: IncidentEventType;
    body: Json<IncidentEvent>;
    digest: string;
    /** One order over all incidents; see event-feed.ts for when it may be relied on. */
    position: GeneratedAlways<number>;
  };
  /** Transactions that are adding events now: every position of theirs is above `floor`. A view. */
  announced_events: { floor: GeneratedAlways<number> };
  evidence: {
    ref: string;
    incident_id: string;
    attempt: number;
    input: Json<DiagnosisInput>;
    items: Json<readonly Evidence[]>;
    saved_at_ms: number;
  };
  diagnoses: {
    incident_id: string;
    attempt: number;
    /** The latest that was stored. */
    body: Json<Diagnosis>;
    statistical: NullableJson<Diagnosis>;
    /** Of all that were stored together. */
    missing: Json<readonly string[]>;
    contested: boolean;
    saved_at_ms: number;
  };
  plans: {
    seq: Generated<number>;
    plan_hash: string;
    incident_id: string;
    attempt: number;
    canonical: Uint8Array;
    verdict: NullableJson<Verdict>;
    saved_at_ms: number;
  };
  approval_requests: {
    seq: Generated<number>;
    incident_id: string;
    plan_hash: string;
    role: Role;
    quorum: number;
    requested_at_ms: number;
    deadline_ms: number;
    resolution: 'granted' | 'rejected' | null;
    round: Generated<number>;
    because: string | null;
    /** Votes from before do not count: they were for a moment that has passed. */
    counts_from_ms: Generated<number>;
  };
  approvals: {
    seq: Generated<number>;
    id: string;
    incident_id: string;
    plan_hash: string;
    actor: string;
    key_id: string;
    role: Role;
    decision: 'approve' | 'reject';
    reason: string;
    decided_at_ms: number;
    delivered_at_ms: number | null;
    /** Of the request that it answered. */
    round: Generated<number>;
  };
  intents: {
    id: string;
    incident_id: string;
    plan_hash: string;
    step: number;
    direction: Intent['direction'];
    environment: string;
    target_key: string;
    /** Keys of what the effect touches besides its target. */
    touches: readonly string[];
    /** The request of a person that it undoes something for. */
    rollback: Generated<string | null>;
    step_key: string;
    fence: number;
    body: Json<Omit<Intent, 'fence'>>;
    status: IntentStatus;
    result: string | null;
    written_at_ms: number;
    /** When the call was let out: from then on it may have happened, whatever became of its answer. */
    sent_at_ms: number | null;
    updated_at_ms: number;
    /** How often it was let out. */
    sends: Generated<number>;
    /** Until when the latest call may begin. */
    not_after_ms: number | null;
    /** What the vendor has taken on, by its latest send, and when that was recorded. */
    handle: string | null;
    accepted_at_ms: number | null;
  };
  /** What a person found out about an effect of unknown outcome. */
  effect_settlements: {
    intent_id: string;
    incident_id: string;
    happened: boolean;
    actor: string;
    reason: string;
    at_ms: number;
    /** When its incident had it as an event. */
    delivered_at_ms: number | null;
  };
  rollback_requests: {
    id: string;
    /** The effect that is to be undone. */
    intent_id: string;
    incident_id: string;
    /** How many people have to ask for it. */
    quorum: number;
    asked_at_ms: number;
    expires_at_ms: number;
    /** When its workflow was started. */
    started_at_ms: number | null;
    ended_at_ms: number | null;
    outcome: RollbackOutcome | null;
    reason: string | null;
  };
  rollback_votes: { request_id: string; actor: string; key_id: string; reason: string; at_ms: number };
  rollback_news: {
    seq: GeneratedAlways<number>;
    id: string;
    incident_id: string;
    body: Json<RollbackNews>;
    /** When its incident had it as an event. */
    delivered_at_ms: number | null;
  };
  leases: { target_key: string; incident_id: string; fence: number; expires_at_ms: number };
  fences: { target_key: string; last_fence: number };
  breaker: {
    environment: string;
    /** Effects in a row that failed or did not help. */
    failures_in_a_row: number;
    /** Which row that is: an effect that helps begins the next. */
    row_id: Generated<number>;
    last_failure_ms: number;
  };
  /** What became of each effect, as far as it was found out. */
  embeddings: {
    space: string;
    digest: string;
    vector: readonly number[];
    used_at_ms: number;
  };
  /** Ended incidents, by the memory that has them. */
  remembered_incidents: {
    memory: string;
    incident_id: string;
    remembered_at_ms: number;
  };
  effect_outcomes: {
    intent_id: string;
    environment: string;
    service: string;
    action: string;
    direction: Intent['direction'];
    outcome: EffectOutcome;
    at_ms: number;
    /** The row of failures that has counted it as one of its own (`breaker.row_id`). */
    counted_in_row: number | null;
  };
  /** Those that only a person closes; `action` '*' is for all of the environment. */
  breakers: {
    environment: string;
    action: string;
    opened_at_ms: number;
    reason: string;
    reset_at_ms: number | null;
    reset_by: string | null;
  };
  kill_switch: {
    environment: string;
    engaged: boolean;
    by_actor: string;
    by_role: KeyRole;
    reason: string;
    at_ms: number;
  };
  incident_stops: {
    incident_id: string;
    kind: StopKind | 'close';
    actor: string;
    key_id: string;
    reason: string;
    at_ms: number;
    /** When the workflow had heard of it. */
    delivered_at_ms: number | null;
  };
  incident_restarts: { incident_id: string; restarts: number; claimed_at_ms: number };
  postmortems: { incident_id: string; markdown: string; digest: string; saved_at_ms: number };
  model_turns: {
    incident_id: string;
    attempt: number;
    turn: number;
    status: 'reserved' | 'finished';
    /** How often the model was (or may have been) asked: again after a process that never said how it went. */
    tries: number;
    provider: string;
    model: string;
    system: string;
    prompt: string;
    prompt_hash: string;
    outcome: string | null;
    reason: string | null;
    output: string | null;
    output_hash: string | null;
    dropped: NullableJson<readonly Dropped[]>;
    input_tokens: number | null;
    output_tokens: number | null;
    latency_ms: number | null;
    /** What counts against the budgets: estimates while it runs, and for tries that were lost. */
    tokens: number;
    microdollars: number;
    reserved_at_ms: number;
    finished_at_ms: number | null;
  };
  audit: {
    seq: Generated<number>;
    at_ms: number;
    actor: string;
    action: AuditAction;
    subject: string;
    reason: string;
    plan_hash: string | null;
    canonical: Uint8Array;
    digest: string;
  };
  /** At most one row. */
  audit_check: {
    only_one: Generated<boolean>;
    position: number;
    hash: Uint8Array;
    at_ms: number;
  };
  audit_chain: { position: number; audit_seq: number; hash: Uint8Array };
  audit_pending: { audit_seq: number };
  /** The latest session of each machine's agent. */
  agents: {
    host: string;
    session: string;
    /** Which record of effects the agent keeps on its disk. */
    journal: string;
    version: string;
    executors: Json<readonly AgentExecutor[]>;
    /** How far its clock is ahead of the database's. */
    skew_ms: number;
    connected_at_ms: number;
    seen_at_ms: number;
    /** After that it is not there any more, unless it says something. */
    there_until_ms: number;
  };
  agent_requests: {
    id: string;
    host: string;
    body: Json<AgentQuestion>;
    /** Of an effect: its intent, the number of the call, and until when it may begin. */
    intent_id: string | null;
    send: number | null;
    not_after_ms: number | null;
    asked_at_ms: number;
    until_ms: number;
    /** The session that has it; null while it waits for one. */
    session: string | null;
    ended: 'answered' | 'lost' | 'withdrawn' | null;
    answer: NullableJson<unknown>;
  };
  api_keys: {
    key_id: string;
    name: string;
    role: KeyRole;
    hash: Uint8Array;
    /** Whom the key counts for, wherever people are counted. */
    person: string;
    /** Whose it is, by name; it may do no more than they may. */
    belongs_to: string | null;
    /** Where it speaks; null is everywhere. */
    reach: NullableJson<Reach>;
    /** Of an agent's key: the machine it is good for. */
    host: string | null;
    expires_at_ms: number | null;
    /** To the minute. */
    last_used_at_ms: number | null;
    created_at_ms: number;
    created_by: string;
    revoked_at_ms: number | null;
    revoked_by: string | null;
  };
  sessions: {
    token_hash: Uint8Array;
    key_id: string;
    created_at_ms: number;
    last_seen_at_ms: number;
    expires_at_ms: number;
  };
};
