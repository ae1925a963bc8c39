// Streams over real Postgres, from processes that come and go: every event once and in order.

import { expect, test } from 'vitest';
import { createMetrics } from '../../adapters/telemetry/metrics.ts';
import { createStreams, type Streams } from '../../api/feed/streams.ts';
import { person, tell, unique } from '../adapters/postgres/fixtures.ts';
import { readStream, type Seen } from '../api/feed/reader.ts';
import { describePostgresStores } from '../support/stores.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const rounds = 12;

await describePostgresStores('streams', (use) => {
  test('readers that are cut while their process ends and others write', async () => {
    const { stores } = use();
    const { keyId } = await stores.apiKeys.create({ name: 'reader', role: 'viewer' }, person('ada', 'admin'));
    const principal = { keyId, name: 'reader', role: 'viewer', person: 'ada' } as const;
    const start = (): Streams =>
      createStreams({
        feed: stores.eventFeed,
        incidents: stores.incidentReader,
        apiKeys: stores.apiKeys,
        metrics: createMetrics({ processMetrics: false }),
        log: silent,
        maxReaders: 10,
        pollMs: 5,
      });
    const processes = [start(), start()];
    const told = Array.from({ length: 6 }, () => tell(stores, unique('env')));
    await Promise.all(told.map((one) => one.record(one.opened)));
    const from = (await stores.eventFeed.head()) - told.length;
    const [followed] = told;
    if (followed === undefined) throw new Error('six');

    let writing = true;
    const writers = Promise.all(
      told.map(async (one) => {
        for (let round = 0; round < rounds; round += 1) {
          await one.record({ type: 'note-added', noteId: unique('n'), actor: 'ann', text: `${round}` });
        }
      }),
    ).finally(() => {
      writing = false;
    });
    const total = told.length * (rounds + 1);

    /** Reads a few messages of each process in turn, which ends right after that, until it has `wanted` events. */
    const follow = async (
      which: number,
      wanted: number,
      open: (streams: Streams, after: number) => Response,
      after: number,
    ) => {
      const events: Seen[] = [];
      for (let turn = which, last = after; events.length < wanted; turn += 1) {
        const streams = processes[turn % processes.length] ?? start();
        const reader = readStream(open(streams, last));
        for (let left = 1 + (turn % 7); left > 0 && events.length < wanted; left -= 1) {
          const one = await reader.next();
          if (one === null) break;
          last = Number(one.id);
          if (one.event !== 'ready') events.push(one);
        }
        await reader.cancel();
        if (writing && turn % 3 === 0) {
          processes[turn % processes.length] = start();
          await streams.close();
        }
      }
      return events;
    };
    const reader = { principal, address: '127.0.0.1', session: null };
    const [all, again, one] = await Promise.all([
      follow(0, total, (streams, after) => streams.news(reader, after), from),
      follow(1, total, (streams, after) => streams.news(reader, after), from),
      follow(2, rounds + 1, (streams, after) => streams.timeline(reader, followed.incidentId, after), 0),
      writers,
    ]);
    const stored = await stores.eventFeed.read(from, 1_000);
    const positions = stored.map(({ position }) => `${position}`);
    expect(positions).toHaveLength(total);
    expect(all.map(({ id }) => id)).toEqual(positions);
    expect(again.map(({ id }) => id)).toEqual(positions);
    expect(one.map(({ data }) => data)).toEqual(followed.events);
    await Promise.all(processes.map((streams) => streams.close()));
  });
});
