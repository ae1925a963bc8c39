// What a route cannot leave out. Each expectation of an error is held by the compiler: without the error, it complains.

import { expect, test } from 'vitest';
import { z } from 'zod';
import { route } from '../../api/http/route.ts';
import { named } from '../../api/schemas/named.ts';
import type { Scope } from '../../domain/scope.ts';
import { expectDeclared, type Seen } from './declared.ts';

const whole = {
  method: 'GET',
  path: '/api/v1/things',
  permission: 'viewer',
  summary: 'Things.',
  answers: { 200: z.strictObject({ count: z.int() }) },
} as const;

test('a whole route compiles, and one without permission, answers or the right answer does not', () => {
  const { permission: _permission, ...unguarded } = whole;
  const { answers: _answers, ...mute } = whole;
  const made = [
    route({ ...whole, handler: async () => ({ json: { count: 1 } }) }),
    // @ts-expect-error nobody says who may call it
    route({ ...unguarded, handler: async () => ({ json: { count: 1 } }) }),
    // @ts-expect-error nobody says what it answers
    route({ ...mute, handler: async () => ({ json: { count: 1 } }) }),
    // @ts-expect-error a count is a number
    route({ ...whole, handler: async () => ({ json: { count: 'one' } }) }),
    // @ts-expect-error 201 is not declared
    route({ ...whole, handler: async () => ({ status: 201, json: { count: 1 } }) }),
    // @ts-expect-error JSON is declared, not a stream
    route({ ...whole, handler: async () => ({ response: new Response('') }) }),
  ];
  expect(made).toHaveLength(6);
});

test('a named schema is the type it describes, in both directions', () => {
  const fields = { environment: z.string(), service: z.string(), resourceId: z.string().optional() };
  const schemas = [
    named<Scope>()('A', z.strictObject({ ...fields, component: z.string().optional() })),
    // @ts-expect-error a scope has no number for a service
    named<Scope>()('B', z.strictObject({ ...fields, service: z.number() })),
    // @ts-expect-error not every scope is of production
    named<Scope>()('C', z.strictObject({ ...fields, environment: z.literal('production') })),
  ];
  expect(schemas).toHaveLength(3);
});

test.each<[string, Partial<Seen>, RegExp]>([
  ['another field', { json: { status: 'ok', more: 1 } }, /more/],
  ['another value', { json: { status: 'fine' } }, /status/],
  ['another status', { status: 201 }, /does not declare/],
  [
    'a problem of another shape',
    {
      status: 500,
      json: { error: 'x' },
      headers: new Headers({ 'content-type': 'application/problem+json' }),
    },
    /requestId/,
  ],
])('an answer with %s than declared is found', (_, seen, message) => {
  const right: Seen = { status: 200, headers: new Headers(), json: { status: 'ok' } };
  expect(() => expectDeclared('/health', 'GET', right)).not.toThrow();
  expect(() => expectDeclared('/health', 'GET', { ...right, ...seen })).toThrow(message);
});
