// What the actions on the owner of a target have in common: who keeps it as Git says is paused, and given back.

import { z } from 'zod';
import type { ObservedState, Owner, OwnerSync } from '../../inventory/target.ts';
import { plainLine } from '../../text.ts';
import type { Action, Facts } from './action.ts';
import { free, none } from './replicas.ts';

export function syncFacts({ owner }: ObservedState): Facts {
  const sync = owner?.sync;
  return sync === undefined ? { 'its owner': 'cannot be paused' } : { [`sync by ${name(sync)}`]: sync.is };
}

export function withSync(state: ObservedState, is: OwnerSync['is']): ObservedState {
  const { owner } = state;
  return owner?.sync === undefined ? state : { ...state, owner: whenSync(owner, owner.sync, is) };
}

/** Paused, it reverts nothing that only it would have reverted. */
function whenSync(owner: Owner, sync: OwnerSync, is: OwnerSync['is']): Owner {
  const others = owner.reverts.filter((action) => !sync.lifts.includes(action));
  const { pausedAtMs: _before, ...rest } = sync;
  return { ...owner, reverts: is === 'on' ? [...others, ...sync.lifts] : others, sync: { ...rest, is } };
}

/** Whatever else it keeps is paused with it, so nobody else may do the same meanwhile. */
export function syncKey({ owner }: ObservedState): readonly string[] {
  return owner?.sync === undefined ? [] : [owner.sync.key];
}

export function syncInWords({ owner }: ObservedState, on: boolean): string {
  if (owner?.sync === undefined) return 'no owner that can be paused';
  const who = name(owner.sync);
  return on ? `${who} syncs from Git` : `${who} is paused: nothing from Git reaches what it keeps`;
}

const name = (sync: OwnerSync): string => plainLine(sync.name, 150);

/** What pausing and giving back share: each is the other's undo, and as easily done. */
export const onSync = {
  parameters: z.strictObject({}),
  choose: null,
  cost: () => free,
  risks: ['medium'],
  risk: () => 'medium',
  replacesRollout: true,
  timesPerIncident: 1,
  settleSeconds: 2,
  dependsOn: syncFacts,
  replaces: none,
  touches: syncKey,
} as const satisfies Partial<Action>;
