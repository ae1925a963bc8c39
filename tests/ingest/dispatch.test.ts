import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createDispatcher,
  type Dispatcher,
  type DispatchSettings,
  defaultDispatchSettings,
} from '../../ingest/dispatch.ts';
import { anomalyItem } from '../../ingest/events/items.ts';
import type { InboxItem, IncidentStarter } from '../../ingest/ports.ts';
import {
  anomaly,
  Down,
  MemoryClock,
  MemoryEpisodes,
  MemoryInbox,
  MemoryMetrics,
  MemoryStarter,
  silentLog,
} from './support/memory.ts';

let clock: MemoryClock;
let inbox: MemoryInbox;
let episodes: MemoryEpisodes;
let starter: MemoryStarter;
let metrics: MemoryMetrics;

beforeEach(() => {
  clock = new MemoryClock(1_000_000);
  inbox = new MemoryInbox(clock);
  episodes = new MemoryEpisodes();
  starter = new MemoryStarter();
  metrics = new MemoryMetrics();
});

const dispatcher = (
  settings: Partial<DispatchSettings> = {},
  telling: IncidentStarter = starter,
): Dispatcher =>
  createDispatcher({
    inbox,
    episodes,
    starter: telling,
    correlation: { windowMs: 60_000, maxHops: 1 },
    clock,
    metrics,
    log: silentLog,
    settings: { ...defaultDispatchSettings, ...settings },
  });

const change = (id: string): InboxItem => ({
  id: `change/prod/${id}`,
  kind: 'change',
  change: {
    kind: 'change',
    id,
    type: 'release',
    environment: 'prod',
    service: 'orders',
    atMs: 1_000,
    summary: 'orders v8',
    attributes: {},
  },
});

describe('what an item does', () => {
  test('a change is remembered', async () => {
    await inbox.put([change('c1')]);
    await dispatcher().drainOnce();
    expect([...episodes.changes.keys()]).toEqual(['c1']);
    expect(inbox.statuses()).toEqual({ 'change/prod/c1': 'done' });
  });

  test('a finding reaches its incident, and its end too', async () => {
    await inbox.put([
      anomalyItem(anomaly('a1')),
      anomalyItem(anomaly('a1', { state: 'cleared', clearedMs: 9_000 })),
    ]);
    await dispatcher().drainOnce();
    expect(starter.incidents.get('incident/orders/1')).toEqual({
      observed: new Set(['a1']),
      cleared: new Set(['a1']),
    });
    expect(metrics.counts.get('sentinel_inbox_items_total{signalled}')).toBe(2);
  });

  test('its incident hears why it is there, when it is an incident of other services', async () => {
    const assigned = episodes.assign.bind(episodes);
    episodes.assign = async (...given) => ({ ...(await assigned(...given)), why: 'near cart' });
    await inbox.put([anomalyItem(anomaly('a'))]);
    await dispatcher().drainOnce();
    expect(starter.told).toMatchObject([{ kind: 'observed', anomaly: { id: 'a', joined: 'near cart' } }]);
  });

  test('the end of a finding that nobody knows is ignored', async () => {
    await inbox.put([anomalyItem(anomaly('a1', { state: 'cleared' }))]);
    await dispatcher().drainOnce();
    expect(starter.signals).toBe(0);
    expect(metrics.counts.get('sentinel_inbox_items_total{ignored}')).toBe(1);
    expect(inbox.stored.get('anomaly/a1/cleared'), 'and it can be asked why').toMatchObject({
      status: 'done',
      reason: 'nothing open',
    });
  });

  test('an incident that has ended is abandoned and the next episode claimed, once', async () => {
    starter.closed.add('incident/orders/1');
    await inbox.put([anomalyItem(anomaly('a1'))]);
    await dispatcher().drainOnce();
    expect(episodes.abandoned).toEqual(['incident/orders/1']);
    expect([...starter.incidents.keys()]).toEqual(['incident/orders/2']);
  });

  test('the end of a finding never opens an incident', async () => {
    await episodes.assign(anomaly('a1'), { windowMs: 1, maxHops: 1 });
    starter.closed.add('incident/orders/1');
    await inbox.put([anomalyItem(anomaly('a1', { state: 'cleared' }))]);
    await dispatcher().drainOnce();
    expect(episodes.abandoned).toEqual(['incident/orders/1']);
    expect(starter.signals).toBe(0);
    expect(inbox.pending).toBe(0);
  });
});

describe('failures', () => {
  test('a failed item is tried again later, further apart every time', async () => {
    episodes.down = true;
    await inbox.put([anomalyItem(anomaly('a1'))]);
    const one = dispatcher({ firstRetryMs: 500, maxRetryMs: 3_000 });
    const delays: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect(await one.drainOnce()).toBe(1);
      const stored = inbox.stored.get('anomaly/a1/firing');
      delays.push((stored?.availableMs ?? 0) - clock.current);
      clock.current = stored?.availableMs ?? 0;
    }
    expect(delays).toEqual([500, 1_000, 2_000, 3_000, 3_000]);
    episodes.down = false;
    await one.drainOnce();
    expect(starter.signals).toBe(1);
  });

  test('after the last attempt an item is dead, with the reason, and counted', async () => {
    starter.before = () => {
      throw new Error('no such\nnamespace');
    };
    await inbox.put([anomalyItem(anomaly('a1'))]);
    const one = dispatcher({ maxAttempts: 2 });
    await one.drainOnce();
    clock.current += 60_000;
    await one.drainOnce();
    expect(inbox.stored.get('anomaly/a1/firing')).toMatchObject({
      status: 'dead',
      reason: 'Error: no such namespace',
    });
    expect(metrics.counts.get('sentinel_inbox_items_total{dead}')).toBe(1);
  });

  test('the end of a finding does not overtake its beginning', async () => {
    let failures = 1;
    starter.before = () => {
      failures -= 1;
      if (failures >= 0) throw new Down('once');
    };
    await inbox.put([anomalyItem(anomaly('a1')), anomalyItem(anomaly('a1', { state: 'cleared' }))]);
    const one = dispatcher();
    await one.drainOnce();
    expect(starter.signals).toBe(0);
    clock.current += 1_000;
    await one.drainOnce();
    expect(starter.incidents.get('incident/orders/1')).toEqual({
      observed: new Set(['a1']),
      cleared: new Set(['a1']),
    });
  });

  test('one service that fails does not hold up another', async () => {
    starter.before = (id) => {
      if (id === 'bad') throw new Down('always');
    };
    const scope = { environment: 'prod', service: 'payments' };
    await inbox.put([anomalyItem(anomaly('bad')), anomalyItem(anomaly('good', { scope }))]);
    await dispatcher({ lanes: 1 }).drainOnce();
    expect(inbox.statuses()).toEqual({ 'anomaly/bad/firing': 'pending', 'anomaly/good/firing': 'done' });
  });
});

describe('a storm', () => {
  const storm = (many: number, service = 'orders'): readonly InboxItem[] =>
    Array.from({ length: many }, (_, index) =>
      anomalyItem(anomaly(`${service}-${index}`, { scope: { environment: 'prod', service } })),
    );
  const drain = async (one: Dispatcher): Promise<void> => {
    while ((await one.drainOnce()) > 0);
  };

  test('a thousand findings are a few transactions and a few messages, in their order', async () => {
    const order: string[] = [];
    starter.before = (id) => void order.push(id);
    const items = storm(1_001);
    await inbox.put(items);
    await drain(dispatcher());
    expect(inbox.pending).toBe(0);
    expect(starter.incidents.get('incident/orders/1')?.observed.size).toBe(1_001);
    expect(order).toEqual(items.map(({ id }) => id.split('/')[1]));
    const batches = Math.ceil(1_001 / defaultDispatchSettings.batchSize);
    expect(episodes.transactions).toBe(batches);
    expect(starter.signals).toBe(batches);
  });

  test('a message is short enough for a history: long findings go in several', async () => {
    const title = 'x'.repeat(20_000);
    await inbox.put(Array.from({ length: 30 }, (_, index) => anomalyItem(anomaly(`a${index}`, { title }))));
    await drain(dispatcher());
    expect(starter.signals).toBe(3);
    expect(starter.incidents.get('incident/orders/1')?.observed.size).toBe(30);
  });

  test('one that cannot be assigned waits alone; all the others are through', async () => {
    episodes.before = (id) => {
      if (id === 'orders-37') throw new Error('cannot be stored');
    };
    await inbox.put(storm(100));
    await dispatcher().drainOnce();
    expect(inbox.pending).toBe(1);
    expect(inbox.stored.get('anomaly/orders-37/firing')).toMatchObject({
      status: 'pending',
      reason: 'Error: cannot be stored',
    });
    expect(starter.incidents.get('incident/orders/1')?.observed.size).toBe(99);
  });

  test('a store that is away is found out by a few tries, not by every item', async () => {
    episodes.before = () => {
      throw new Down('away');
    };
    await inbox.put(storm(128));
    await dispatcher().drainOnce();
    expect(inbox.pending).toBe(128);
    expect(episodes.transactions).toBeLessThan(16);
    episodes.before = () => {};
    clock.current += 60_000;
    await drain(dispatcher());
    expect(starter.incidents.get('incident/orders/1')?.observed.size).toBe(128);
  });

  test('what could not be marked as done is done again, and counts once', async () => {
    await inbox.put(storm(3));
    const doneOnce = inbox.done.bind(inbox);
    let isDown = true;
    inbox.done = async (...ids) => {
      if (isDown) throw new Down('done');
      return doneOnce(...ids);
    };
    await dispatcher().drainOnce();
    expect(inbox.pending).toBe(3);
    isDown = false;
    clock.current += 60_000;
    await dispatcher().drainOnce();
    expect(inbox.pending).toBe(0);
    expect(starter.incidents.get('incident/orders/1')?.observed.size).toBe(3);
  });

  test('an incident that ended in the middle of a storm: the rest of it opens the next episode', async () => {
    await inbox.put([...storm(10), anomalyItem(anomaly('orders-0', { state: 'cleared' }))]);
    starter.closed.add('incident/orders/1');
    await dispatcher().drainOnce();
    expect(inbox.pending).toBe(0);
    expect([...starter.incidents]).toEqual([
      [
        'incident/orders/2',
        { observed: new Set(storm(10).map(({ id }) => id.split('/')[1])), cleared: new Set() },
      ],
    ]);
  });
});

describe('a process that dies', () => {
  /** Where it dies: the call after which nothing of that process happens any more. */
  const dying = ['after take', 'after claim', 'after signal'] as const;

  test.each(dying)('%s: the item comes back, nothing is lost, nothing counts twice', async (when) => {
    await inbox.put([change('c1'), anomalyItem(anomaly('a1')), anomalyItem(anomaly('a2'))]);
    const dead = new Promise<never>(() => {});
    let diedInside = false;
    const die = (): Promise<never> => {
      diedInside = true;
      return dead;
    };
    const doomed = createDispatcher({
      inbox: {
        take: async (limit, leaseMs) => {
          const items = await inbox.take(limit, leaseMs);
          return when === 'after take' ? die() : items;
        },
        done: (...ids) =>
          when === 'after signal' && ids.some((id) => id.startsWith('anomaly')) ? die() : inbox.done(...ids),
        ignored: (ids, reason) => inbox.ignored(ids, reason),
        failed: (ids, reason, retryAtMs) => inbox.failed(ids, reason, retryAtMs),
      },
      episodes: {
        assignAll: async (found, config) => {
          const assignments = await episodes.assignAll(found, config);
          return when === 'after claim' ? die() : assignments;
        },
        abandon: (id) => episodes.abandon(id),
        rememberChange: (given) => episodes.rememberChange(given),
      },
      starter,
      correlation: { windowMs: 60_000, maxHops: 1 },
      clock,
      metrics,
      log: silentLog,
      settings: defaultDispatchSettings,
    });
    void doomed.drainOnce();
    await expect.poll(() => diedInside).toBe(true);

    const successor = dispatcher();
    expect(await successor.drainOnce()).toBe(0);
    clock.current += defaultDispatchSettings.leaseMs;
    await successor.drainOnce();

    expect(inbox.pending).toBe(0);
    expect([...episodes.changes.keys()]).toEqual(['c1']);
    expect([...starter.incidents]).toEqual([
      ['incident/orders/1', { observed: new Set(['a1', 'a2']), cleared: new Set() }],
    ]);
  });

  test('whatever fails and however often: every finding reaches exactly one incident in the end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), service: fc.constantFrom('x', 'y') }), {
          minLength: 1,
        }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (found, faults) => {
          const run = {
            clock: new MemoryClock(1),
            episodes: new MemoryEpisodes(),
            starter: new MemoryStarter(),
          };
          const store = new MemoryInbox(run.clock);
          const pendingFaults = [...faults];
          run.starter.before = () => {
            if (pendingFaults.shift() === true) throw new Down('by chance');
          };
          const one = createDispatcher({
            inbox: store,
            episodes: run.episodes,
            starter: run.starter,
            correlation: { windowMs: 1, maxHops: 1 },
            clock: run.clock,
            metrics,
            log: silentLog,
            settings: defaultDispatchSettings,
          });
          const items = found.map(({ id, service }) =>
            anomalyItem(anomaly(`${service}-${id}`, { scope: { environment: 'prod', service } })),
          );
          await store.put(items);
          for (let round = 0; round < 20 && store.pending > 0; round += 1) {
            await one.drainOnce();
            run.clock.current += 60_000;
          }
          expect(store.pending).toBe(0);
          const heard = [...run.starter.incidents.values()].flatMap(({ observed }) => [...observed]);
          expect(heard.sort()).toEqual(
            [...new Set(found.map(({ id, service }) => `${service}-${id}`))].sort(),
          );
        },
      ),
    );
  });
});

describe('the loop', () => {
  test('a wake is enough: what was put is worked off without waiting for the poll', async () => {
    const one = dispatcher({ pollMs: 3_600_000 });
    one.start();
    await inbox.put([change('c1')]);
    one.wake();
    await expect.poll(() => inbox.pending).toBe(0);
    await inbox.put([change('c2')]);
    one.wake();
    await expect.poll(() => inbox.pending).toBe(0);
    await one.stop();
  });

  test('items of other processes are found by polling', async () => {
    const one = dispatcher({ pollMs: 5 });
    one.start();
    await inbox.put([change('c1')]);
    await expect.poll(() => inbox.pending).toBe(0);
    await one.stop();
  });

  test('while one batch is told, the next one is worked on', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const one = dispatcher(
      { batchSize: 1, pollMs: 5 },
      {
        tell: async (input, news) => {
          if (input.scope.service === 'slow') await held;
          return starter.tell(input, news);
        },
      },
    );
    const of = (service: string) => anomaly(service, { scope: { environment: 'prod', service } });
    await inbox.put(['slow', 'b', 'c', 'd'].map((service) => anomalyItem(of(service))));
    one.start();
    await expect.poll(() => inbox.pending).toBe(1);
    expect(inbox.statuses()).toMatchObject({ 'anomaly/slow/firing': 'pending', 'anomaly/d/firing': 'done' });
    release();
    await expect.poll(() => inbox.pending).toBe(0);
    await one.stop();
  });

  test('what comes about a service while it is told waits, and is told together a moment later', async () => {
    const real = { nowMs: () => performance.now() };
    inbox = new MemoryInbox(new MemoryClock(1));
    const of = (id: string, service: string) =>
      anomalyItem(anomaly(id, { scope: { environment: 'e', service } }));
    const messages: (readonly string[])[] = [];
    const one: Dispatcher = createDispatcher({
      ...{ inbox, episodes, metrics, clock: real, log: silentLog },
      correlation: { windowMs: 60_000, maxHops: 1 },
      starter: {
        async tell(_, news) {
          messages.push(news.map((told) => (told.kind === 'observed' ? told.anomaly.id : told.anomalyId)));
          if (messages.length > 1) return 'signalled';
          await new Promise((resolve) => setTimeout(resolve, 10));
          await inbox.put([of('b', 'orders'), of('c', 'orders'), of('d', 'web')]);
          expect(await one.drainOnce(), 'the other hand finds the other service only').toBe(1);
          return 'signalled';
        },
      },
      // Nobody says that there is something new, and nobody looks.
      settings: { ...defaultDispatchSettings, pollMs: 600_000 },
    });
    await inbox.put([of('a', 'orders')]);
    one.start();
    await expect.poll(() => inbox.pending, { interval: 1 }).toBe(0);
    expect(messages).toEqual([['a'], ['d'], ['b', 'c']]);
    await one.stop();
  });

  test('an inbox that is away is tried again', async () => {
    inbox.down = true;
    const one = dispatcher({ pollMs: 5 });
    one.start();
    inbox.down = false;
    await inbox.put([change('c1')]);
    await expect.poll(() => inbox.pending).toBe(0);
    await one.stop();
  });

  test('stopping waits for the item being worked on and gives the others back at once', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reached = false;
    const one = createDispatcher({
      inbox,
      episodes: {
        assignAll: (found, config) => episodes.assignAll(found, config),
        abandon: (id) => episodes.abandon(id),
        rememberChange: async (given) => {
          reached = true;
          await held;
          await episodes.rememberChange(given);
        },
      },
      starter,
      correlation: { windowMs: 1, maxHops: 1 },
      clock,
      metrics,
      log: silentLog,
      settings: defaultDispatchSettings,
    });
    await inbox.put([change('c1'), change('c2')]);
    one.start();
    await expect.poll(() => reached).toBe(true);
    const stopped = one.stop();
    release();
    await stopped;
    expect(inbox.statuses()).toEqual({ 'change/prod/c1': 'done', 'change/prod/c2': 'pending' });
    expect(inbox.stored.get('change/prod/c2')?.availableMs).toBe(clock.current);
  });
});
