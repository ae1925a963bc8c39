// The people whom the configuration names, by the doors they come through. One person is one vote, whichever door they use.

import type { Role } from '../role.ts';
import type { Reach } from './reach.ts';

export type Person = {
  /** Stable: it is the actor in every record (`person:ada`). */
  readonly name: string;
  /** The most they may do, with whatever key. */
  readonly role: Role;
  /** Where they may do it; absent is everywhere. */
  readonly reach?: Reach;
};

/** `key`: one of their API keys, which must hold by itself; `chat`: an account that the chat has proven. */
export type Door = Person & { readonly door: 'chat' | 'key' };

export type People = {
  /** Whom a key id stands for: a chat account (`slack:U0123ABCDEF`), or an API key that the configuration says is theirs alone. */
  behind(keyId: string): Door | null;
  named(name: string): Person | null;
};

export const nobody: People = { behind: () => null, named: () => null };

export type PersonEntry = Person & {
  /** Key ids that stand for their accounts in chats. */
  readonly chat: readonly string[];
  /** Ids of API keys. */
  readonly keys: readonly string[];
};

/** A door that two people share leads to nobody: it cannot be told who came through it. */
export function peopleOf(entries: readonly PersonEntry[]): People {
  const named = new Map<string, Person>();
  const doors = new Map<string, Door | null>();
  for (const { chat, keys, ...person } of entries) {
    named.set(person.name, person);
    const add = (door: Door['door']) => (keyId: string) =>
      doors.set(keyId, doors.has(keyId) ? null : { ...person, door });
    new Set(chat).forEach(add('chat'));
    new Set(keys).forEach(add('key'));
  }
  return { behind: (keyId) => doors.get(keyId) ?? null, named: (name) => named.get(name) ?? null };
}
