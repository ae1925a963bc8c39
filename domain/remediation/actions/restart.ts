import { z } from 'zod';
import { isMachine } from '../../inventory/kinds/index.ts';
import type { ObservedState } from '../../inventory/target.ts';
import type { Action } from './action.ts';
import { found, notFound, safeName } from './parameters.ts';
import { everyReplica, free, replicaFacts, restartSeconds, servingCount, shareOfOne } from './replicas.ts';
import * as words from './words.ts';

/** One replica, or all of them one after the other. */
export const restart: Action = {
  summary: 'Restarts one replica, or all of them one after the other.',
  parameters: z.strictObject({ taskId: safeName.optional() }),
  choose({ replicas, desiredReplicas }, { resourceId }) {
    if (desiredReplicas === 0 && replicas.length === 0) return notFound('nothing of it runs');
    // One bad replica of several is replaced alone; with a name the executor does not know, all are.
    const one = replicas.length > 1 ? replicas.find(({ id }) => id === resourceId) : undefined;
    return found(one === undefined ? {} : { taskId: one.id });
  },
  inverse: 'nothing-to-undo',
  // A process is started again as it is configured; a machine that boots has lost what was only in its memory.
  lost: ({ target }) =>
    isMachine(target.resource)
      ? 'what the machine had in memory, and what was started on it by hand, is gone'
      : null,
  cost(before, { taskId }) {
    const serving = servingCount(before);
    const only = before.replicas.find(({ id }) => id === taskId);
    // A replica that does not serve can lose nothing; a rolling restart takes one away at a time.
    if (serving === 0 || (only !== undefined && only.state !== 'running')) return free;
    return {
      downtimeSeconds: only === undefined ? restartSeconds * serving : restartSeconds,
      blastRadius: shareOfOne(before),
    };
  },
  risks: ['low', 'medium'],
  risk: ({ blastRadius }) => (blastRadius >= 1 ? 'medium' : 'low'),
  timesPerIncident: 1,
  settleSeconds: 3,
  dependsOn(state, { taskId }) {
    // Another release or configuration came with fresh processes: there is nothing left of what was to be restarted.
    const versions = { release: state.release, configuration: state.config };
    return taskId === undefined ? versions : { ...versions, ...replicaFacts(state, taskId) };
  },
  expect: (before) => before,
  replaces: (before, { taskId }) => (taskId === undefined ? everyReplica(before) : [String(taskId)]),
  describe(before, { taskId }) {
    const unchanged = `${words.release(before.release)} and ${words.configuration(before.config)} stay`;
    if (taskId !== undefined) {
      return {
        before: `${words.replica(taskId)} ${stateOf(before, taskId)}`,
        after: `${words.replica(taskId)} replaced by a fresh process; ${words.others(before, taskId)}; ${unchanged}`,
      };
    }
    return {
      before: `${servingCount(before)} of ${words.replicas(before.desiredReplicas)} running`,
      after: `every replica replaced by a fresh process, one after the other; ${unchanged}`,
    };
  },
};

function stateOf({ replicas }: ObservedState, taskId: string | number | boolean): string {
  const one = replicas.find(({ id }) => id === taskId);
  if (one === undefined) return 'not reported';
  return one.restarts > 0 ? `${one.state}, restarted ${one.restarts}×` : one.state;
}
