// Between the steps of a plan: what the steps before have done must be seen in the world before the next one goes. A vendor
// that says "done" is believed about its call; the world is asked about the target.

import { type ObservedState, targetKey, targetText } from '../inventory/target.ts';
import { plainLine } from '../text.ts';
import { cordonWords } from './actions/node.ts';
import { type Plan, type PlanStep, stepKey } from './plan.ts';
import { type Sighting, stateAfter } from './precondition.ts';
import type { TargetState } from './target.ts';

/** The step before `index` that is the last one on each of its targets: what each target is to be like now. */
export function stepsToBeSeen(plan: Plan, index: number): readonly PlanStep[] {
  const last = new Map(plan.steps.slice(0, index).map((step) => [targetKey(step.target), step] as const));
  return [...last.values()];
}

/** In words, what of the steps before `index` is not there on the target of `step` (yet); null when all of it is. */
export function notYetSeen(plan: Plan, index: number, step: PlanStep, sighting: Sighting): string | null {
  const about = `after ${stepKey(step)}`;
  if (sighting.kind === 'unseen')
    return `${about}, ${targetText(step.target)} cannot be seen: ${sighting.reason}`;
  const expected = plan.steps
    .slice(0, index)
    .filter(({ target }) => targetKey(target) === targetKey(step.target))
    .reduce<TargetState>(stateAfter, step.before);
  const { state } = sighting;
  const missing = [
    differing('release', expected.release, state.release),
    differing('configuration', expected.config, state.config),
    differing('replicas', expected.desiredReplicas, state.desiredReplicas),
    state.rollout?.inProgress === true ? `a rollout is in progress (${state.rollout.detail})` : null,
    tooFew(step.before, expected, state),
    stillThere(expected, state),
    differing('sync by its owner', expected.owner?.sync?.is ?? 'none', state.owner?.sync?.is ?? 'none'),
  ].filter((one) => one !== null);
  return missing.length === 0 ? null : `${about}: ${missing.join('; ')}`;
}

/** As many as served before, and those that were added; a replica that a step has drained does not count. */
function tooFew(before: ObservedState, expected: ObservedState, seen: ObservedState): string | null {
  const added = Math.max(0, expected.desiredReplicas - before.desiredReplicas);
  const drained = draining(expected) - draining(before);
  const least = Math.min(expected.desiredReplicas, serving(before) + added) - Math.max(0, drained);
  const now = Math.min(serving(seen), seen.readyReplicas ?? Number.POSITIVE_INFINITY);
  return now >= least ? null : `${now} of ${least} replicas are ready`;
}

/** Of a node: who keeps new replicas away, and what should have left it. */
function stillThere({ node: expected }: ObservedState, { node: seen }: ObservedState): string | null {
  if (expected === undefined || seen === undefined) return null;
  if (expected.cordoned !== seen.cordoned)
    return differing('new replicas', cordonWords(expected), cordonWords(seen));
  const left = expected.carries.length === 0 ? seen.carries.length : 0;
  return left === 0 ? null : `${left} of the targets that were to leave it are still on it`;
}

function serving({ replicas }: ObservedState): number {
  return replicas.filter(({ state }) => state === 'running').length;
}

function draining({ replicas }: ObservedState): number {
  return replicas.filter(({ state }) => state === 'draining').length;
}

function differing(what: string, expected: string | number, seen: string | number): string | null {
  return expected === seen
    ? null
    : `${what} is ${plainLine(String(seen), 100)}, not ${plainLine(String(expected), 100)} yet`;
}
