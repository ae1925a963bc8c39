// A plan: ordered typed actions. Its hash (over the canonical form) is what policy judges and people approve.

import type { Cause } from '../diagnosis/causes.ts';
import type { TargetRef } from '../inventory/target.ts';
import type { ActionParameters, RiskLevel } from './actions/action.ts';
import type { ActionId } from './actions/index.ts';
import type { TargetState } from './target.ts';

export type PlanStep = {
  readonly action: ActionId;
  readonly target: TargetRef;
  readonly executor: string;
  readonly parameters: ActionParameters;
  /** How this step is undone; null when there is nothing to undo (a restart) or it cannot be undone. */
  readonly inverse: { readonly action: ActionId; readonly parameters: ActionParameters } | null;
  readonly reversible: boolean;
  readonly risk: RiskLevel;
  readonly downtimeSeconds: number;
  /** Share of the target's capacity that is disturbed at the worst moment, 0..1. */
  readonly blastRadius: number;
  readonly before: TargetState;
};

export type Plan = {
  readonly incidentId: string;
  readonly attempt: number;
  readonly cause: Cause;
  readonly reason: string;
  readonly steps: readonly PlanStep[];
  readonly risk: RiskLevel;
};

/** SHA-256 hex of the canonical form of a plan. */
export type PlanHash = string;
export type HashedPlan = { readonly plan: Plan; readonly planHash: PlanHash };

/** That the executors would accept every step, with the rights they really have: when they said so, one sentence a step. */
export type Preflight = { readonly atMs: number; readonly said: readonly string[] };

/**
 * Identifies an action on a target within an incident. Events of incidents hold it: a target that is known by its name
 * alone keeps the form it has had since the first version, so that what was recorded goes on naming the same step.
 */
export function stepKey({ action, target }: Pick<PlanStep, 'action' | 'target'>): string {
  return `${action}@${target.resource ?? `${target.environment}/${target.service}`}`;
}
