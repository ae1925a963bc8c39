/** People of tests: whom `person` has made is known to the stores under test, with the role it was made with last. */
import type { Principal } from '../../api/ports/principal.ts';
import type { Door, People } from '../../domain/policy/people.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import type { Role } from '../../domain/role.ts';

const known = new Map<string, Door>();

export function person(name: string, role: Role = 'operator'): Principal {
  const keyId = `key${name}`;
  known.set(keyId, { name, role, door: 'chat' });
  return { keyId, name, role, person: name };
}

/** A chat user of the tests, by the key id that stands for them. */
export function chatUser(keyId: string, name: string, role: Role, reach?: Reach): void {
  known.set(keyId, { name, role, door: 'chat', ...(reach === undefined ? {} : { reach }) });
}

/** Somebody leaves: what they could do they can do no more. */
export function forget(name: string): void {
  for (const [keyId, one] of known) if (one.name === name) known.delete(keyId);
}

export const testPeople: People = {
  behind: (keyId) => known.get(keyId) ?? null,
  named: (name) => [...known.values()].find((one) => one.name === name) ?? null,
};
