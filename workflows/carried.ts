// What a run of the incident workflow hands to the next one: when it continues as new, or when a workflow that was gone is
// started again from the record. Plain JSON.

import type { FailedCause } from '../activities/types.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { InPlace } from '../domain/remediation/in-place.ts';
import type { VerificationOutcome } from '../domain/remediation/verification.ts';
import type { PendingCompensation } from './saga.ts';

/** A verification under way: of the latest plan, until the deadline; `held` when it is the longer look of a held change. */
export type Verifying = { readonly deadlineMs: number; readonly held: boolean };

/** A watch under way. `known`: ids of the anomalies that it is about. */
export type Watching = {
  readonly reason: string;
  readonly deadlineMs: number;
  readonly known: readonly string[];
};

/** What the run remembers beside the incident's state. Plain JSON. */
export type Memory = {
  readonly failedCauses: readonly FailedCause[];
  readonly evidenceRefs: readonly string[];
  readonly reanalyses: number;
  /** Since when the analysis waits for Sentinel to catch up; null while it does not. */
  readonly behindSinceMs: number | null;
  /** When the latest plan was made. */
  readonly plannedAtMs: number;
  /** The latest look for a recovery without a further effect. */
  readonly lastLook: {
    readonly atMs: number;
    readonly outcome: VerificationOutcome;
    /** Where its telemetry comes slowly. */
    readonly answerTakesMs?: number;
  } | null;
  /** When the latest effect was complete; null before any. */
  readonly lastEffectAtMs: number | null;
  /** How long the targets of the latest plan settle, where their executors say so. */
  readonly settleMs?: number;
  /** What looks at the targets of the latest plan have come to. */
  readonly inPlace?: InPlace;
  /** Ids of the anomalies that an analysis, a look or a person has seen; bounded like the anomalies of the state. */
  readonly judged: readonly string[];
  /** The long loop that a continued run goes on with. */
  readonly verifying: Verifying | null;
  readonly watching: Watching | null;
};

/** Everything a continued run starts from. Plain JSON; an earlier version's may lack what is newer. */
export type Carried = {
  readonly state: IncidentState;
  readonly timeline: readonly IncidentEvent[];
  readonly compensations: readonly PendingCompensation[];
  readonly memory: Partial<Memory>;
  /** Set when the workflow was gone and is started again from the record. */
  readonly restart?: Restart;
  readonly late?: readonly Anomaly[];
};

/** `handOver`: why a person must go on from here; null when the incident may be worked on from its record. */
export type Restart = { readonly reason: string; readonly handOver: string | null };
