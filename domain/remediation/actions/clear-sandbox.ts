import { z } from 'zod';
import type { ObservedState } from '../../inventory/target.ts';
import type { Action } from './action.ts';
import { found, notFound } from './parameters.ts';
import { free, none } from './replicas.ts';

/** Only files of the scratch folder, which holds nothing that must be kept. */
export const clearSandbox: Action = {
  summary: 'Deletes the files of the scratch folder.',
  parameters: z.strictObject({}),
  choose: ({ sandbox }) => (sandbox === undefined ? notFound('it has no sandbox') : found({})),
  inverse: 'cannot-be-undone',
  lost: () => 'Sentinel does not bring deleted files back',
  cost: () => free,
  risks: ['low'],
  risk: () => 'low',
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: ({ sandbox }) => ({ sandbox: sandbox === undefined ? 'none' : 'there' }),
  expect: (before) =>
    before.sandbox === undefined ? before : { ...before, sandbox: { ...before.sandbox, usedBytes: 0 } },
  replaces: none,
  describe: (before) => ({ before: fill(before), after: 'sandbox empty, its files deleted' }),
};

function fill({ sandbox }: ObservedState): string {
  if (sandbox === undefined) return 'sandbox of unknown size';
  return `sandbox ${bytes(sandbox.usedBytes)} of ${bytes(sandbox.limitBytes)} full`;
}

function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return `${Number((count / 1000 ** power).toPrecision(3))} ${units[power]}`;
}
