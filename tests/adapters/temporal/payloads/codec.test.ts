/** A payload is taken where it belongs, unchanged and from somebody who has a key; anything else is refused, and never thrown at a worker. */
import { defaultPayloadConverter, type Payload, type SerializationContext } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPayloadCodec, PayloadRefused } from '../../../../adapters/temporal/payloads/codec.ts';
import { payloadKeys } from '../../../../adapters/temporal/payloads/keys.ts';
import type { PayloadMode } from '../../../../adapters/temporal/payloads/seal.ts';
import { admit, type PayloadRefusal, unauthenticated } from '../../../../domain/unauthenticated.ts';
import { payloadSecret, testPayloads } from '../../../support/payloads.ts';

const incident = (workflowId: string, namespace = 'prod'): SerializationContext => ({
  type: 'workflow',
  namespace,
  workflowId,
});
const call = (workflowId: string, activityId: string): SerializationContext => ({
  type: 'activity',
  namespace: 'prod',
  workflowId,
  activityId,
  isLocal: false,
});
const a = incident('incident/prod/payments/8dad9283/1');
const b = incident('incident/prod/payments/8dad9283/2');
const value = { amount: 3, name: 'Bläser', list: [null, 'x'] };
const plain = (of: unknown): Payload => defaultPayloadConverter.toPayload(of);
const worker = (changes: Parameters<typeof testPayloads>[0] = {}) =>
  createPayloadCodec(testPayloads(changes), 'worker');
const client = (changes: Parameters<typeof testPayloads>[0] = {}) =>
  createPayloadCodec(testPayloads(changes), 'client');

async function sealed(
  mode: PayloadMode,
  context: SerializationContext | undefined,
  bare: Payload = plain(value),
) {
  const [payload] = await client({ mode }).encode([bare], context);
  return payload as Payload;
}

async function decoded(payload: Payload, context: SerializationContext | undefined, codec = worker()) {
  const [taken] = await codec.decode([payload], context);
  return defaultPayloadConverter.fromPayload<unknown>(taken as Payload);
}

async function reasonFor(payload: Payload, context: SerializationContext | undefined, codec = worker()) {
  return unauthenticated(await decoded(payload, context, codec))?.reason ?? null;
}

const changed = (payload: Payload, name: string, change: (bytes: Buffer) => Buffer): Payload => ({
  ...payload,
  metadata: { ...payload.metadata, [name]: change(Buffer.from(payload.metadata?.[name] ?? [])) },
});
const flipped = (bytes: Buffer, at = bytes.length - 1): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

describe.each(['signed', 'encrypted'] as const)('%s', (mode) => {
  test.each([
    ['an object', value],
    ['nothing', undefined],
    ['null', null],
    ['bytes', new Uint8Array([0, 255, 7])],
    ['an empty text', ''],
  ])('%s arrives as it was sent', async (_, sent) => {
    expect(await decoded(await sealed(mode, a, plain(sent)), a)).toEqual(sent);
    expect(await decoded(await sealed(mode, a, plain(sent)), a, client())).toEqual(sent);
  });

  test('any JSON arrives as it was sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (sent) => {
        expect(await decoded(await sealed(mode, a, plain(sent)), a)).toEqual(
          JSON.parse(JSON.stringify(sent)),
        );
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ['another incident', a, b],
    ['the same incident of another namespace', a, incident('incident/prod/payments/8dad9283/1', 'staging')],
    ['an activity of the same incident', a, call('incident/prod/payments/8dad9283/1', '1')],
    ['another call of an activity', call('i', '1'), call('i', '2')],
    ['the same call in another incident', call('i', '1'), call('j', '1')],
    ['somewhere without a place', a, undefined],
    ['an incident, from nowhere', undefined, a],
  ])('not taken in %s', async (_, from, to) => {
    const payload = await sealed(mode, from);
    expect(await reasonFor(payload, from)).toBeNull();
    expect(await reasonFor(payload, to)).toBe('foreign');
  });

  test('not taken when it claims to belong elsewhere', async () => {
    const theirs = await sealed(mode, b);
    const claim = Buffer.from((await sealed(mode, a)).metadata?.['sentinel-bound-to'] ?? []);
    expect(
      await reasonFor(
        changed(theirs, 'sentinel-bound-to', () => claim),
        a,
      ),
    ).toBe('altered');
  });

  test('not taken with other data, cut short, or with more', async () => {
    const payload = await sealed(mode, a);
    const data = Buffer.from(payload.data ?? []);
    for (const other of [flipped(data), data.subarray(0, -1), Buffer.alloc(0), Buffer.concat([data, data])])
      expect(await reasonFor({ ...payload, data: other }, a)).toBe('altered');
    expect(await reasonFor({ metadata: payload.metadata ?? null }, a)).toBe('altered');
  });

  test('not taken under another encoding', async () => {
    const payload = await sealed(mode, a);
    for (const encoding of ['binary/plain', 'binary/encrypted', 'json/plain'])
      if (encoding !== Buffer.from(payload.metadata?.encoding ?? []).toString())
        expect(
          await reasonFor(
            changed(payload, 'encoding', () => Buffer.from(encoding)),
            a,
          ),
        ).toBe('altered');
  });

  test('not taken with the id of one key and the seal of another', async () => {
    const payload = await sealed(mode, a);
    const keys = payloadKeys([payloadSecret('b'), { ...payloadSecret('c'), id: 'key-a' }]);
    expect(await reasonFor(payload, a, worker({ keys }))).toBe('altered');
    const renamed = changed(payload, 'sentinel-key', () => Buffer.from('key-b'));
    expect(
      await reasonFor(renamed, a, worker({ keys: payloadKeys([payloadSecret('a'), payloadSecret('b')]) })),
    ).toBe('altered');
  });

  test('keys are replaced one after the other: add, make it the current one, drop the old', async () => {
    const [old, both, swapped, only] = [['a'], ['a', 'b'], ['b', 'a'], ['b']].map((letters) => {
      const [first, ...rest] = letters.map(payloadSecret);
      return worker({ mode, keys: payloadKeys([first ?? payloadSecret('a'), ...rest]) });
    });
    const from = async (codec = worker()) => (await codec.encode([plain(value)], a))[0] as Payload;
    for (const reader of [old, both, swapped])
      expect(await reasonFor(await from(both), a, reader)).toBeNull();
    for (const reader of [both, swapped, only])
      expect(await reasonFor(await from(swapped), a, reader)).toBeNull();
    expect(await reasonFor(await from(swapped), a, old)).toBe('unknown-key');
    expect(await reasonFor(await from(old), a, only)).toBe('unknown-key');
  });
});

test('signed data stays readable, encrypted data does not, and neither mode minds the other', async () => {
  const texts = await Promise.all(
    (['signed', 'encrypted'] as const).map(async (mode) => {
      const payload = await sealed(mode, a);
      expect(await decoded(payload, a, worker({ mode: mode === 'signed' ? 'encrypted' : 'signed' }))).toEqual(
        value,
      );
      return `${Buffer.from(payload.data ?? [])}${Buffer.from(payload.metadata?.encoding ?? [])}`;
    }),
  );
  expect(texts[0]).toContain('Bläser');
  expect(texts[0]).toContain('json/plain');
  expect(texts[1]).not.toContain('Bläser');
});

test('the same value is never encrypted to the same bytes', async () => {
  const many = await Promise.all(Array.from({ length: 20 }, () => sealed('encrypted', a)));
  expect(new Set(many.map(({ data }) => Buffer.from(data ?? []).toString('hex'))).size).toBe(20);
});

test('a worker gets a placeholder for whatever it is sent, a client an error with the reason', async () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant([] as unknown as Uint8Array));
  const names = fc.constantFrom('encoding', 'sentinel-key', 'sentinel-bound-to', 'sentinel-seal', 'x');
  const values = fc.oneof(
    bytes,
    fc
      .constantFrom('json/plain', 'binary/null', 'binary/encrypted', 'key-a')
      .map((text) => Buffer.from(text)),
  );
  const payloads = fc.record(
    { metadata: fc.dictionary(names, values), data: fc.option(bytes, { nil: null }) },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(payloads, async (payload) => {
      const placeholder = unauthenticated(await decoded(payload, a, worker({ keysSinceMs: 5 })));
      expect(['unsigned', 'unknown-key', 'altered']).toContain(placeholder?.reason);
      await expect(decoded(payload, a, client())).rejects.toThrow(PayloadRefused);
    }),
    { numRuns: 500 },
  );
});

test('nobody can send a placeholder that admits something', async () => {
  const forged = plain({
    'sentinel:unauthenticated': { reason: 'unsigned', keyId: null, json: '"gift"', keysSinceMs: 9e15 },
  });
  expect(admit(await decoded(forged, a), 0)).toMatchObject({ taken: false });
});

describe('what nobody signed', () => {
  const keysSinceMs = Date.parse('2026-11-26T12:00:00Z');
  const admitted = async (payload: Payload, beganMs: number, since: number | null = keysSinceMs) =>
    admit(await decoded(payload, a, worker({ keysSinceMs: since })), beganMs);

  test('is taken in a run that began before there were keys, as it was', async () => {
    for (const sent of [value, null, undefined, 'text', 0])
      expect(await admitted(plain(sent), keysSinceMs - 1)).toEqual({ taken: true, value: sent });
  });

  test('is not taken in a run that began later, nor in any where keys were there from the start', async () => {
    expect(await admitted(plain(value), keysSinceMs)).toMatchObject({ taken: false });
    expect(await admitted(plain(value), 0, null)).toMatchObject({ taken: false });
  });

  test('is not taken when it is no value that Sentinel could have written', async () => {
    const broken = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') };
    for (const payload of [broken, plain(new Uint8Array([1])), {}, { data: Buffer.from('1') }])
      expect(await admitted(payload, 0)).toMatchObject({ taken: false });
  });

  test('does not make a changed or foreign one good', async () => {
    const codec = worker({ keysSinceMs });
    const foreign = await decoded(await sealed('signed', b), a, codec);
    expect(admit(foreign, 0)).toMatchObject({ taken: false, refused: { reason: 'foreign' } });
  });

  test('is taken by a client until every process has keys', async () => {
    const at = (nowMs: number) => client({ keysSinceMs, nowMs: () => nowMs });
    expect(await decoded(plain(value), a, at(keysSinceMs - 1))).toEqual(value);
    await expect(decoded(plain(value), a, at(keysSinceMs))).rejects.toThrow(/no signature of Sentinel/);
  });
});

test('every refusal is told, with its reason and where', async () => {
  const told: PayloadRefusal[] = [];
  const codec = worker({ onRefused: ({ reason }) => told.push(reason) });
  const payload = await sealed('signed', b);
  await codec.decode([payload, plain(value), { ...(await sealed('signed', a)), data: Buffer.from('1') }], a);
  expect(told).toEqual(['foreign', 'unsigned', 'altered']);
});
