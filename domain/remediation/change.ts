// What a step changes, in words: before → after, and how it is undone. Written here from the state before and the meaning
// of the action in the catalogue; nobody's free text takes part.

import { plainLine } from '../text.ts';
import type { PlanStep } from './plan.ts';
import type { TargetState } from './target.ts';

export type Change = { readonly before: string; readonly after: string };

export type Undo = {
  /** `inverse`: a step of its own, run when the fix does not help. */
  readonly kind: 'inverse' | 'nothing-to-undo' | 'cannot-be-undone';
  readonly text: string;
};

const longestName = 100;

type StepFacts = Pick<PlanStep, 'action' | 'parameters' | 'before'>;

/** The target before the step and, if it works, after it. */
export function changeOf({ action, parameters, before }: StepFacts): Change {
  switch (action) {
    case 'restart':
      return restart(before, parameters.taskId);
    case 'scale':
      return { before: replicas(before.desiredReplicas), after: replicas(Number(parameters.replicas)) };
    case 'rollback-release':
      return { before: release(before.release), after: release(parameters.to) };
    case 'deploy-release':
      return { before: release(before.release), after: release(parameters.release) };
    case 'rollback-config':
      return { before: configuration(before.config), after: configuration(parameters.to) };
    case 'apply-config':
      return { before: configuration(before.config), after: configuration(parameters.version) };
    case 'clear-sandbox':
      return { before: sandbox(before), after: 'sandbox empty, its files deleted' };
    case 'drain':
      return {
        before: `${replica(parameters.taskId)} takes requests`,
        after: `${replica(parameters.taskId)} takes no new requests; ${others(before, parameters.taskId)}`,
      };
    case 'undrain':
      return {
        before: `${replica(parameters.taskId)} takes no new requests`,
        after: `${replica(parameters.taskId)} takes requests`,
      };
  }
}

/** How the step is undone if it does not help. */
export function undoOf({
  inverse,
  reversible,
  before,
}: Pick<PlanStep, 'inverse' | 'reversible' | 'before'>): Undo {
  if (inverse !== null) {
    const { after } = changeOf({ ...inverse, before });
    return { kind: 'inverse', text: `${after} again (${inverse.action})` };
  }
  return reversible
    ? { kind: 'nothing-to-undo', text: 'nothing to undo' }
    : { kind: 'cannot-be-undone', text: 'cannot be undone' };
}

function restart(before: TargetState, taskId: string | number | boolean | undefined): Change {
  const unchanged = `${release(before.release)} and ${configuration(before.config)} stay`;
  if (taskId !== undefined) {
    return {
      before: `${replica(taskId)} ${stateOf(before, taskId)}`,
      after: `${replica(taskId)} replaced by a fresh process; ${others(before, taskId)}; ${unchanged}`,
    };
  }
  const running = before.replicas.filter(({ state }) => state === 'running').length;
  return {
    before: `${running} of ${replicas(before.desiredReplicas)} running`,
    after: `every replica replaced by a fresh process, one after the other; ${unchanged}`,
  };
}

function stateOf(before: TargetState, taskId: string | number | boolean): string {
  const found = before.replicas.find(({ id }) => id === taskId);
  if (found === undefined) return 'not reported';
  return found.restarts > 0 ? `${found.state}, restarted ${found.restarts}×` : found.state;
}

function others(before: TargetState, taskId: string | number | boolean | undefined): string {
  const serving = before.replicas.filter(({ id, state }) => id !== taskId && state === 'running').length;
  return serving === 1 ? '1 other replica serves on' : `${serving} other replicas serve on`;
}

function replicas(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`;
}

function sandbox({ sandbox: used }: TargetState): string {
  if (used === undefined) return 'sandbox of unknown size';
  return `sandbox ${bytes(used.usedBytes)} of ${bytes(used.limitBytes)} full`;
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${Number((count / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

const replica = (id: unknown): string => `replica ${name(id)}`;
const release = (version: unknown): string => `release ${name(version)}`;
const configuration = (version: unknown): string => `configuration ${name(version)}`;

function name(value: unknown): string {
  const text = value === undefined ? '' : plainLine(String(value), longestName);
  return text === '' ? '(unnamed)' : text;
}
