// Whether what a plan has done is still there, and lasts. Samples speak for the state they were taken in: once somebody else has
// changed a target again, those from before say nothing of whether the symptom is gone.

import { targetKey, targetText } from '../inventory/target.ts';
import { plainLine } from '../text.ts';
import type { Plan, PlanStep } from './plan.ts';
import { difference, factsFor, stateAfter } from './precondition.ts';
import type { TargetState } from './target.ts';

/** What looks at a plan's targets have come to, from one look to the next. */
export type InPlace = {
  /** What its effects depend on, as it was at the last look that saw all of it. */
  readonly facts: string;
  /** Since when it has been like that; null: since the effect. */
  readonly sinceMs: number | null;
};

export type Kept = {
  /** Null where a target cannot be seen. */
  readonly facts: string | null;
  /** How it differs from what was done, in words; null where it does not. */
  readonly changed: string | null;
  /** Why it will not stay so, in words; null where nothing is known against it. */
  readonly threat: string | null;
};

/** Of the effects that can be undone: nobody brings processes back that have ended. */
export function keptOf(plan: Plan, targets: readonly TargetState[]): Kept {
  const looks = plan.steps
    .filter(({ inverse }) => inverse !== null)
    .map((step) => lookAt(plan, step, targets));
  const words = (all: readonly (string | null)[]) =>
    [...new Set(all.filter((one) => one !== null))].join('; ') || null;
  const isSeen = looks.every(({ facts }) => facts !== null);
  return {
    facts: isSeen ? JSON.stringify(looks.map(({ facts }) => facts)) : null,
    changed: words(looks.map(({ changed }) => changed)),
    threat: words(looks.map(({ threat }) => threat)),
  };
}

/** What is known after one more look; `before` is undefined at the first one. */
export function afterLook(
  before: InPlace | undefined,
  { facts, changed }: Kept,
  nowMs: number,
): InPlace | undefined {
  if (facts === null || facts === before?.facts) return before;
  const asLeft = before === undefined && changed === null;
  return { facts, sinceMs: asLeft ? null : nowMs };
}

function lookAt(plan: Plan, step: PlanStep, targets: readonly TargetState[]) {
  const key = targetKey(step.target);
  const seen = targets.find(({ target }) => targetKey(target) === key);
  if (seen === undefined)
    return { facts: null, changed: null, threat: `${targetText(step.target)} cannot be seen` };
  const expected = plan.steps
    .filter(({ target }) => targetKey(target) === key)
    .reduce(stateAfter, step.before);
  const { owner } = seen;
  const takesBack = owner?.reverts.includes(step.action) === true;
  return {
    facts: factsFor(step, seen),
    changed: difference([factsFor(step, expected)], step, seen),
    threat: takesBack ? plainLine(`${owner.name} would take it back: ${owner.detail}`, 300) : null,
  };
}
