// What a target itself says against an effect on it, as it is seen right before: that nothing may act on it, or that somebody
// else's change of it is still being carried out. Asked by the gate, and again right before the call.

import { type ObservedState, targetText } from '../inventory/target.ts';
import { plainLine } from '../text.ts';
import { actions } from './actions/index.ts';
import type { Intent } from './intent.ts';

export type Obstacle = {
  readonly reason: 'target-protected' | 'rollout-in-progress';
  readonly detail: string;
};

/**
 * Protection holds an undo, too: whoever protects a target while an effect is in place says hands off, and is told what is
 * left. A rollout does not: what is being carried out may be the very effect that is undone.
 */
export function obstacle(
  { action, direction, target }: Pick<Intent, 'action' | 'direction' | 'target'>,
  { protected: why, rollout }: ObservedState,
): Obstacle | null {
  if (why !== undefined) return protectedTarget(targetText(target), why);
  const waits = direction === 'forward' && actions[action].replacesRollout !== true;
  if (!waits || rollout?.inProgress !== true) return null;
  const detail = `a rollout of ${targetText(target)} is in progress: ${plainLine(rollout.detail, 200)}`;
  return { reason: 'rollout-in-progress', detail };
}

export function protectedTarget(name: string, why: string): Obstacle {
  return { reason: 'target-protected', detail: `${name} is protected: ${plainLine(why, 300)}` };
}
