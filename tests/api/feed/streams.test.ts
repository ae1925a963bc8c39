// The streams over the app: what a reader gets, where it goes on, and when it is sent away.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../../api/app.ts';
import { createStreams, type StreamsOptions } from '../../../api/feed/streams.ts';
import { person } from '../../adapters/postgres/fixtures.ts';
import { createWorld, feedOf, type World } from '../in-memory.ts';
import { addIncident, happen, incidentId, ref } from '../incidents.ts';
import { readStream, type StreamReader } from './reader.ts';

const quick = { pollMs: 1, checkKeysMs: 5 } as const;
const news = '/api/v1/stream';
const timeline = `/api/v1/incidents/${ref}/timeline/stream`;

function world(options: Partial<StreamsOptions> = {}): World {
  const made = createWorld({ ...quick, ...options });
  addIncident(made);
  return made;
}

async function get(of: World, path: string, headers: Record<string, string> = {}, key = of.keys.viewer) {
  return createApp(of.deps).request(path, { headers: { authorization: `Bearer ${key}`, ...headers } });
}

async function open(of: World, path: string, lastEventId?: string): Promise<StreamReader> {
  const response = await get(of, path, lastEventId === undefined ? {} : { 'last-event-id': lastEventId });
  expect(response.status).toBe(200);
  return readStream(response);
}

const note = (of: World, text: string) =>
  happen(of, { type: 'note-added', noteId: text, actor: 'ann', text });

async function readerCount(of: World): Promise<number> {
  const { text } = await of.deps.renderMetrics();
  return Number(/^sentinel_stream_readers (\d+)$/m.exec(text)?.[1]);
}

describe('what a reader gets', () => {
  test('headers that keep it unbuffered, uncached and harmless', async () => {
    const response = await get(world(), news);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    await response.body?.cancel();
  });

  test('of all incidents: what is new, with the incident as it is now', async () => {
    const of = world();
    const reader = await open(of, news);
    expect(await reader.next()).toEqual({ event: 'ready', id: '2', data: {} });
    note(of, 'hm');
    expect(await reader.next()).toMatchObject({
      event: 'incident-event',
      id: '3',
      data: {
        seq: 3,
        type: 'note-added',
        incident: { ref, status: 'awaiting-approval', title: 'Errors in orders', severity: 'critical' },
      },
    });
    await reader.cancel();
  });

  test('of one incident: its timeline from the beginning, then what is new, and nothing of others', async () => {
    const of = world();
    const reader = await open(of, timeline);
    const seen = [await reader.next(), await reader.next(), await reader.next()];
    expect(seen.map((one) => [one?.event, one?.id])).toEqual([
      ['ready', '0'],
      ['timeline-event', '1'],
      ['timeline-event', '2'],
    ]);
    addIncident(of, { incidentId: 'incident/beef/1' });
    note(of, 'line one\nline two\r\u2028');
    expect(await reader.next()).toEqual({
      event: 'timeline-event',
      id: '3',
      data: of.incidents.get(incidentId)?.events[2],
    });
    await reader.cancel();
  });

  test('a sign of life when nothing happens', async () => {
    const of = world({ heartbeatMs: 1 });
    const reader = await open(of, news);
    await reader.next();
    const next = reader.next();
    await expect.poll(reader.comments).toBeGreaterThan(2);
    note(of, 'at last');
    expect(await next).toMatchObject({ event: 'incident-event' });
    await reader.cancel();
  });

  test('an incident that is not there', async () => {
    expect((await get(world(), '/api/v1/incidents/beef-1/timeline/stream')).status).toBe(404);
  });
});

describe('where it goes on', () => {
  test.each([
    { name: 'Last-Event-ID', path: news, header: '3' },
    { name: 'after', path: `${news}?after=3`, header: undefined },
    { name: 'Last-Event-ID before after', path: `${news}?after=1`, header: '3' },
    { name: 'after, when the browser remembers nothing', path: `${news}?after=3`, header: '' },
    { name: 'an event of the timeline', path: `${timeline}?after=1`, header: '3' },
  ])('$name', async ({ path, header }) => {
    const of = world();
    for (const text of ['a', 'b', 'c']) note(of, text);
    const reader = await open(of, path, header);
    const ids = [await reader.next(), await reader.next(), await reader.next()].map((one) => one?.id);
    expect(ids).toEqual(['3', '4', '5']);
    await reader.cancel();
  });

  test('whenever a reader is cut, and whatever happens meanwhile: every event once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(news, timeline),
        fc.array(fc.record({ read: fc.nat(5), happening: fc.nat(4), restart: fc.boolean() }), {
          maxLength: 12,
        }),
        async (path, rounds) => {
          let of = world();
          const got: string[] = [];
          let reader = await open(of, path, '0');
          for (const { read, happening, restart } of rounds) {
            for (let count = 0; count < happening; count += 1) note(of, `${got.length}`);
            for (let left = Math.min(read, of.happened.length - got.length); left > 0; ) {
              const one = await reader.next();
              if (one?.event === 'ready') continue;
              got.push(one?.id ?? 'the end');
              left -= 1;
            }
            await reader.cancel();
            if (restart) {
              // Another process over the same record.
              await of.deps.streams.close();
              const { incidents, happened } = of;
              of = createWorld(quick);
              of.incidents = incidents;
              of.happened.push(...happened);
            }
            reader = await open(of, path, got.at(-1) ?? '0');
          }
          note(of, 'the last one');
          while (got.at(-1) !== `${of.happened.length}`) {
            const one = await reader.next();
            if (one?.event !== 'ready') got.push(one?.id ?? 'the end');
          }
          await reader.cancel();
          expect(got).toEqual(of.happened.map((_, index) => `${index + 1}`));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a long backlog comes whole, and what happens while it is read comes behind it', async () => {
    const of = world();
    for (let count = 0; count < 450; count += 1) note(of, `${count}`);
    for (const path of [news, timeline]) {
      const reader = await open(of, path, '0');
      const ids: string[] = [];
      while (ids.length < of.happened.length) {
        const one = await reader.next();
        if (one?.event !== 'ready') ids.push(one?.id ?? 'the end');
        if (ids.length === 150) note(of, 'meanwhile');
      }
      expect(ids).toEqual(of.happened.map((_, index) => `${index + 1}`));
      note(of, 'at last');
      expect(await reader.next()).toMatchObject({ id: `${of.happened.length}` });
      await reader.cancel();
    }
  });

  test('too far behind: told to start over, from now', async () => {
    const of = world({ longestBacklog: 10 });
    for (let count = 0; count < 20; count += 1) note(of, `${count}`);
    const reader = await open(of, news, '1');
    expect(await reader.next()).toEqual({ event: 'resync', id: '22', data: { reason: 'too-far-behind' } });
    note(of, 'new');
    expect(await reader.next()).toMatchObject({ event: 'incident-event', id: '23' });
    await reader.cancel();
  });

  test('a place that was never reached (another database): told to start over', async () => {
    const of = world();
    const all = await open(of, news, '999999999999999');
    expect(await all.next()).toEqual({ event: 'resync', id: '2', data: { reason: 'unknown-position' } });
    const one = await open(of, timeline, '3');
    expect(await one.next()).toEqual({ event: 'resync', id: '0', data: { reason: 'unknown-position' } });
    expect(await one.next()).toMatchObject({ event: 'timeline-event', id: '1' });
    await all.cancel();
    await one.cancel();
  });

  test.each([
    '-1',
    '1.5',
    '1e3',
    '0x10',
    '١',
    'null',
    "1'; drop table incident_events; --",
    '9'.repeat(16),
    '9'.repeat(5000),
    '1,2',
  ])('a hostile Last-Event-ID (%.20s) is refused and named', async (header) => {
    // Headers are bytes; what is not Latin-1 arrives like this.
    const asSent = Buffer.from(header, 'utf8').toString('latin1');
    for (const path of [news, timeline]) {
      const response = await get(world(), path, { 'last-event-id': asSent });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ field: 'Last-Event-ID' }] });
    }
  });
});

describe('when it is sent away', () => {
  test.each([news, timeline])('its key is revoked: the stream ends, others go on (%s)', async (path) => {
    const of = world();
    const cut = await open(of, path);
    const kept = readStream(await get(of, path, {}, of.keys.admin));
    await Promise.all([cut.next(), kept.next()]);
    expect(await of.deps.apiKeys.revoke('key-viewer', person('ann', 'admin'))).toBe(true);
    expect((await cut.rest()).at(-1)).toMatchObject({ event: 'revoked' });
    note(of, 'secret');
    const wanted = `${of.happened.length}`;
    await expect.poll(async () => (await kept.next())?.id).toBe(wanted);
    expect((await get(of, path, { 'last-event-id': cut.lastId() })).status).toBe(401);
    await kept.cancel();
  });

  test('it does not read: it loses its place, and comes back to all it missed', async () => {
    const of = world({ mailboxCapacity: 20 });
    for (const path of [news, timeline]) {
      const slow = await open(of, path, `${of.happened.length}`);
      expect(await slow.next()).toMatchObject({ event: 'ready' });
      note(of, 'arrives');
      await expect.poll(() => slow.next()).toMatchObject({ id: `${of.happened.length}` });
      const place = of.happened.length;
      for (let count = 0; count < 30; count += 1) note(of, `${count}`);
      await expect.poll(() => readerCount(of)).toBe(0);
      // What was already on its way is still whole and in order.
      const rest = await slow.rest();
      const last = rest.at(-1);
      expect(last).toMatchObject({ event: 'resync', data: { reason: 'too-slow' } });
      const before = rest.slice(0, -1).map(({ id }) => Number(id));
      expect(before).toEqual(before.map((_, index) => place + 1 + index));
      const back = await open(of, path, last?.id);
      await back.next();
      const wanted = of.happened.length - Number(last?.id);
      const ids: number[] = [];
      while (ids.length < wanted) ids.push(Number((await back.next())?.id));
      expect(ids).toEqual(ids.map((_, index) => Number(last?.id) + 1 + index));
      await back.cancel();
    }
  });

  test('a slow reader holds no other up', async () => {
    const of = world({ mailboxCapacity: 20 });
    const slow = await open(of, news);
    const fast = await open(of, news);
    await slow.next();
    await fast.next();
    for (let count = 0; count < 100; count += 1) {
      note(of, `${count}`);
      expect(await fast.next()).toMatchObject({ id: `${3 + count}` });
    }
    expect((await slow.rest()).at(-1)).toMatchObject({ event: 'resync' });
    await fast.cancel();
  });

  test('the process ends: the streams end, and nobody gets in any more', async () => {
    const of = world();
    const reader = await open(of, news);
    await reader.next();
    await of.deps.streams.close();
    expect(await reader.rest()).toEqual([]);
    expect((await get(of, news)).status).toBe(503);
  });

  test('after a while, to say again who it is', async () => {
    const of = world({ longestMs: 0 });
    const reader = await open(of, news);
    expect(await reader.rest()).toMatchObject([{ event: 'ready' }]);
    expect(await readerCount(of)).toBe(0);
  });
});

describe('how many there are', () => {
  test('as many as are allowed; who leaves makes room', async () => {
    const of = world({ maxReaders: 2 });
    const [first, second] = [await open(of, news), await open(of, timeline)];
    await first.next();
    await second.next();
    const refused = await get(of, news);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ reason: 'too-many-readers' });
    await first.cancel();
    const third = await open(of, news);
    expect(await third.next()).toMatchObject({ event: 'ready' });
    await second.cancel();
    await third.cancel();
    expect(await readerCount(of)).toBe(0);
  });

  test('a request that is not read takes no place (HEAD)', async () => {
    const of = world({ maxReaders: 1 });
    const headers = { authorization: `Bearer ${of.keys.viewer}` };
    for (let count = 0; count < 5; count += 1) {
      const head = await createApp(of.deps).request(news, { method: 'HEAD', headers });
      expect(head.status).toBe(200);
    }
    const reader = await open(of, news);
    expect(await reader.next()).toMatchObject({ event: 'ready' });
    await reader.cancel();
  });

  test('whoever got past the door at the same moment as the last one is sent away', async () => {
    const of = world({ maxReaders: 1 });
    const answers = [await get(of, news), await get(of, news)] as const;
    const [first, second] = [readStream(answers[0]), readStream(answers[1])];
    expect(await first.next()).toMatchObject({ event: 'ready' });
    expect(await second.next()).toBeNull();
    await first.cancel();
  });
});

test('the store is away for a while: nobody is cut, nothing is lost', async () => {
  let away = false;
  const of = createWorld();
  addIncident(of);
  const feed = feedOf(() => of);
  const read = async (...args: Parameters<typeof feed.read>) => {
    if (away) throw new Error('ECONNREFUSED');
    return feed.read(...args);
  };
  const { apiKeys, incidents, metrics, log } = of.deps;
  const streams = createStreams({
    ...quick,
    feed: { ...feed, read },
    apiKeys,
    incidents,
    metrics,
    log,
    maxReaders: 2,
  });
  const reader = readStream(
    streams.news(
      {
        principal: { keyId: 'key-viewer', name: 'v', role: 'viewer', person: 'v' },
        address: '203.0.113.7',
        session: null,
      },
      null,
    ),
  );
  await reader.next();
  away = true;
  note(of, 'unseen');
  await expect
    .poll(() => of.logged.map(({ message }) => message))
    .toContain('the event feed cannot be read now');
  away = false;
  expect(await reader.next()).toMatchObject({ event: 'incident-event', id: '3' });
  await streams.close();
});
