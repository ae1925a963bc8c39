// What an executor reports about a thing it can act on: the state it is in, and what can be done to it.

import type { ObservedState } from '../inventory/target.ts';
import type { ActionId } from './actions/index.ts';

export type TargetState = ObservedState & {
  /** Name of the configured executor that owns this target. */
  readonly executor: string;
  /** Actions this executor can perform on this target. */
  readonly supports: readonly ActionId[];
};
