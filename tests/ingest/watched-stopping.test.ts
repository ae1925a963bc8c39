/** A watched system that does not answer, and a Sentinel that stops while it asks: nothing hangs, and neither is a failure of others. */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AlertEvent } from '../../domain/observation.ts';
import { defaultLimits } from '../../ingest/limits.ts';
import type { InboxItem } from '../../ingest/ports.ts';
import { type WatchDeps, type Watched, watch } from '../../ingest/watched.ts';

/** So long that no question ends by itself during a test. */
const everyMs = 3_600_000;

/** What it watches with, and what became of it. */
function surroundings(more: Partial<WatchDeps> = {}) {
  const said: string[] = [];
  const counted: unknown[] = [];
  const put: InboxItem[] = [];
  const say = (_: object, text: string): void => void said.push(text);
  const firing = vi.fn(async () => []);
  const deps: WatchDeps = {
    take: async () => ({ kind: 'stored' }),
    inbox: {
      put: async (items) => {
        put.push(...items);
        return items.length;
      },
    },
    looks: { looked: async () => {} },
    positions: { last: async () => null, keep: async () => {} },
    ...{ firing: { firing }, wake: () => {}, limits: defaultLimits, everyMs, clock: { nowMs: () => 0 } },
    metrics: {
      count: (_, labels) => void counted.push(labels),
      ...{ observe: () => {}, gauge: () => {} },
    },
    log: { info: say, warn: say, error: say },
    ...more,
  };
  return { deps, said, counted, put, firing };
}

const alert: AlertEvent = {
  ...{ kind: 'alert', id: 'a', status: 'firing', scope: { environment: 'e', service: 's' }, atMs: 0 },
  ...{ severity: 'warning', title: 't', source: 'cluster/main', attributes: {} },
};
const never = (): Promise<never> => new Promise(() => {});

test('a question that gets no answer ends, and is asked again', async () => {
  let asked = 0;
  const silent: Watched = {
    ...{ name: 'silent', environments: ['e'] },
    read: () => {
      asked += 1;
      return asked === 1 ? never() : Promise.resolve([]);
    },
  };
  const { deps, said } = surroundings({ everyMs: 20 });
  const watching = watch([silent], deps);
  watching.start();
  await vi.waitUntil(() => said.length === 2, { timeout: 60_000 });
  await watching.stop();
  expect(said).toEqual(['a watched system cannot be asked; asking on', 'a watched system answers again']);
}, 90_000);

describe('with a clock of its own', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('a stop ends a question that gets no answer, and that is no failure of the system', async () => {
    const signals: AbortSignal[] = [];
    const hung: Watched = {
      ...{ name: 'hung', environments: ['e'] },
      read: (_, signal) => {
        signals.push(signal);
        return never();
      },
    };
    const { deps, said, counted } = surroundings();
    const watching = watch([hung], deps);
    watching.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    await watching.stop();
    expect(signals.map(({ reason }) => reason)).toEqual([new Error('Sentinel stops')]);
    expect(said).toEqual([]);
    expect(counted).toEqual([]);
    expect(watching.health()).toEqual([{ name: 'hung', problem: null }]);
  });

  test('also one that is asked after the stop', async () => {
    const taking = Promise.withResolvers<{ kind: 'stored' }>();
    const asked: string[] = [];
    const two: Watched = {
      ...{ name: 'two', environments: ['a', 'b'] },
      read: (environment) => {
        asked.push(environment);
        return environment === 'a' ? Promise.resolve([]) : never();
      },
    };
    const watching = watch([two], surroundings({ take: () => taking.promise }).deps);
    watching.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    const stopped = watching.stop();
    taking.resolve({ kind: 'stored' });
    await stopped;
    expect(asked).toEqual(['a', 'b']);
  });

  test('what was read is still taken before the system is closed, once', async () => {
    const happened: string[] = [];
    const taking = Promise.withResolvers<void>();
    const system: Watched = {
      ...{ name: 'system', environments: ['e'] },
      read: async () => [],
      close: async () => void happened.push('closed'),
    };
    const watching = watch(
      [system],
      surroundings({
        take: async () => {
          await taking.promise;
          happened.push('taken');
          return { kind: 'stored' };
        },
      }).deps,
    );
    watching.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    const stopped = watching.stop();
    await vi.advanceTimersByTimeAsync(everyMs);
    expect(happened).toEqual([]);
    taking.resolve();
    await stopped;
    expect(happened).toEqual(['taken', 'closed']);
  });

  test('no question leaves anything on the signal of the next', async () => {
    const listening: number[] = [];
    const system: Watched = {
      ...{ name: 'system', environments: ['a', 'b', 'c'] },
      read: async (_, signal) => {
        listening.push(getEventListeners(signal, 'abort').length);
        return [];
      },
    };
    const watching = watch([system], surroundings().deps);
    watching.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    await watching.stop();
    expect(listening).toEqual([0, 0, 0]);
  });

  test('its alerts go by the source it names; one that names none tells none', async () => {
    const { deps, put, firing } = surroundings();
    const read = async () => [alert];
    const mute: Watched = { name: 'mute', environments: ['e'], read };
    const first = watch([mute], deps);
    first.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    await first.stop();
    expect(put).toEqual([]);
    expect(firing).not.toHaveBeenCalled();
    const second = watch([{ ...mute, name: 'main', alertsFrom: 'cluster/main' }], deps);
    second.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    await second.stop();
    expect(put).toMatchObject([{ kind: 'anomaly' }]);
    expect(firing.mock.calls).toEqual([['e', 'cluster/main']]);
  });

  test('that it cannot be asked is told before what it tells too little of, and is counted', async () => {
    let works = false;
    const system: Watched = {
      ...{ name: 'system', environments: ['e'] },
      read: async () => {
        if (works) return [];
        throw new Error('away');
      },
      problem: () => 'one of its watches is silent',
    };
    const { deps, counted } = surroundings();
    const watching = watch([system], deps);
    watching.start();
    await vi.advanceTimersByTimeAsync(everyMs);
    expect(watching.health()).toEqual([{ name: 'system', problem: 'away' }]);
    works = true;
    await vi.advanceTimersByTimeAsync(everyMs);
    expect(watching.health()).toEqual([{ name: 'system', problem: 'one of its watches is silent' }]);
    await watching.stop();
    const about = { name: 'system' };
    expect(counted).toEqual([
      { ...about, result: 'failed' },
      { ...about, result: 'read' },
    ]);
  });
});
