import { z } from 'zod';
import type { Action } from './action.ts';
import { safeName } from './parameters.ts';
import { free, none, replicaFacts, withReplica } from './replicas.ts';
import * as words from './words.ts';

export const undrain: Action = {
  summary: 'Puts a drained replica back into service.',
  parameters: z.strictObject({ taskId: safeName }),
  choose: null,
  inverse: { action: 'drain', parameters: (_before, { taskId }) => ({ taskId: taskId ?? '' }) },
  cost: () => free,
  risks: ['low'],
  risk: () => 'low',
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: (state, { taskId }) => replicaFacts(state, taskId),
  expect: (before, { taskId }) => withReplica(before, taskId, 'running'),
  replaces: none,
  describe: (_before, { taskId }) => ({
    before: `${words.replica(taskId)} takes no new requests`,
    after: `${words.replica(taskId)} takes requests`,
  }),
};
