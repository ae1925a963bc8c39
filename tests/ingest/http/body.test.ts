// A body costs what it may cost, however little was sent of it.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import snappyjs from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { createBodyReader } from '../../../ingest/http/body.ts';
import { createShapeCounter } from '../../../ingest/http/json-shape.ts';
import { defaultLimits, type IngestLimits } from '../../../ingest/limits.ts';

const gzip = { 'content-encoding': 'gzip' };
const json = { 'content-type': 'application/json' };
const request = (body: Uint8Array | string, headers: Readonly<Record<string, string>>) =>
  new Request('http://sentinel.test/v1/traces', {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
const read = (
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>>,
  limits: Partial<IngestLimits> = {},
) => createBodyReader({ ...defaultLimits, ...limits })(request(body, headers));

describe('a bomb', () => {
  test.each([
    ['of empty spans', `{"resourceSpans":[{"scopeSpans":[{"spans":[${'{},'.repeat(5_592_000)}{}]}]}]}`],
    ['of empty events', `{"events":[${'{},'.repeat(5_592_000)}{}]}`],
    ['of spaces', `{"events":[${' '.repeat(15_000_000)}]}`],
  ])('%s is given up after a few thousandths of what it would be', async (_, text) => {
    const body = gzipSync(text, { level: 9 });
    expect(body.length).toBeLessThan(20_000);
    expect(await read(body, { ...json, ...gzip })).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/^too-/),
    });
  });

  test.each([
    ['objects', `{"events":[{"attributes":${'{"a":'.repeat(1_000_000)}1${'}'.repeat(1_000_001)}]}`],
    ['arrays', `${'['.repeat(7_000_000)}${']'.repeat(7_000_000)}`],
  ])('of %s within each other never reaches the parser', async (_, text) => {
    const deep = { ok: false, problem: 'too-complex' };
    expect(await read(gzipSync(text), { ...json, ...gzip })).toMatchObject(deep);
    expect(await read(text.slice(0, 1_000_000), json)).toMatchObject(deep);
  });

  test.each([
    ['objects', `{"events":[${'{},'.repeat(600_000)}{}]}`],
    ['arrays', `{"events":[${'[],'.repeat(600_000)}[]]}`],
  ])('of %s that is sent as it is, or inflates little, is counted before it is parsed', async (_, text) => {
    const counted = { ok: false, problem: 'too-complex' };
    expect(await read(text, json)).toMatchObject(counted);
    expect(await read(gzipSync(text), { ...json, ...gzip }, { maxInflateRatio: 2_000 })).toMatchObject(
      counted,
    );
  });

  test('that inflates more than telemetry does is given up, protobuf too', async () => {
    const body = gzipSync(Buffer.alloc(12 * 1024 * 1024));
    const type = { 'content-type': 'application/x-protobuf', ...gzip };
    expect(await read(body, type)).toMatchObject({ ok: false, problem: 'too-large' });
    expect(await read(body, type, { maxInflateRatio: 2_000 })).toMatchObject({ ok: true });
  });
});

test('a body that merely compresses well is read', async () => {
  const spans = Array.from({ length: 5_000 }, (_, index) => ({
    name: 'GET /orders',
    spanId: index.toString(16).padStart(16, '0'),
  }));
  const text = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const body = await read(gzipSync(text), { ...json, ...gzip });
  expect(body.ok && Buffer.from(body.bytes).toString()).toBe(text);
});

test('what is no gzip is said so, also when it ends too soon', async () => {
  const whole = gzipSync('{"events":[]}');
  for (const body of [Buffer.from('hello'), whole.subarray(0, whole.length - 9)]) {
    expect(await read(body, { ...json, ...gzip })).toMatchObject({ ok: false, problem: 'bad-encoding' });
  }
});

test('bodies that are being read together have a bound of their own, and it is free again', async () => {
  const reader = createBodyReader({ ...defaultLimits, maxHeldBytes: 1_500 });
  const body = 'x'.repeat(1_000);
  const answers = await Promise.all([0, 1, 2].map(() => reader(request(body, { 'content-length': '1000' }))));
  expect(answers.map((answer) => (answer.ok ? 'read' : answer.problem)).sort()).toEqual([
    'busy',
    'busy',
    'read',
  ]);
  expect((await reader(request(body, { 'content-length': '1000' }))).ok).toBe(true);
});

describe('the shape of a text', () => {
  const limits = { maxContainers: 3, maxDepth: 2 };
  test.each([
    ['{"a":[1,2,3]}', null],
    ['"[[[[{{{{"', null],
    ['{"a\\"[[[[":"\\\\"}', null],
    ['[{},{}]', null],
    ['[{},{},{}]', 'too-many'],
    ['[[[', 'too-deep'],
  ])('%s: %s', (text, problem) => {
    expect(createShapeCounter(limits).push(Buffer.from(text))).toBe(problem);
  });

  test('is the same in whatever pieces it comes', () => {
    const property = fc.property(fc.json(), fc.array(fc.nat(200)), (text, cuts) => {
      const bytes = Buffer.from(text);
      const whole = createShapeCounter({ maxContainers: 5, maxDepth: 3 }).push(bytes);
      const pieces = createShapeCounter({ maxContainers: 5, maxDepth: 3 });
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      let from = 0;
      let found: string | null = null;
      for (const end of ends) {
        found ??= pieces.push(bytes.subarray(from, end));
        from = end;
      }
      expect(found).toBe(whole);
    });
    fc.assert(property);
  });
});

describe('snappy', () => {
  const snappy = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  const readSnappy = (body: Uint8Array, limits: Partial<IngestLimits> = {}) =>
    createBodyReader({ ...defaultLimits, ...limits })(request(body, snappy), 'snappy');

  test('is read where it is asked for, and nowhere else', async () => {
    const body = snappyjs.compress(Buffer.from('plain '.repeat(1_000)));
    expect(await readSnappy(body)).toMatchObject({ ok: true, bytes: Buffer.from('plain '.repeat(1_000)) });
    expect(await read(body, snappy)).toMatchObject({ ok: false, problem: 'unsupported-encoding' });
    expect(await createBodyReader(defaultLimits)(request(body, gzip), 'snappy')).toMatchObject({
      problem: 'unsupported-encoding',
    });
  });

  test('that says it becomes more than is taken is given up unread, cut or not', async () => {
    const body = snappyjs.compress(Buffer.alloc(2_000_000));
    const most = { maxInflatedBytes: 1_999_999 };
    for (const sent of [body, body.subarray(0, 5)])
      expect(await readSnappy(sent, most)).toMatchObject({ ok: false, problem: 'too-large' });
    expect(await readSnappy(body.subarray(0, 2))).toMatchObject({ ok: false });
  });
});
