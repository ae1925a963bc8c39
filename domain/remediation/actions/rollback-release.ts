import { z } from 'zod';
import type { Action } from './action.ts';
import { safeName, versionBefore } from './parameters.ts';
import { releaseChange, releaseInWords, withRelease } from './release.ts';

export const rollbackRelease: Action = {
  ...releaseChange,
  summary: 'Goes back to the release before.',
  parameters: z.strictObject({ to: safeName }),
  choose: ({ release, previousRelease }) => versionBefore('release', release, previousRelease),
  expect: (before, { to }) => withRelease(before, to),
  describe: (before, { to }) => releaseInWords(before, to),
};
