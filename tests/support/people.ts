/** People of tests: whom `person` has made is known to the stores under test, with the role it was made with last. */
import type { ChatPeople } from '../../adapters/postgres/index.ts';
import type { Principal } from '../../api/ports.ts';
import type { Role } from '../../domain/policy/verdict.ts';

const known = new Map<string, { readonly name: string; readonly role: Role }>();

export function person(name: string, role: Role = 'operator'): Principal {
  const keyId = `key${name}`;
  known.set(keyId, { name, role });
  return { keyId, name, role, person: name };
}

/** A chat user of the tests, by the key id that stands for them. */
export function chatUser(keyId: string, name: string, role: Role): void {
  known.set(keyId, { name, role });
}

/** Somebody leaves: what they could do they can do no more. */
export function forget(name: string): void {
  known.delete(`key${name}`);
}

export const testPeople: ChatPeople = (keyId) => known.get(keyId) ?? null;
