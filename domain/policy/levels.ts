// How much Sentinel may do alone, as steps of a ladder: alone, with an operator's approval, with an admin's.

import { type Role, roleAtLeast } from '../role.ts';
import type { Requirement } from './config.ts';

export type Level =
  | { readonly kind: 'auto' }
  | {
      readonly kind: 'approval';
      readonly role: Role;
      readonly quorum: number;
      readonly deadlineSeconds: number;
    };

/** The least that people can be asked for. */
export const leastApproval = {
  kind: 'approval',
  role: 'operator',
  quorum: 1,
  deadlineSeconds: 30 * 60,
} as const satisfies Level;

export function levelOf(requirement: Exclude<Requirement, 'deny'>): Level {
  if (requirement === 'auto') return { kind: 'auto' };
  const { approval, quorum, deadlineMinutes } = requirement;
  return { kind: 'approval', role: approval, quorum, deadlineSeconds: deadlineMinutes * 60 };
}

/** What satisfies both: the higher role, the larger quorum, the nearer deadline. */
export function stricter(one: Level, other: Level): Level {
  if (one.kind === 'auto') return other;
  if (other.kind === 'auto') return one;
  return {
    kind: 'approval',
    role: roleAtLeast(one.role, other.role) ? one.role : other.role,
    quorum: Math.max(one.quorum, other.quorum),
    deadlineSeconds: Math.min(one.deadlineSeconds, other.deadlineSeconds),
  };
}

/** One step less autonomy; the last step stays: an admin may always decide. */
export function lowered(level: Level): Level {
  if (level.kind === 'auto') return leastApproval;
  return { ...level, role: 'admin' };
}

/** Position on the ladder; higher is stricter. */
export function strictness(verdict: Level | { readonly kind: 'deny' }): number {
  if (verdict.kind === 'auto') return 0;
  if (verdict.kind === 'deny') return 3;
  return verdict.role === 'admin' ? 2 : 1;
}
