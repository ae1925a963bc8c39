// What people and keys may do, as a ladder of roles.

export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What a key may be: a role of people, or `ingest`, which sends telemetry, alerts and events, and can do nothing else. */
export const keyRoles = ['ingest', ...roles] as const;
export type KeyRole = (typeof keyRoles)[number];

/** True when `role` may do what `required` may. A key that only sends may do nothing that people may. */
export function roleAtLeast(role: KeyRole, required: Role): boolean {
  return role !== 'ingest' && roles.indexOf(role) >= roles.indexOf(required);
}

/** The lesser of both; a key that only sends stays one. */
export function lowerRole(role: KeyRole, most: Role): KeyRole {
  return roleAtLeast(role, most) ? most : role;
}

/** True when a key of this role may send telemetry, alerts and events. */
export function maySend(role: KeyRole): boolean {
  return role === 'ingest' || roleAtLeast(role, 'operator');
}
