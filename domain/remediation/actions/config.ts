// What the actions that change the configuration have in common.

import type { ObservedState } from '../../inventory/target.ts';
import type { Action } from './action.ts';
import { none, restartSeconds, servingCount, shareOfOne } from './replicas.ts';
import * as words from './words.ts';

export const configChange = {
  inverse: {
    action: 'apply-config',
    parameters: ({ config }) => ({ version: config }),
  },
  // Replicas load it one after the other, at worst by restarting.
  cost: (before) => ({
    downtimeSeconds: servingCount(before) === 0 ? 0 : restartSeconds,
    blastRadius: shareOfOne(before),
  }),
  risks: ['medium'],
  risk: () => 'medium',
  replacesRollout: true,
  timesPerIncident: 1,
  settleSeconds: 2,
  replaces: none,
  dependsOn: ({ config }) => ({ configuration: config }),
} as const satisfies Partial<Action>;

export const withConfig = (state: ObservedState, version: unknown): ObservedState => ({
  ...state,
  config: String(version),
  previousConfig: state.config,
});

export const configInWords = ({ config }: ObservedState, to: unknown) => ({
  before: words.configuration(config),
  after: words.configuration(to),
});
