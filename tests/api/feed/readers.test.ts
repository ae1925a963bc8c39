// Nobody takes the room of all, and nobody reads on after a login is over.

import { describe, expect, test } from 'vitest';
import { createApp } from '../../../api/app.ts';
import { roomProblem, type StreamReader } from '../../../api/feed/readers.ts';
import { createWorld } from '../in-memory.ts';
import { addIncident, happen } from '../incidents.ts';
import { readStream } from './reader.ts';

const reader = (keyId: string, address: string): StreamReader => ({
  principal: { keyId, name: keyId, role: 'viewer', person: keyId },
  address,
  session: null,
});
const many = (count: number, of: (index: number) => StreamReader) =>
  Array.from({ length: count }, (_, index) => of(index));

describe('the room for a thousand readers', () => {
  test('is not for one key', () => {
    const greedy = many(100, (index) => reader('viewer', `203.0.113.${index}`));
    expect(roomProblem(greedy, reader('viewer', '198.51.100.1'), 1_000)).toBe('too-many-of-key');
    expect(roomProblem(greedy, reader('admin', '198.51.100.1'), 1_000)).toBeNull();
  });

  test('is not for one address', () => {
    const greedy = many(250, (index) => reader(`key-${index}`, '203.0.113.7'));
    expect(roomProblem(greedy, reader('another', '203.0.113.7'), 1_000)).toBe('too-many-of-address');
    expect(roomProblem(greedy, reader('another', '198.51.100.1'), 1_000)).toBeNull();
  });

  test('ends', () => {
    const full = many(1_000, (index) => reader(`key-${index}`, `address-${index}`));
    expect(roomProblem(full, reader('another', '198.51.100.1'), 1_000)).toBe('too-many-readers');
  });
});

test('over the API: one key fills its share, and others still get theirs', async () => {
  const world = createWorld({ pollMs: 1, maxReaders: 100 });
  const app = createApp(world.deps);
  const open = (key: string) =>
    app.request(
      '/api/v1/stream',
      { headers: { authorization: `Bearer ${key}` } },
      { address: '203.0.113.7' },
    );
  const opened: Response[] = [];
  for (let count = 0; count < 10; count += 1) {
    const response = await open(world.keys.viewer);
    expect(response.status).toBe(200);
    await readStream(response).next();
    opened.push(response);
  }
  const refused = await open(world.keys.viewer);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ reason: 'too-many-of-key' });
  const other = await open(world.keys.admin);
  expect(other.status).toBe(200);
  await readStream(other).next();
  await world.deps.streams.close();
});

describe('a stream of a page', () => {
  const page = async () => {
    const world = createWorld({ pollMs: 1, checkKeysMs: 1 });
    addIncident(world);
    const app = createApp(world.deps);
    const body = new URLSearchParams({ key: world.keys.viewer });
    const login = await app.request('http://localhost/login', { method: 'POST', body });
    const cookie = (login.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
    const stream = readStream(await app.request('http://localhost/api/v1/stream', { headers: { cookie } }));
    expect(await stream.next()).toMatchObject({ event: 'ready' });
    return { world, stream, token: cookie.split('=')[1] ?? '' };
  };

  test('ends with the login, though the key still holds', async () => {
    const { world, stream, token } = await page();
    await world.deps.dashboard?.sessions.end(token);
    expect(await stream.next()).toMatchObject({ event: 'revoked' });
    expect(await stream.next()).toBeNull();
  });

  test('goes on while the login holds', async () => {
    const { world, stream } = await page();
    happen(world, { type: 'note-added', noteId: 'n', actor: 'ann', text: 'still here' });
    expect(await stream.next()).toMatchObject({ event: 'incident-event', id: '3' });
    await stream.cancel();
  });
});
