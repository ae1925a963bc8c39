// The spellings of an incident's id lead to each other, also those of before, and nothing else leads to an id.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { incidentIdFrom, incidentIdOf, shortIncidentId } from '../../../domain/incident/incident-id.ts';

const hex = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength, maxLength });
const episode = fc.integer({ min: 1, max: 999_999_999 });
const anyName = fc.string({ unit: 'binary', maxLength: 300 });
const parts = fc.record({ environment: anyName, service: anyName, fingerprint: hex(32, 32), episode });

test('says where it is', () => {
  const about = {
    environment: 'production',
    service: 'payments',
    fingerprint: '8dad928322096356',
    episode: 1,
  };
  expect(incidentIdOf(about)).toBe('incident/production/payments/8dad9283/1');
  expect(shortIncidentId(incidentIdOf(about))).toBe('production.payments.8dad9283-1');
  expect(incidentIdOf({ ...about, environment: 'eu/prod 1', service: 'Zahlungs-Übersicht' })).toBe(
    'incident/eu-prod-1/Zahlungs-Ubersicht/8dad9283/1',
  );
  expect(incidentIdOf({ ...about, service: '支付' })).toBe('incident/production/_/8dad9283/1');
});

test('whatever the names, it is short, needs no encoding, and its two forms lead to each other', () => {
  fc.assert(
    fc.property(parts, fc.constantFrom(8, 32), (about, digits) => {
      const id = incidentIdOf(about, digits);
      const short = shortIncidentId(id);
      expect(id.length).toBeLessThanOrEqual(140);
      expect(encodeURIComponent(short)).toBe(short);
      expect(id.split('/').map(encodeURIComponent).join('/')).toBe(id);
      expect(incidentIdFrom(short)).toBe(id);
      expect(incidentIdFrom(id)).toBe(id);
    }),
  );
});

test('two fingerprints or episodes never have one id with all digits', () => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      fc.pre(one.fingerprint !== other.fingerprint || one.episode !== other.episode);
      expect(incidentIdOf(one, 32)).not.toBe(incidentIdOf(other, 32));
    }),
  );
});

describe('the ids of before', () => {
  test('still lead to their incidents', () => {
    fc.assert(
      fc.property(hex(1, 64), episode, (hash, number) => {
        const id = `incident/${hash}/${number}`;
        expect(shortIncidentId(id)).toBe(`${hash}-${number}`);
        expect(incidentIdFrom(`${hash}-${number}`)).toBe(id);
        expect(incidentIdFrom(id)).toBe(id);
      }),
    );
  });
});

test('whatever is accepted is an id of these spellings', () => {
  const near = fc.stringMatching(/^[0-9a-z./-]{1,30}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), near), (text) => {
      const id = incidentIdFrom(text);
      if (id !== null) expect(id).toMatch(/^incident\/([\w-]{1,40}\/[\w-]{1,40}\/)?[0-9a-f]+\/[1-9]\d*$/);
    }),
  );
  for (const text of [
    '3f2a9c-01',
    'production.3f2a9c-1',
    'incident/a/3f2a9c/1',
    'a.b.c.3f2a9c-1',
    '../3f2a9c-1',
  ])
    expect(incidentIdFrom(text)).toBeNull();
});
