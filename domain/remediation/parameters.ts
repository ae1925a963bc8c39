// The parameters of a step, from the target's state and the figures of a hypothesis: never from text.

import type { Hypothesis } from '../diagnosis/diagnosis.ts';
import type { ActionId, ActionParameters } from './actions.ts';
import { maxReplicas, maxScaleFactor } from './catalogue.ts';
import type { TargetState } from './target.ts';

export type FoundParameters =
  | { readonly ok: true; readonly parameters: ActionParameters }
  | { readonly ok: false; readonly reason: string };

/** When no rate was measured: twice the capacity is the usual first answer to a surge. */
const defaultRateRatio = 2;

export function parametersFor(
  action: ActionId,
  before: TargetState,
  { scope, figures }: Pick<Hypothesis, 'scope' | 'figures'>,
): FoundParameters {
  switch (action) {
    case 'restart': {
      // One bad replica of several is replaced alone; with a name the executor does not know, all are.
      const one =
        before.replicas.length > 1 ? before.replicas.find(({ id }) => id === scope.resourceId) : undefined;
      return found(one === undefined ? {} : { taskId: one.id });
    }
    case 'scale': {
      const replicas = scaledReplicas(before.desiredReplicas, figures?.rateRatio ?? defaultRateRatio);
      return replicas > before.desiredReplicas
        ? found({ replicas })
        : { ok: false, reason: `${before.desiredReplicas} replicas are as many as allowed` };
    }
    case 'rollback-release':
      return versionBack('release', before.release, before.previousRelease, 'to');
    case 'rollback-config':
      return versionBack('configuration', before.config, before.previousConfig, 'to');
    case 'clear-sandbox':
      return before.sandbox === undefined ? { ok: false, reason: 'it has no sandbox' } : found({});
    case 'drain': {
      const one = before.replicas.find(({ id }) => id === scope.resourceId);
      if (one === undefined) return { ok: false, reason: 'no single replica is to blame' };
      const others = before.replicas.filter(({ id, state }) => id !== one.id && state === 'running');
      return others.length === 0
        ? { ok: false, reason: 'it would leave no replica that serves' }
        : found({ taskId: one.id });
    }
    case 'deploy-release':
    case 'apply-config':
    case 'undrain':
      return { ok: false, reason: 'only used to undo a step' };
  }
}

/**
 * Replicas for `rateRatio` times the former demand: at least one more, at most `maxScaleFactor` times as many and
 * `maxReplicas` in all. The same number means that no more are allowed.
 */
export function scaledReplicas(current: number, rateRatio: number): number {
  const ratio = Number.isFinite(rateRatio) ? rateRatio : defaultRateRatio;
  const wanted = Math.max(current + 1, Math.ceil(current * ratio - 0.001));
  return Math.max(current, Math.min(wanted, current * maxScaleFactor, maxReplicas));
}

function versionBack(
  what: string,
  current: string,
  previous: string | undefined,
  parameter: string,
): FoundParameters {
  if (previous === undefined || previous === '') return { ok: false, reason: `no earlier ${what} is known` };
  if (previous === current) return { ok: false, reason: `the earlier ${what} is the current one` };
  return found({ [parameter]: previous });
}

function found(parameters: ActionParameters): FoundParameters {
  return { ok: true, parameters };
}
