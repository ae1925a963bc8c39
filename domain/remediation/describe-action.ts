// What can be said of an action before there is a target: for people who read the catalogue.

import type { ActionId, RiskLevel } from './actions.ts';

export type ActionDescription = {
  readonly summary: string;
  /** The action that undoes it; null when there is nothing to undo, or no way back. */
  readonly inverse: ActionId | null;
  /** Levels its risk can have; which one is computed from the state of the target (`riskOf`). */
  readonly risks: readonly RiskLevel[];
};

export const actionDescriptions: Readonly<Record<ActionId, ActionDescription>> = {
  restart: {
    summary: 'Restarts one replica, or all of them one after the other.',
    inverse: null,
    risks: ['low', 'medium'],
  },
  scale: {
    summary: 'Changes the number of replicas.',
    inverse: 'scale',
    risks: ['low', 'medium', 'high'],
  },
  'rollback-release': {
    summary: 'Goes back to the release before.',
    inverse: 'deploy-release',
    risks: ['medium'],
  },
  'deploy-release': {
    summary: 'Deploys a release; only used to undo a rollback.',
    inverse: 'deploy-release',
    risks: ['medium'],
  },
  'rollback-config': {
    summary: 'Goes back to the configuration before.',
    inverse: 'apply-config',
    risks: ['medium'],
  },
  'apply-config': {
    summary: 'Applies a configuration; only used to undo a rollback.',
    inverse: 'apply-config',
    risks: ['medium'],
  },
  'clear-sandbox': {
    summary: 'Deletes the files of the scratch folder.',
    inverse: null,
    risks: ['low'],
  },
  drain: {
    summary: 'Takes one replica out of service and leaves it running.',
    inverse: 'undrain',
    risks: ['low', 'high'],
  },
  undrain: { summary: 'Puts a drained replica back into service.', inverse: 'drain', risks: ['low'] },
};
