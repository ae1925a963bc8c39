// The write-ahead record of one effect, and the closed set of reasons why the gate refuses one.

import { type TargetRef, targetKey } from '../inventory/target.ts';
import type { Role } from '../role.ts';
import type { ActionParameters, Facts } from './actions/action.ts';
import type { ActionId } from './actions/index.ts';
import type { PlanHash } from './plan.ts';
import type { TargetState } from './target.ts';

export type Intent = {
  /** Deterministic: incident, plan hash, step and direction, so that a retried gate call finds its own intent. */
  readonly id: string;
  readonly incidentId: string;
  readonly planHash: PlanHash;
  readonly step: number;
  /** `forward` effects fix; `compensation` effects undo a forward one (`undoes` names it). */
  readonly direction: 'forward' | 'compensation';
  readonly undoes?: string;
  /** Of a compensation that people asked for: the id of their request. */
  readonly rollback?: string;
  readonly action: ActionId;
  readonly target: TargetRef;
  /** Keys of what it takes hold of besides its target; absent when that is nothing. */
  readonly touches?: readonly string[];
  readonly executor: string;
  readonly parameters: ActionParameters;
  /** Grows with every intent for the target; an executor refuses a lower one than it has seen. */
  readonly fence: number;
  readonly before: TargetState;
  /** What the effect depends on, as it must be found when the call goes out: any one of these. */
  readonly expects: readonly Facts[];
};

/** Everything that is leased for it, each once, in the one order in which all lock. */
export function leasedKeys({ target, touches = [] }: Pick<Intent, 'target' | 'touches'>): readonly string[] {
  return [...new Set([targetKey(target), ...touches])].sort();
}

/**
 * `written`: nothing sent yet. `sent`: a call may be on its way or have happened; look at the world. `uncertain`: nobody can
 * tell whether it happened, and a person has to settle it. `applied` and `failed` (it did not happen) are final. What is
 * `sent` or `uncertain` keeps everybody else away from its target.
 */
export const intentStatuses = ['written', 'sent', 'uncertain', 'applied', 'failed'] as const;
export type IntentStatus = (typeof intentStatuses)[number];

/** One call of an effect to the outside. Calls of an intent are numbered; only one number is let out at a time. */
export type Send = {
  readonly number: number;
  /** Epoch milliseconds by the clock of the store; after it the call must not begin. */
  readonly notAfterMs: number;
};

export const gateRefusals = [
  'kill-switch',
  'stopped',
  /** People silenced it: nothing is done there meanwhile. */
  'silenced',
  'no-plan',
  'plan-changed',
  'no-grant',
  /** It was granted, and policy asks for more by now, or the votes count for less. */
  'approval-needed',
  /** Nobody approved in time; or it was approved, and that was too long ago: then people may be asked again. */
  'grant-expired',
  'rejected',
  'policy-denied',
  'target-leased',
  'target-unsettled',
  'target-unseen',
  'target-changed',
  /** Nothing may act on it: an inventory rule, its executor, or because Sentinel stands on it. */
  'target-protected',
  /** Somebody's change of the target is still being carried out. */
  'rollout-in-progress',
  /** What a step before it has done cannot be seen on its target (yet). */
  'step-unfinished',
  /** Of an undo: the target is as it was before the step; somebody has put it back. */
  'not-needed',
  'once-rule',
  'rate-limited',
  /** Other targets of its tier are being acted on already. */
  'too-much-at-once',
  'breaker-open',
  'incident-closed',
  /** Of a rollback that people asked for: Sentinel itself has not let go of the incident yet. */
  'still-at-work',
  'not-opened',
  'out-of-order',
  'overloaded',
] as const;
export type GateRefusal = (typeof gateRefusals)[number];

export type GateResult =
  | { readonly granted: true; readonly intent: Intent; readonly status: IntentStatus }
  | {
      readonly granted: false;
      readonly reason: GateRefusal;
      readonly detail: string;
      readonly needs?: NeededApproval;
    };

/** Of a refused effect: the approval that would let it through now. */
export type NeededApproval = {
  readonly role: Role;
  readonly quorum: number;
  readonly deadlineSeconds: number;
  /** Votes given before do not count: they were for a moment that has passed. */
  readonly afresh?: true;
};
