/** Where the keys for Temporal's payloads come from, and what is said when they cannot be had. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { payloadProtection } from '../../../app/temporal/payload-keys.ts';
import { loadConfig } from '../../../config/load.ts';

const nowMs = Date.parse('2026-11-26T12:00:00Z');
const secret = (letter: string) => `key-${letter}:${Buffer.alloc(32, letter).toString('base64')}`;
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'sentinel-keys-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
});
const kept = () => path.join(dataDir, 'payload-keys.json');

function protection(
  given: { keys?: string; keysSince?: string; mode?: string; role?: 'all' | 'worker' } = {},
  atMs = nowMs,
) {
  const { keys, role = 'all', ...payloads } = given;
  const file = path.join(dataDir, 'sentinel.yaml');
  writeFileSync(file, JSON.stringify({ dataDir, temporal: { payloads } }));
  const loaded = loadConfig({
    file,
    env: keys === undefined ? {} : { SENTINEL_TEMPORAL_PAYLOAD_KEYS: keys },
  });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('; '));
  const { keys: all, ...rest } = payloadProtection(loaded.config, role, () => atMs);
  return { ids: all.map(({ id }) => id), ...rest };
}

describe('one process with everything', () => {
  test('makes a key at its first start, for this user only, and finds it at the next', () => {
    const first = protection();
    expect(first).toMatchObject({
      ids: [expect.stringMatching(/^made-/)],
      mode: 'signed',
      keysSinceMs: nowMs,
    });
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(protection({}, nowMs + 5_000)).toEqual(first);
    expect(readdirSync(dataDir).toSorted()).toEqual(['payload-keys.json', 'sentinel.yaml']);
  });

  test('that was given keys makes none, and takes nothing unsigned', () => {
    expect(protection({ keys: `${secret('b')}, ${secret('a')}` })).toMatchObject({
      ids: ['key-b', 'key-a'],
      keysSinceMs: null,
    });
    expect(readdirSync(dataDir)).toEqual(['sentinel.yaml']);
  });

  test('that is given keys later still takes what its own key has signed', () => {
    const [own = ''] = protection().ids;
    expect(protection({ keys: secret('b') }, nowMs + 9)).toMatchObject({
      ids: ['key-b', own],
      keysSinceMs: nowMs,
    });
  });

  test.each([
    ['is cut short', '{"keys":"made-1:'],
    ['has no key', '{"keys":"","keysSince":"2026-11-26T12:00:00Z"}'],
    ['has a short key', '{"keys":"a:AAAA","keysSince":"2026-11-26T12:00:00Z"}'],
    ['has no time', `{"keys":"${secret('a')}"}`],
  ])('does not make another key over a file that %s', (_, text) => {
    writeFileSync(kept(), text, { mode: 0o600 });
    expect(() => protection()).toThrow(/payload-keys\.json .*cannot be used.*backup/);
    expect(readFileSync(kept(), 'utf8')).toBe(text);
  });

  test('does not use a file that others can read, or a folder in its place', () => {
    writeFileSync(kept(), '{}', { mode: 0o644 });
    expect(() => protection()).toThrow(/open to other users/);
    rmSync(kept());
    mkdirSync(kept());
    expect(() => protection()).toThrow(/payload-keys\.json/);
  });
});

test('a role beside others takes the keys it is given, and a time only when it is told one', () => {
  const keysSince = '2026-11-26T14:00:00+02:00';
  expect(protection({ keys: secret('a'), role: 'worker', mode: 'encrypted' })).toEqual({
    ids: ['key-a'],
    mode: 'encrypted',
    keysSinceMs: null,
  });
  expect(protection({ keys: secret('a'), role: 'worker', keysSince })).toMatchObject({ keysSinceMs: nowMs });
  expect(() => protection({ role: 'worker' })).toThrow(/SENTINEL_TEMPORAL_PAYLOAD_KEYS/);
});

test.each([
  ['no-colon', /expected id:base64 for key 1 of 1/],
  ['a:c2hvcnQ=', /key 1 of 1 has 5 bytes, expected 32 or more/],
  [`${secret('a')},${secret('a')}`, /key 2 of 2 has the same ID as another key/],
  [' , ', /contains no key/],
])('keys given as %j are refused, without being shown', (keys, message) => {
  expect(() => protection({ keys })).toThrow(message);
  expect(() => protection({ keys })).toThrow(/openssl rand -base64 32/);
  expect(() => protection({ keys })).not.toThrow(/c2hvcnQ|YWFh/);
});

test('a time that is none is refused', () => {
  expect(() => protection({ keysSince: 'yesterday' })).toThrow(/expected an instant such as/);
});
