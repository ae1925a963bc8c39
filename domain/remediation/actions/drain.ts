import { z } from 'zod';
import type { Action } from './action.ts';
import { found, notFound, safeName } from './parameters.ts';
import { free, none, replicaFacts, shareOfOne, withReplica } from './replicas.ts';
import * as words from './words.ts';

/** One replica takes no new requests and keeps running. */
export const drain: Action = {
  summary: 'Takes one replica out of service and leaves it running.',
  parameters: z.strictObject({ taskId: safeName }),
  choose({ replicas }, { resourceId }) {
    const one = replicas.find(({ id }) => id === resourceId);
    if (one === undefined) return notFound('no single replica is to blame');
    const others = replicas.filter(({ id, state }) => id !== one.id && state === 'running');
    return others.length === 0
      ? notFound('it would leave no replica that serves')
      : found({ taskId: one.id });
  },
  inverse: { action: 'undrain', parameters: (_before, { taskId }) => ({ taskId: taskId ?? '' }) },
  cost(before, { taskId }) {
    const drained = before.replicas.find(({ id }) => id === taskId);
    return drained?.state === 'running' ? { downtimeSeconds: 0, blastRadius: shareOfOne(before) } : free;
  },
  risks: ['low', 'high'],
  risk: ({ blastRadius }) => (blastRadius >= 1 ? 'high' : 'low'),
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: (state, { taskId }) => replicaFacts(state, taskId),
  expect: (before, { taskId }) => withReplica(before, taskId, 'draining'),
  replaces: none,
  describe: (before, { taskId }) => ({
    before: `${words.replica(taskId)} takes requests`,
    after: `${words.replica(taskId)} takes no new requests; ${words.others(before, taskId)}`,
  }),
};
