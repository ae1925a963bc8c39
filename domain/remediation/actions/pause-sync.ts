import type { Action } from './action.ts';
import { onSync, syncInWords, withSync } from './sync.ts';

/** Whoever keeps the target as Git says lets it be. The planner puts it before a step that would not last otherwise. */
export const pauseSync: Action = {
  ...onSync,
  summary: 'Pauses what keeps the target as Git says (Argo CD, Flux), so that the next step lasts.',
  inverse: { action: 'resume-sync', parameters: () => ({}) },
  expect: (before) => withSync(before, 'paused-by-sentinel'),
  describe: (before) => ({ before: syncInWords(before, true), after: syncInWords(before, false) }),
};
