import type { Action } from './action.ts';
import { onSync, syncInWords, withSync } from './sync.ts';

/** What Sentinel had paused is as it was; Git counts again. */
export const resumeSync: Action = {
  ...onSync,
  summary: 'Gives back what Sentinel had paused: the target is kept as Git says again.',
  inverse: { action: 'pause-sync', parameters: () => ({}) },
  expect: (before) => withSync(before, 'on'),
  describe: (before) => ({ before: syncInWords(before, false), after: syncInWords(before, true) }),
};
