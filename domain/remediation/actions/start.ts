import { z } from 'zod';
import type { Action } from './action.ts';
import { found, notFound } from './parameters.ts';
import { everyReplica, free } from './replicas.ts';
import { runFacts, runsOrNot } from './stop.ts';
import * as words from './words.ts';

/** What is stopped runs again, as it is configured. */
export const start: Action = {
  summary: 'Starts a target that is stopped.',
  parameters: z.strictObject({}),
  choose: (state) => (runsOrNot(state) === 'running' ? notFound('it runs already') : found({})),
  inverse: { action: 'stop', parameters: () => ({}) },
  cost: () => free,
  risks: ['low'],
  risk: () => 'low',
  timesPerIncident: 1,
  settleSeconds: 3,
  dependsOn: runFacts,
  expect: (before) => ({
    ...before,
    replicas: before.replicas.map((one) => ({ ...one, state: 'running' as const })),
  }),
  replaces: everyReplica,
  describe: (before) => ({
    before: 'stopped, nothing serves',
    after: `${words.replicas(before.desiredReplicas)} running`,
  }),
};
