// What the actions that change the release have in common.

import type { ObservedState } from '../../inventory/target.ts';
import type { Action } from './action.ts';
import { everyReplica, restartSeconds, servingCount, shareOfOne } from './replicas.ts';
import * as words from './words.ts';

export const releaseChange = {
  inverse: {
    action: 'deploy-release',
    parameters: ({ release }) => ({ release }),
  },
  cost: (before) => ({
    downtimeSeconds: restartSeconds * servingCount(before),
    blastRadius: shareOfOne(before),
  }),
  risks: ['medium'],
  risk: () => 'medium',
  replacesRollout: true,
  timesPerIncident: 1,
  settleSeconds: 3,
  replaces: everyReplica,
  dependsOn: ({ release }) => ({ release }),
} as const satisfies Partial<Action>;

export const withRelease = (state: ObservedState, release: unknown): ObservedState => ({
  ...state,
  release: String(release),
  previousRelease: state.release,
});

export const releaseInWords = ({ release }: ObservedState, to: unknown) => ({
  before: words.release(release),
  after: words.release(to),
});
