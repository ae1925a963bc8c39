// Who did something, as the records say it: a text that begins with its kind, so that no name can be taken for another kind.
//   person:ada             somebody whom the configuration knows, whichever of their keys or chat accounts they used
//   key:4f2a1c9d0e11/bob   a key, by its id; what it is called was chosen by whoever made it
//   system:sentinel        Sentinel itself; no key, no chat user and no name leads there
// Records from before this file hold plain names.

import type { KeyRole } from '../role.ts';

/** The actor of everything that Sentinel does by itself. */
export const sentinelActor = 'system:sentinel';
/** Whoever could not be told: no key, or one that is not known. */
export const unknownActor = 'system:unknown';

/** Whom keys count for that are not of a person the configuration names: whoever runs this Sentinel. */
export const owner = 'owner';

type Holder = {
  readonly keyId: string;
  readonly name: string;
  readonly role: KeyRole;
  readonly person: string;
};

/** The actor of what is done with a key. A key counts as its person by name only when it is called like its own person. */
export function actorOf({ keyId, name, person }: Pick<Holder, 'keyId' | 'name' | 'person'>): string {
  return person !== owner && name === person ? `person:${person}` : `key:${keyId}/${name}`;
}

/** What an actor is called before people: `ada`, `bob (key 4f2a1c9d0e11)`, `Sentinel`. */
export function nameOf(actor: string): string {
  if (actor === sentinelActor) return 'Sentinel';
  if (actor.startsWith('person:')) return actor.slice('person:'.length);
  const key = /^key:([^/]*)\/(.*)$/s.exec(actor);
  return key === null ? actor : `${key[2]} (key ${key[1]})`;
}

/** Names that would be read as somebody else: no key and no person may have them. */
export function isReservedName(name: string): boolean {
  const plain = name
    .normalize('NFKC')
    .replace(/[\p{Cf}\s]+/gu, '')
    .toLowerCase();
  return (
    ['sentinel', 'system', 'owner', 'unknown', 'anonymous'].includes(plain) ||
    /^(person|key|system|slack):/.test(plain)
  );
}

/**
 * How many people stand behind these for certain. Keys that count for the owner are one person at most, and may be held by
 * any of the others: beside people whom the configuration names they add nobody.
 */
export function peopleFor(persons: Iterable<string>): number {
  const different = new Set(persons);
  const named = different.size - (different.has(owner) ? 1 : 0);
  return Math.max(named, different.size > 0 ? 1 : 0);
}
