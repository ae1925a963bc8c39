// What people and keys may do, as a ladder of roles.

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * What a key may be: a role of people; `ingest`, which sends telemetry, alerts and events; or `agent`, which carries out what
 * is asked of one machine. The last two can do nothing else.
 */
export const keyRoles = ['ingest', 'agent', ...roles] as const;
export type KeyRole = (typeof keyRoles)[number];

/** True for a role that people have. */
export function isRole(role: KeyRole): role is Role {
  return role !== 'ingest' && role !== 'agent';
}

/** True when `role` may do what `required` may. A key that is not for people may do nothing that people may. */
export function roleAtLeast(role: KeyRole, required: Role): boolean {
  return isRole(role) && roles.indexOf(role) >= roles.indexOf(required);
}

/** True when a key of this role may do what is for `required`; what is for agents is for no other, not even an admin. */
export function mayDo(role: KeyRole, required: Role | 'agent'): boolean {
  return required === 'agent' ? role === 'agent' : roleAtLeast(role, required);
}

/** The lesser of both; a key that is not for people stays what it is. */
export function lowerRole(role: KeyRole, most: Role): KeyRole {
  return roleAtLeast(role, most) ? most : role;
}

/** True when a key of this role may send telemetry, alerts and events. */
export function maySend(role: KeyRole): boolean {
  return role === 'ingest' || roleAtLeast(role, 'operator');
}
