// One run of the incident workflow: what its steps share, and what it takes along when it continues as new.

import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import type { FailedCause } from '../activities/types.ts';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { IncidentEvent } from '../domain/incident/events.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { HandedOverEnd, IncidentOutcome } from '../domain/incident/status.ts';
import type { VerificationOutcome } from '../domain/remediation/verification.ts';
import { type Courier, createCourier } from './courier.ts';
import { type Journal, startJournal } from './journal.ts';
import type { IncidentInput } from './messages.ts';
import { createSaga, type PendingCompensation, type Saga } from './saga.ts';

/** What a person asked of the run as a whole; the main loop is interrupted and acts on it. */
export type StopRequest = {
  readonly kind: 'take-over' | 'abort';
  readonly actor: string;
  readonly reason: string;
};

/** How an incident ends; `actor` is who ended it (`sentinel` when nobody did). */
export type Ending = {
  readonly outcome: IncidentOutcome;
  readonly reason: string;
  readonly actor: string;
  /** Of an incident that a person had in hand. */
  readonly end?: HandedOverEnd;
};

/** What the run remembers beside the incident's state. Plain JSON. */
export type Memory = {
  readonly failedCauses: readonly FailedCause[];
  readonly evidenceRefs: readonly string[];
  readonly reanalyses: number;
  /** When the latest plan was made. */
  readonly plannedAtMs: number;
  /** The latest look for a recovery without a further effect. */
  readonly lastLook: { readonly atMs: number; readonly outcome: VerificationOutcome } | null;
  /** When the latest effect was complete; null before any. */
  readonly lastEffectAtMs: number | null;
};

/** Everything a continued run starts from. Plain JSON. */
export type Carried = {
  readonly state: IncidentState;
  readonly timeline: readonly IncidentEvent[];
  readonly compensations: readonly PendingCompensation[];
  readonly memory: Memory;
  readonly late?: readonly Anomaly[];
};

export type Run = {
  readonly input: IncidentInput;
  readonly journal: Journal;
  readonly saga: Saga;
  readonly courier: Courier;
  memory: Memory;
  /** Set by a nudge (signal or update): the approval should be read again. */
  nudged: boolean;
  stop: StopRequest | null;
  /** A person closes what was handed over. */
  closing: { readonly actor: string; readonly reason: string } | null;
  /** Anomalies that came after the end: not of this incident any more, and not to be lost. */
  late: Anomaly[];
  /** The scope of the runbook: cancelled by a stop request, or with the workflow. */
  readonly scope: CancellationScope;
};

const freshMemory: Memory = {
  failedCauses: [],
  evidenceRefs: [],
  reanalyses: 0,
  plannedAtMs: 0,
  lastLook: null,
  lastEffectAtMs: null,
};

/** Sets a run up, without waiting for anything: from its input, or from what the run before it carried over. */
export function startRun(input: IncidentInput, carried: Carried | null): Run {
  const journal = startJournal(input.incidentId, carried ?? { state: null, timeline: [] });
  return {
    input,
    journal,
    saga: createSaga(carried?.compensations ?? []),
    courier: createCourier(input.incidentId),
    memory: carried?.memory ?? freshMemory,
    nudged: false,
    stop: null,
    closing: null,
    late: [...(carried?.late ?? [])],
    scope: new CancellationScope({ cancellable: true }),
  };
}

/** Throws when the run was cancelled or stopped: asked right before what cannot be interrupted any more. */
export function throwIfStopped(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the incident was stopped');
}
