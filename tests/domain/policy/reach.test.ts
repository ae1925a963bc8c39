// How far a limited key reaches.

import { expect, test } from 'vitest';
import { reaches, reachSchema } from '../../../domain/policy/reach.ts';

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
