// The typed catalogue: everything Sentinel can do to a target, one line each. Whatever lists actions follows from it:
// the runbook's choices, the policy schema, the API and its pages.

import type { Action } from './action.ts';
import { applyConfig } from './apply-config.ts';
import { clearSandbox } from './clear-sandbox.ts';
import { cordon } from './cordon.ts';
import { deployRelease } from './deploy-release.ts';
import { drain } from './drain.ts';
import { drainNode } from './drain-node.ts';
import { pauseSync } from './pause-sync.ts';
import { restart } from './restart.ts';
import { resumeSync } from './resume-sync.ts';
import { rollbackConfig } from './rollback-config.ts';
import { rollbackRelease } from './rollback-release.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';
import { stop } from './stop.ts';
import { uncordon } from './uncordon.ts';
import { undrain } from './undrain.ts';

export const actions = {
  restart,
  scale,
  'rollback-release': rollbackRelease,
  'deploy-release': deployRelease,
  'rollback-config': rollbackConfig,
  'apply-config': applyConfig,
  'clear-sandbox': clearSandbox,
  drain,
  undrain,
  stop,
  start,
  cordon,
  uncordon,
  'drain-node': drainNode,
  'pause-sync': pauseSync,
  'resume-sync': resumeSync,
} satisfies Readonly<Record<string, Action>>;

export type ActionId = keyof typeof actions;

export const actionIds = Object.keys(actions) as readonly ActionId[] as readonly [ActionId, ...ActionId[]];

/** Those a runbook may name; the others only undo one of them. */
export const remedies = actionIds.filter(
  (id) => actions[id].choose !== null,
) as readonly ActionId[] as readonly [ActionId, ...ActionId[]];

export function isActionId(text: string): text is ActionId {
  return Object.hasOwn(actions, text);
}
