// Everything other parts may say to, or ask of, an incident workflow: the only workflow file api/ and ingest/ import.

import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { EffectSettled, IncidentEvent, RollbackNews } from '../domain/incident/events.ts';
import type { Follows } from '../domain/incident/follows.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { ActionId } from '../domain/remediation/actions/index.ts';
import type { HashedPlan } from '../domain/remediation/plan.ts';
import type { Scope, Severity } from '../domain/scope.ts';

/** The second argument of an incident workflow; null for a new incident. */
export type { Carried } from './carried.ts';

export const incidentWorkflowType = 'incident';
export const rollbackWorkflowType = 'rollback';
export const incidentTaskQueue = 'sentinel-incidents';

export type IncidentInput = {
  readonly incidentId: string;
  readonly fingerprint: string;
  readonly episode: number;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly title: string;
  /** The symptom was there before, and its incident ended shortly ago. */
  readonly follows?: Follows;
  /** Numbers from the configuration that the run keeps for its whole life. */
  readonly settings: IncidentSettings;
};

export type IncidentSettings = {
  /** How long to gather further anomalies before the first diagnosis. */
  readonly settleMs: number;
  readonly maxAttempts: number;
  readonly verifyIntervalMs: number;
  readonly verifyTimeoutMs: number;
  /** How long a verification may take where telemetry comes slowly; absent: no longer than any other. */
  readonly slowVerifyTimeoutMs?: number;
  /** How long a symptom must have lasted before the first effect; none when left out. Most spikes are over sooner. */
  readonly actAfterMs?: number;
  /** How long a symptom must stay gone, before any effect, to call it self-recovered. */
  readonly selfRecoveryMs: number;
  /** How long an analysis waits for a language model; absent: none is asked. */
  readonly modelBudgetMs?: number;
  /** How long a change that nobody can judge is kept and looked at before a person takes over. */
  readonly holdMs?: number;
  /** How long to watch an incident that needs no action before handing it to a person. */
  readonly watchMs: number;
  /**
   * How long what a person has in hand, or what only alerts tell of, must stay away to be over; and once it has come back.
   * Absent: an incident ends when it is handed over.
   */
  readonly staysAwayMs?: number;
  readonly flappingStaysAwayMs?: number;
  /** Who started it signs what goes through Temporal, so answers of activities must be signed, too. Absent in older runs. */
  readonly answersAreSigned?: true;
  /** Continue as new past this many history events, even when Temporal does not ask for it yet. */
  readonly continueAsNewAfterEvents?: number;
};

/** A rollback that enough people have asked for: the stored request is the authority, and this says which one, and what it is about. */
export type RollbackOrder = {
  readonly requestId: string;
  readonly incidentId: string;
  readonly planHash: string;
  readonly step: number;
  readonly stepKey: string;
  /** The action that is undone, and whom its target serves. */
  readonly action: ActionId;
  readonly targetService: string;
  readonly scope: Scope;
  readonly onsetMs: number;
  /** How far the incident was recorded: its symptoms are looked at afterwards. */
  readonly recordedSeq: number;
  readonly expiresAtMs: number;
};

export type RollbackInput = RollbackOrder & {
  readonly settings: Pick<IncidentSettings, 'verifyIntervalMs' | 'verifyTimeoutMs' | 'answersAreSigned'>;
};

export type ApprovalDecided = {
  /** Id of the row in the approvals table: the authority. This message only says "look". */
  readonly approvalId: string;
  readonly planHash: string;
  readonly actor: string;
  readonly decision: 'approve' | 'reject';
  readonly reason: string;
};

/** What one message says of one anomaly. */
export type AnomalyNews =
  | { readonly kind: 'observed'; readonly anomaly: Anomaly }
  | { readonly kind: 'cleared'; readonly anomalyId: string; readonly clearedMs: number };

export const anomalyObserved = defineSignal<[Anomaly]>('anomalyObserved');
export const anomalyCleared = defineSignal<[{ anomalyId: string; clearedMs: number }]>('anomalyCleared');
/** Several at once, in their order: a storm is few messages. */
export const anomalyNews = defineSignal<[readonly AnomalyNews[]]>('anomalyNews');
export const approvalDecided = defineSignal<[ApprovalDecided]>('approvalDecided');

export type Accepted = { readonly accepted: true };
export const decideApproval = defineUpdate<Accepted, [ApprovalDecided]>('decideApproval');
export const takeOver = defineUpdate<Accepted, [{ actor: string; reason: string }]>('takeOver');
export const abort = defineUpdate<Accepted, [{ actor: string; reason: string }]>('abort');
/** Closes what a person has in hand; what fires on after that opens the next incident when it is told again. */
export const closeIncident = defineUpdate<Accepted, [{ actor: string; reason: string }]>('closeIncident');
/** What a person found out about an effect that nobody could tell of; also of an incident that has just ended. */
export const effectSettled = defineUpdate<Accepted, [EffectSettled]>('effectSettled');
/** What people ask of an effect, and what came of it; told again until the record has it. */
export const rollbackNews = defineUpdate<Accepted, [RollbackNews]>('rollbackNews');
export const addNote = defineUpdate<Accepted, [{ noteId: string; actor: string; text: string }]>('addNote');

export const stateQuery = defineQuery<IncidentState>('state');
export const timelineQuery = defineQuery<readonly IncidentEvent[]>('timeline');
export const planQuery = defineQuery<HashedPlan | null>('plan');

/**
 * Failure type of a run that the record contradicts: it does not go on from what never was, and does nothing more. Another is
 * started from the record, as for any workflow that is gone.
 */
export const recordContradicted = 'RecordContradicted';

/** Failure type of a refused update; the message starts with one of these reasons. */
export const updateRefused = 'UpdateRefused';
export const updateRefusals = [
  'not-awaiting',
  'stale-plan',
  'already-decided',
  'expired',
  'closed',
  'handed-over',
  'not-handed-over',
  'invalid',
] as const;
export type UpdateRefusal = (typeof updateRefusals)[number];
