// What the catalogue says of one step: whether its parameters hold, how it is undone, what it costs and how dangerous it is.

import type { ObservedState } from '../inventory/target.ts';
import type { Action, ActionParameters, Cost, RiskLevel } from './actions/action.ts';
import { type ActionId, actions, isActionId } from './actions/index.ts';

export type Inverse = { readonly action: ActionId; readonly parameters: ActionParameters };

export type ParametersCheck =
  | { readonly ok: true; readonly parameters: ActionParameters }
  | { readonly ok: false; readonly reason: string };

/** Checks parameters against the schema of their action; the reason names the field and never repeats the value. */
export function checkParameters(action: ActionId, parameters: unknown): ParametersCheck {
  const result = actions[action].parameters.safeParse(parameters);
  if (result.success) return { ok: true, parameters: result.data };
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'parameters'}: ${message}`,
  );
  return { ok: false, reason: `${action}: ${problems.join('; ')}` };
}

/**
 * How a step is undone, from the state before it; null when there is nothing to undo (a restart) or no way back
 * (deleted files).
 */
export function inverseOf(
  action: ActionId,
  before: ObservedState,
  parameters: ActionParameters,
): Inverse | null {
  const { inverse } = actions[action];
  const undoneBy = inverseActionOf(action);
  if (typeof inverse === 'string' || undoneBy === null) return null;
  return { action: undoneBy, parameters: inverse.parameters(before, parameters) };
}

/** The action that undoes it. Throws for one that the catalogue does not have: it could never be run. */
export function inverseActionOf(action: ActionId): ActionId | null {
  const { inverse } = actions[action];
  if (typeof inverse === 'string') return null;
  if (!isActionId(inverse.action))
    throw new Error(`${action} is undone by ${inverse.action}, which is no action`);
  return inverse.action;
}

/** What the action takes away for good from this target, in words; null when nothing is lost. */
export function lostBy(action: ActionId, before: ObservedState): string | null {
  const { inverse, lost }: Action = actions[action];
  return lost?.(before) ?? (inverse === 'cannot-be-undone' ? 'there is no way back' : null);
}

/**
 * False when what it takes away cannot be brought back. A restart takes nothing away, except from a machine; without a state it is the
 * action on an ordinary target that is meant.
 */
export function isReversible(action: ActionId, before?: ObservedState): boolean {
  return before === undefined
    ? actions[action].inverse !== 'cannot-be-undone'
    : lostBy(action, before) === null;
}

export function costOf(action: ActionId, before: ObservedState, parameters: ActionParameters): Cost {
  return actions[action].cost(before, parameters);
}

export function riskOf(action: ActionId, before: ObservedState, parameters: ActionParameters): RiskLevel {
  return actions[action].risk(costOf(action, before, parameters));
}
