// How long the incident workflow waits for what, where the configuration does not say: milliseconds and counts.

import type { GateRefusal } from '../domain/remediation/intent.ts';
import type { IncidentInput } from './messages.ts';

/** The store is asked again this often even without a nudge: a nudge may be lost, the stored decision is not. */
export const approvalRereadMs = 10 * 60_000;

/** Clocks of workers and store may differ: so long after the deadline the store may still say `pending`. */
export const approvalGraceMs = 30_000;

/** How often people are asked about one plan: rules that keep changing are for people, too, but not for ever. */
export const maxRounds = 4;

/** After a look that found the symptom still there although its anomalies had cleared: not again before this. */
export const recoveryRecheckMs = 30_000;

/** A plan this old is about a world that may have changed: look again before acting on it. */
export const stalePlanMs = 2 * 60_000;

/** Early evidence is thin: an analysis that found nothing to try is repeated this often, each time `settleMs` later. */
export const maxReanalyses = 2;

/** A reading that would tell more is waited for, so long at most: people are told sooner of an incident that lasts. */
export const longestAwaitedMs = 5 * 60_000;

/**
 * An overloaded Sentinel has seen late and little: what it would conclude waits until it has caught up. Three minutes outlast
 * a burst; a Sentinel that never catches up says what it can, and that it is behind, rather than nothing.
 */
export const catchUp = { everyMs: 10_000, forMs: 3 * 60_000 } as const;

/** Turns of one consultation: an answer and its repair from three providers. What they cost is bounded by budgets. */
export const maxModelTurns = 6;

/** A storm has more alerts than an incident keeps: what still fires is asked of the store this often. */
export const firingRecheckMs = 60_000;

/** How many looks a recovery without any effect gets, one every `verifyIntervalMs`. */
export const recoveryLooks = 3;

/** How many looks, one every `verifyIntervalMs`, a symptom that is passing gets before something is done about it. */
export const passingLooks = 6;

/** And how many where part of it has cleared and nothing measured is bad: a detector of bursts clears seconds after the others. */
export const clearingLooks = 30;

/** Events kept for the `timeline` query and carried over continue-as-new; the whole timeline is in the store. */
export const keptEvents = 100;

/** Events of one call to the record: a storm's are up to 3 kB each, and a payload may have 2 MB. */
export const longestRecord = 200;

/** How long a change that nobody can judge is held, where a run's settings are from before there was a setting for it. */
export const defaultHoldMs = 30 * 60_000;

/** A held change is looked at this often over the whole time, but no more often than any other. */
export const looksWhileHeld = 60;

/**
 * Looks that are this close together are made by one activity, for so long: a fraction of the history, and far within the
 * time-out of a check even when each look takes long.
 */
export const looksInOneCall = { everyMs: 4_000, forMs: 8_000 } as const;

/** A silence that was ended early is noticed after a tenth of the time it has lasted, within these. */
export const silenceRecheck = { leastMs: 5_000, mostMs: 5 * 60_000, share: 0.1 } as const;

/** A run continues as new at the latest then: far below what Temporal ends a run for (51,200 events, 50 MB). */
export const longestHistory = { events: 4_000, bytes: 8_000_000 } as const;

export type Patience = { readonly everyMs: number; readonly forMs: number };

/**
 * Which refusals of the gate pass by themselves. Leases end with the other incident's step, and so does a call that is under
 * way; an executor that cannot be reached comes back; a rollout comes to its end, and so does what other incidents
 * do at the same time; limits end with their window. The
 * kill switch is a person's decision: fifteen minutes cover a look at what is going on, after that the person who
 * engaged it should have this incident on the desk rather than find it acting later. The rest do not change by waiting.
 */
export function gatePatience(reason: GateRefusal): Patience | null {
  switch (reason) {
    case 'target-leased':
    case 'target-unsettled':
    case 'target-unseen':
    case 'rollout-in-progress':
    case 'too-much-at-once':
    case 'step-unfinished':
    case 'still-at-work':
      return { everyMs: 5_000, forMs: 5 * 60_000 };
    case 'rate-limited':
      return { everyMs: 30_000, forMs: 15 * 60_000 };
    case 'kill-switch':
      return { everyMs: 30_000, forMs: 15 * 60_000 };
    // Its target is: what all of is silenced waits for as long as that lasts (steps/silence.ts).
    case 'silenced':
      return { everyMs: 30_000, forMs: 15 * 60_000 };
    // Sentinel is behind: what it wants to do may be about a moment that is long over.
    case 'overloaded':
      return { everyMs: 10_000, forMs: 15 * 60_000 };
    case 'no-plan':
    case 'plan-changed':
    case 'no-grant':
    case 'approval-needed':
    case 'grant-expired':
    case 'rejected':
    case 'policy-denied':
    case 'once-rule':
    case 'breaker-open':
    case 'incident-closed':
    case 'stopped':
    case 'not-opened':
    case 'out-of-order':
    case 'target-changed':
    case 'target-protected':
    case 'not-needed':
      return null;
  }
}

/**
 * How long a verification may take: as configured, or as long as its telemetry needs for an answer, and a quarter more for what
 * comes late, within the limit for slow telemetry.
 */
export function timeToTell(
  { input }: { readonly input: Pick<IncidentInput, 'settings'> },
  answerTakesMs: number | undefined,
): number {
  const { verifyTimeoutMs, slowVerifyTimeoutMs = verifyTimeoutMs } = input.settings;
  const needsMs = Math.min(slowVerifyTimeoutMs, Math.ceil((answerTakesMs ?? 0) * 1.25));
  return Math.max(verifyTimeoutMs, needsMs);
}
