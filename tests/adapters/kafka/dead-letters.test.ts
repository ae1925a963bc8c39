// What a dead letter carries: the record, byte for byte where it holds no secret, and nothing that was not looked at.

import { expect, test } from 'vitest';
import { toMessage } from '../../../adapters/kafka/dead-letters.ts';
import { readLetter, readReplay, writeReplay } from '../../../adapters/kafka/letter.ts';

const source = { topic: 'alerts', partition: 3 };
const bytes = (text: string) => new TextEncoder().encode(text);

function letterOf(value: Uint8Array | null, detail = 'labels: expected an object') {
  const record = { key: bytes('prod/orders'), value, offset: 7n, timestampMs: 0 };
  return toMessage({ source, record, reason: 'wrong-shape', detail } as never, true);
}

test('a record without secrets is the same to the byte', () => {
  const value = '{ "labels" : 1.0,\n"big": 12345678901234567890 }';
  expect(letterOf(bytes(value)).value?.toString()).toBe(value);
  expect(letterOf(null)).toMatchObject({ value: null, headers: { 'sentinel-reason': 'wrong-shape' } });
  expect(letterOf(null).headers).not.toHaveProperty('sentinel-value-omitted');
});

test('secrets in JSON, in its names, in other text and in the detail are replaced', () => {
  const secret = 'hunter2Zk9vQ4mXw7Lr';
  const long = Array.from({ length: 20_000 }, (_, n) => n);
  for (const value of [
    JSON.stringify({ password: secret, labels: 1 }),
    JSON.stringify({ long, summary: `login failed for postgres://app:${secret}@db/app` }),
    JSON.stringify([{ headers: [`Authorization: Bearer ${secret}`] }]),
    `password=${secret}`,
  ]) {
    const { value: kept, headers } = letterOf(bytes(value), `at "password=${secret}"`);
    expect(kept?.toString(), value.slice(0, 40)).toContain('[redacted]');
    expect(`${kept?.toString()} ${JSON.stringify(headers)}`).not.toContain(secret);
  }
  // A record that is too long to be looked at as one text is not cut: its texts are looked at by themselves.
  const kept = letterOf(bytes(JSON.stringify({ long, password: secret }))).value?.toString() ?? '';
  expect(JSON.parse(kept)).toEqual({ long, password: '[redacted]' });
});

test('bytes that are no text cannot be looked at: the letter says where they are', () => {
  const { value, headers } = letterOf(Uint8Array.of(0xff, 0xfe, 0x00, 0x70));
  expect(value).toBeNull();
  expect(headers).toMatchObject({ 'sentinel-value-omitted': 'true', 'sentinel-offset': '7' });
});

test('only a letter that is the record to the byte says that it is whole', () => {
  const whole = (value: Uint8Array | null) => letterOf(value).headers?.['sentinel-whole'];
  expect(whole(bytes('{"a": 1}'))).toBe('true');
  expect(whole(null)).toBe('true');
  expect(whole(bytes('password=hunter2Zk9vQ4mXw7Lr'))).toBeUndefined();
  expect(whole(Uint8Array.of(0xff))).toBeUndefined();
});

test('what is read of a letter is what was written, and of a replayed record it is the first place and one failure more', () => {
  const of = { topic: 'alerts', partition: 1, offset: 9n, timestampMs: 1_000 };
  const replay = { of, failures: 2 };
  const record = { key: null, value: bytes('x'), offset: 70n, timestampMs: 5_000 };
  const letter = { source, reason: 'not-json', detail: 'no JSON' } as const;
  const read = (message: object) =>
    readLetter({ offset: '3', timestamp: '8000', key: null, value: null, ...message } as never, 4);
  expect(read(toMessage({ ...letter, record }, true))).toMatchObject({
    ...{
      partition: 4,
      offset: 3n,
      atMs: 8_000,
      reason: 'not-json',
      detail: 'no JSON',
      failures: 1,
      isWhole: true,
    },
    of: { topic: 'alerts', partition: 3, offset: 70n, timestampMs: 5_000 },
  });
  expect(read(toMessage({ ...letter, record: { ...record, replay } }, true))).toMatchObject({
    of,
    failures: 3,
  });
  expect(read({ headers: {} })).toBeNull();
  expect(readReplay(writeReplay(replay), 'alerts')).toEqual(replay);
  expect(readReplay(writeReplay(replay), 'others')).toBeNull();
  for (const header of [undefined, '', 'alerts/1/9/1000', 'alerts/-1/9/1000/2', 'alerts/1/9/1000/2/3'])
    expect(readReplay(header, 'alerts')).toBeNull();
});
