// Who is who in the records, and how many people a set of keys stands for.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actorOf,
  isReservedName,
  nameOf,
  owner,
  peopleFor,
  sentinelActor,
} from '../../../domain/policy/identity.ts';

describe('actors', () => {
  test('somebody whom the configuration names, and a key of somebody', () => {
    expect(actorOf({ keyId: 'slack:UADA', name: 'ada', person: 'ada' })).toBe('person:ada');
    expect(actorOf({ keyId: 'k1', name: 'ci', person: 'ada' })).toBe('key:k1/ci');
  });

  test('a key made by the owner is never a person of the configuration, whatever it is called', () => {
    expect(actorOf({ keyId: 'k1', name: 'ada', person: owner })).toBe('key:k1/ada');
    expect(actorOf({ keyId: 'k1', name: owner, person: owner })).toBe('key:k1/owner');
  });

  test('no name and no key leads to Sentinel', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (keyId, name, person) => {
        expect(actorOf({ keyId, name, person })).not.toBe(sentinelActor);
        expect(actorOf({ keyId, name: 'sentinel', person: 'sentinel' })).not.toBe(sentinelActor);
      }),
    );
  });

  test('before people they are called by name, and a key says that it is one', () => {
    expect(nameOf('person:ada')).toBe('ada');
    expect(nameOf('key:k1/bob')).toBe('bob (key k1)');
    expect(nameOf(sentinelActor)).toBe('Sentinel');
    expect(nameOf('ann')).toBe('ann');
  });
});

test('reserved names, however they are written', () => {
  for (const name of ['Sentinel', 's e n t i n e l', 'ｏｗｎｅｒ', 'key:1/x'])
    expect(isReservedName(name), name).toBe(true);
  for (const name of ['ada', 'sentinel-ci', 'owner of payments'])
    expect(isReservedName(name), name).toBe(false);
});

test('keys of the owner are one person, and nobody beside people who are named', () => {
  expect(peopleFor([])).toBe(0);
  expect(peopleFor([owner, owner])).toBe(1);
  expect(peopleFor([owner, 'ada'])).toBe(1);
  expect(peopleFor(['ada', 'ben', owner, 'ada'])).toBe(2);
});
