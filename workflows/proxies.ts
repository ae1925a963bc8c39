// Every timeout and retry of the incident workflow, on one screen: one proxy per class of call.
//
// No scheduleToClose anywhere: while all workers are down, time passes and nothing is wrong with the incident. Attempts
// are bounded instead, because an attempt only counts when a worker made it. Values are milliseconds.
//
// Every activity heartbeats: when a worker dies, what it was doing is done again 8 s later, not after the whole time the
// activity might have taken. Eight seconds forgive a busy process three missed beats.

import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/types.ts';
import type { Diagnosis } from '../domain/diagnosis/diagnosis.ts';
import * as priorities from '../domain/incident/priorities.ts';

const heartbeatTimeout = 8_000;

/**
 * Records: what must be written before the incident may go on. Small Postgres transactions, so 10 s means that the worker
 * or the store is gone. Retried for ever: an incident waits for its store, it never goes on without a record.
 */
export const records = proxyActivities<
  Pick<
    Activities,
    | 'recordEvents'
    | 'requestApproval'
    | 'readApproval'
    | 'readStop'
    | 'readSilences'
    | 'firingAlerts'
    | 'closeEpisode'
    | 'returnAnomalies'
    | 'endRollback'
    | 'noteRollbackVerified'
  >
>({
  startToCloseTimeout: 10_000,
  heartbeatTimeout,
  priority: priorities.first,
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 30_000 },
});

/**
 * Analysis: reads stores and observes targets, changes nothing. Each source has its own short timeout inside, so 30 s is
 * a lost worker. Ten attempts are about four minutes: past that, a person knows sooner what to do than a retry.
 */
export const analysis = proxyActivities<Pick<Activities, 'enrich' | 'makePlan' | 'evaluatePolicy'>>({
  startToCloseTimeout: 30_000,
  heartbeatTimeout,
  priority: priorities.next,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 60_000, maximumAttempts: 10 },
});

/**
 * Models: every provider has its own time-out inside (two minutes at most), so more than that is a lost worker. A turn that
 * was answered is stored: a retry reads it. The incident does not wait for the end of a turn that it gave up.
 */
export const models = proxyActivities<Pick<Activities, 'modelTurn'>>({
  startToCloseTimeout: 150_000,
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 3 },
});

/**
 * Checks: asked again and again by the verification loop, so one failed answer is only one missing answer. 15 s is what a
 * query over some minutes of history may take on a loaded store.
 */
export const checks = proxyActivities<Pick<Activities, 'verify'>>({
  startToCloseTimeout: 15_000,
  heartbeatTimeout,
  priority: priorities.first,
  retry: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 3 },
});

/**
 * Gate: one transaction, idempotent by intent id. Without it there is no effect, so after twenty attempts (about eight
 * minutes without a store) the incident goes to a person instead of acting late.
 */
export const gate = proxyActivities<Pick<Activities, 'passGate'>>({
  startToCloseTimeout: 10_000,
  heartbeatTimeout,
  priority: priorities.first,
  retry: { initialInterval: 200, backoffCoefficient: 2, maximumInterval: 30_000, maximumAttempts: 20 },
});

/**
 * Effects: a retry never repeats an effect blindly (the activity looks at the world first), so it may be retried. Five
 * minutes cover a slow rollout call with its look-ups. An effect is never abandoned half-way: cancellation waits until
 * its outcome is known.
 */
export const effects = proxyActivities<Pick<Activities, 'execute'>>({
  startToCloseTimeout: 300_000,
  heartbeatTimeout,
  priority: priorities.first,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000, maximumAttempts: 10 },
});

/** Best effort: an incident is never worse off for a postmortem that was not written. Three attempts, then go on. */
export const bestEffort = proxyActivities<Pick<Activities, 'draftPostmortem'>>({
  startToCloseTimeout: 15_000,
  heartbeatTimeout,
  priority: priorities.last,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 3 },
});

/** Only replayed (changes.ts): no worker has these any more. */
export const replayed = proxyActivities<{
  notify(input: { incidentId: string; kind: string; text: string }): Promise<void>;
  diagnose(input: { incidentId: string; attempt: number; evidenceRef: string }): Promise<Diagnosis>;
}>({
  startToCloseTimeout: 15_000,
  heartbeatTimeout,
  retry: { initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 5_000, maximumAttempts: 3 },
});
