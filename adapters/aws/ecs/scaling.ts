// What Application Auto Scaling would make of a new count: a number outside of its limits, or one that a policy or a scheduled
// action sets again, would first look done and then be gone.

import type { ObservedState } from '../../../domain/inventory/target.ts';
import { plainLine } from '../../../domain/text.ts';
import { type Refusal, refused } from '../answers.ts';

export type Scaling = {
  readonly min: number;
  readonly max: number;
  /** What sets the count by itself, in words: policies and scheduled actions that are not suspended. */
  readonly by: readonly string[];
};

type Owner = NonNullable<ObservedState['owner']>;

export function scalingOwner({ min, max, by }: Scaling): Owner {
  const limits = `between ${min} and ${max}`;
  return {
    name: 'application-auto-scaling',
    detail:
      by.length === 0
        ? `Application Auto Scaling keeps its count ${limits}, and nothing there sets it`
        : `Application Auto Scaling sets its count ${limits} (${plainLine(by.join(', '), 200)}): change it there`,
    reverts: by.length === 0 ? [] : ['scale'],
  };
}

/** Why this count would not last; null when it would. */
export function unscalable(scaling: Scaling | undefined, desired: number): Refusal | null {
  if (scaling === undefined) return null;
  const { min, max } = scaling;
  const { detail, reverts } = scalingOwner(scaling);
  if (reverts.length > 0) return refused('owned', `${detail}; nothing was done`);
  return desired < min || desired > max
    ? refused('owned', `${detail}; ${desired} is outside: nothing was done`)
    : null;
}
