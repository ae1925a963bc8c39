import { z } from 'zod';
import type { ObservedState } from '../../inventory/target.ts';
import type { Action, Facts } from './action.ts';
import { found, notFound } from './parameters.ts';
import { free, none, restartSeconds, servingCount } from './replicas.ts';
import * as words from './words.ts';

/** Everything of the target ends, and stays that way until somebody starts it. For what does harm while it runs. */
export const stop: Action = {
  summary: 'Stops the target: nothing of it runs until it is started again.',
  parameters: z.strictObject({}),
  choose: (state) => (runsOrNot(state) === 'stopped' ? notFound('it is stopped already') : found({})),
  inverse: { action: 'start', parameters: () => ({}) },
  lost: ({ stopLoses }) => stopLoses ?? null,
  cost: (before) => (servingCount(before) === 0 ? free : { downtimeSeconds: restartSeconds, blastRadius: 1 }),
  risks: ['high'],
  risk: () => 'high',
  timesPerIncident: 1,
  settleSeconds: 3,
  dependsOn: runFacts,
  expect: (before) => ({
    ...before,
    replicas: before.replicas.map((one) => ({ ...one, state: 'exited' as const })),
  }),
  replaces: none,
  describe: (before) => ({
    before: `${servingCount(before)} of ${words.replicas(before.desiredReplicas)} running`,
    after: 'stopped, nothing serves',
  }),
};

/** A crash is a stop like any other here: what was to be stopped does not run any more. */
export function runsOrNot({ replicas }: ObservedState): 'running' | 'stopped' {
  return replicas.every(({ state }) => state === 'exited') ? 'stopped' : 'running';
}

export function runFacts(state: ObservedState): Facts {
  return { 'it is': runsOrNot(state) };
}
