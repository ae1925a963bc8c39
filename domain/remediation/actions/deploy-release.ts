import { z } from 'zod';
import type { Action } from './action.ts';
import { safeName } from './parameters.ts';
import { releaseChange, releaseInWords, withRelease } from './release.ts';

export const deployRelease: Action = {
  ...releaseChange,
  summary: 'Deploys a release; only used to undo a rollback.',
  parameters: z.strictObject({ release: safeName }),
  choose: null,
  expect: (before, { release }) => withRelease(before, release),
  describe: (before, { release }) => releaseInWords(before, release),
};
