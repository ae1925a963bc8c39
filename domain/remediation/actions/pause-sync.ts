import { z } from 'zod';
import type { Action } from './action.ts';
import { free, none } from './replicas.ts';
import { syncFacts, syncInWords, syncKey, withSync } from './sync.ts';

/** Whoever keeps the target as Git says lets it be. The planner puts it before a step that would not last otherwise. */
export const pauseSync: Action = {
  summary: 'Pauses what keeps the target as Git says (Argo CD, Flux), so that the next step lasts.',
  parameters: z.strictObject({}),
  choose: null,
  inverse: { action: 'resume-sync', parameters: () => ({}) },
  cost: () => free,
  risks: ['medium'],
  risk: () => 'medium',
  replacesRollout: true,
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: syncFacts,
  expect: (before) => withSync(before, 'paused-by-sentinel'),
  replaces: none,
  touches: syncKey,
  describe: (before) => ({ before: syncInWords(before, true), after: syncInWords(before, false) }),
};
