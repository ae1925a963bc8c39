// Words that every text about an incident shares: instants and steps.

import { targetText } from '../inventory/target.ts';
import type { PlanStep } from '../remediation/plan.ts';

/** One line a person can act on: action, target, parameters. */
export function stepText(step: Pick<PlanStep, 'action' | 'target' | 'parameters'>): string {
  const parameters = Object.entries(step.parameters).map(([name, value]) => `${name}=${value}`);
  const suffix = parameters.length === 0 ? '' : ` (${parameters.join(', ')})`;
  return `${step.action} ${targetText(step.target)}${suffix}`;
}

/** Instant as people read it. */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

/** `once`, `twice`, `5 times`. */
export function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

/** Why people are asked about a plan that was granted before; empty when policy asked from the start. */
export function whyAsked({
  because,
  round = 1,
}: {
  readonly because?: string | null;
  readonly round?: number;
}): string {
  return because == null ? '' : `asked ${round > 1 ? 'again ' : ''}because ${because}`;
}
