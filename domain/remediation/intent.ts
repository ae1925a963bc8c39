// The write-ahead record of one effect, and the closed set of reasons why the gate refuses one.

import type { ActionId, ActionParameters } from './actions.ts';
import type { PlanHash } from './plan.ts';
import type { TargetRef, TargetState } from './target.ts';

export type Intent = {
  /** Deterministic: incident, plan hash, step and direction, so that a retried gate call finds its own intent. */
  readonly id: string;
  readonly incidentId: string;
  readonly planHash: PlanHash;
  readonly step: number;
  /** `forward` effects fix; `compensation` effects undo a forward one (`undoes` names it). */
  readonly direction: 'forward' | 'compensation';
  readonly undoes?: string;
  readonly action: ActionId;
  readonly target: TargetRef;
  readonly executor: string;
  readonly parameters: ActionParameters;
  /** Grows with every lease of the target; an executor refuses a lower one than it has seen. */
  readonly fence: number;
  readonly before: TargetState;
};

/** `written`: nothing sent yet. `sent`: the call may have happened; look at the world. The rest are final. */
export type IntentStatus = 'written' | 'sent' | 'applied' | 'failed';

export const gateRefusals = [
  'kill-switch',
  'stopped',
  'no-plan',
  'plan-changed',
  'no-grant',
  'grant-expired',
  'rejected',
  'policy-denied',
  'target-leased',
  'once-rule',
  'rate-limited',
  'breaker-open',
  'incident-closed',
  'out-of-order',
] as const;
export type GateRefusal = (typeof gateRefusals)[number];

export type GateResult =
  | { readonly granted: true; readonly intent: Intent; readonly status: IntentStatus }
  | { readonly granted: false; readonly reason: GateRefusal; readonly detail: string };
