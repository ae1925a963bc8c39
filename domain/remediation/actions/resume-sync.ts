import { z } from 'zod';
import type { Action } from './action.ts';
import { free, none } from './replicas.ts';
import { syncFacts, syncInWords, syncKey, withSync } from './sync.ts';

/** What Sentinel had paused is as it was; Git counts again. */
export const resumeSync: Action = {
  summary: 'Gives back what Sentinel had paused: the target is kept as Git says again.',
  parameters: z.strictObject({}),
  choose: null,
  inverse: { action: 'pause-sync', parameters: () => ({}) },
  cost: () => free,
  risks: ['medium'],
  risk: () => 'medium',
  replacesRollout: true,
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: syncFacts,
  expect: (before) => withSync(before, 'on'),
  replaces: none,
  touches: syncKey,
  describe: (before) => ({ before: syncInWords(before, false), after: syncInWords(before, true) }),
};
