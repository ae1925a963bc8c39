// One run of the incident workflow: what its steps share, and what it takes along when it continues as new.

import { CancellationScope, CancelledFailure } from '@temporalio/workflow';
import type { Anomaly } from '../domain/detection/anomaly.ts';
import type { HandedOverEnd, IncidentOutcome, StopKind } from '../domain/incident/status.ts';
import type { Carried, Memory } from './carried.ts';
import { isFromBefore } from './changes.ts';
import { type Courier, createCourier } from './courier.ts';
import { type Journal, startJournal } from './journal.ts';
import type { IncidentInput } from './messages.ts';
import { createSaga, type Saga } from './saga.ts';

/** What a person asked of the run as a whole; the main loop is interrupted and acts on it. */
export type StopRequest = {
  readonly kind: StopKind;
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

export type Run = {
  readonly input: IncidentInput;
  /** A history from before `changes.ts` is replayed. */
  readonly fromBefore: boolean;
  readonly journal: Journal;
  readonly saga: Saga;
  readonly courier: Courier;
  memory: Memory;
  /** Set by a nudge (signal or update): the approval should be read again. */
  nudged: boolean;
  stop: StopRequest | null;
  /** A person closes what was handed over. */
  closing: { readonly actor: string; readonly reason: string } | null;
  /** Anomalies that came after the end, or that nobody had looked at by then: back to correlation, not to be lost. */
  late: Anomaly[];
  /** The scope of the runbook: cancelled by a stop request, or with the workflow. */
  readonly scope: CancellationScope;
};

const freshMemory: Memory = {
  failedCauses: [],
  evidenceRefs: [],
  reanalyses: 0,
  behindSinceMs: null,
  plannedAtMs: 0,
  lastLook: null,
  lastEffectAtMs: null,
  judged: [],
  verifying: null,
  watching: null,
};

/** Sets a run up, without waiting for anything: from its input, or from what the run before it carried over. */
export function startRun(input: IncidentInput, carried: Carried | null): Run {
  const fromBefore = isFromBefore();
  const journal = startJournal(input.incidentId, {
    state: carried?.state ?? null,
    timeline: carried?.timeline ?? [],
    fromBefore,
  });
  return {
    input,
    fromBefore,
    journal,
    saga: createSaga(carried?.compensations ?? []),
    courier: createCourier(input.incidentId, fromBefore),
    memory: { ...freshMemory, ...carried?.memory },
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
