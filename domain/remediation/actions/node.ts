// What the actions on a node of a cluster have in common.

import type { NodeState, ObservedState } from '../../inventory/target.ts';
import type { Facts, FoundParameters } from './action.ts';
import { notFound } from './parameters.ts';

/** For whom a node takes no new replicas; what is no node says so. */
export function nodeFacts({ node }: ObservedState): Facts {
  if (node === undefined) return { node: 'none' };
  return { 'new replicas': cordonWords(node) };
}

export function cordonWords({ cordoned }: NodeState): string {
  switch (cordoned) {
    case 'no':
      return 'may go there';
    case 'by-sentinel':
      return 'kept away by Sentinel';
    case 'by-somebody-else':
      return 'kept away by somebody else';
  }
}

export function withNode(state: ObservedState, change: Partial<NodeState>): ObservedState {
  return state.node === undefined ? state : { ...state, node: { ...state.node, ...change } };
}

/** Two incidents never take capacity away from one cluster at the same time: each would count on the other's nodes. */
export function poolOf({ node }: ObservedState): readonly string[] {
  return node === undefined ? [] : [node.pool];
}

/** Why none of them is for this target; null when they are. */
export function notForNodes({ node }: ObservedState): Extract<FoundParameters, { ok: false }> | null {
  if (node === undefined) return notFound('it is no node of a cluster');
  return node.cordoned === 'by-somebody-else' ? notFound('somebody else has cordoned it') : null;
}
