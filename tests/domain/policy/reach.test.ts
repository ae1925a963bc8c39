// How far a limited key reaches.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { narrowed, reaches, reachSchema } from '../../../domain/policy/reach.ts';

test.each([
  [undefined, 'production', 'api', true],
  [undefined, '*', null, true],
  [{ environments: ['prod*'] }, 'production', 'api', true],
  [{ environments: ['prod*'] }, 'production', null, true],
  [{ environments: ['prod*'] }, 'staging', 'api', false],
  [{ environments: ['prod*'] }, '*', null, false],
  [{ environments: ['*'] }, '*', null, true],
  [{ services: ['api'] }, 'production', 'api', true],
  [{ services: ['api'] }, 'production', 'db', false],
  [{ services: ['api'] }, 'production', null, false],
  [{ environments: ['staging'], services: ['api'] }, 'production', 'api', false],
])('%j reaches %s/%s: %s', (reach, environment, service, expected) => {
  expect(reaches(reach, environment, service)).toBe(expected);
});

test('an empty list would be a key for nothing', () => {
  expect(reachSchema.safeParse({ environments: [] }).success).toBe(false);
  expect(reachSchema.safeParse({ environment: ['production'] }).success).toBe(false);
});

test.each([
  [undefined, undefined, undefined],
  [{ environments: ['eu'] }, undefined, { environments: ['eu'] }],
  [{ environments: ['eu', 'us'] }, { environments: ['e*'] }, { environments: ['eu'] }],
  [{ environments: ['*'] }, { environments: ['e*'] }, { environments: ['e*'] }],
  [{ environments: ['e*'] }, { environments: ['*u'] }, { environments: [] }],
  [{ environments: ['eu'] }, { services: ['api'] }, { environments: ['eu'], services: ['api'] }],
])('%j and %j reach %j together', (one, other, both) => {
  expect(narrowed(one, other)).toEqual(both);
  expect(narrowed(other, one)).toEqual(both);
});

test('together they never reach what one of them does not', () => {
  const patterns = fc.array(fc.stringMatching(/^[ab*?]{1,3}$/), { minLength: 1, maxLength: 3 });
  const reach = fc.record({ environments: patterns, services: patterns }, { requiredKeys: [] });
  const name = fc.stringMatching(/^[ab]{1,3}$/);
  fc.assert(
    fc.property(reach, reach, name, name, (one, other, environment, service) => {
      const both = reaches(narrowed(one, other), environment, service);
      if (both) expect([one, other].map((each) => reaches(each, environment, service))).toEqual([true, true]);
    }),
  );
});
