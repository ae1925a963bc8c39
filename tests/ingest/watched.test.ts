/** Systems that are asked what they do: what they answer is taken, and one that does not answer holds up no other. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Observation, TelemetryObservation } from '../../domain/observation.ts';
import { defaultLimits } from '../../ingest/limits.ts';
import type { InboxItem } from '../../ingest/ports.ts';
import { type Watched, watch } from '../../ingest/watched.ts';

const point: TelemetryObservation = {
  kind: 'gauge',
  scope: { environment: 'e', service: 's' },
  metric: 'container.memory.usage',
  unit: 'By',
  attributes: {},
  atMs: 1,
  value: 1,
};

/** A quiet pipeline that keeps what comes into the inbox. */
const keeping = (put: InboxItem[]) => ({
  metrics: { count: () => {}, observe: () => {}, gauge: () => {} },
  log: { info: () => {}, warn: () => {}, error: () => {} },
  inbox: {
    put: async (items: readonly InboxItem[]) => {
      put.push(...items);
      return items.length;
    },
  },
  firing: { firing: async () => [] },
  looks: { looked: async () => {} },
  positions: { last: async () => null, keep: async () => {} },
});

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is read is taken, environment by environment; failures are told once, and their end', async () => {
  const said: string[] = [];
  const taken: unknown[] = [];
  let works = false;
  const log = {
    info: (_: object, text: string) => void said.push(text),
    warn: (_: object, text: string) => void said.push(text),
    error: () => {},
  };
  const good: Watched = {
    name: 'good',
    environments: ['a', 'b'],
    read: async (environment) => [{ ...point, scope: { environment, service: 's' } }],
  };
  const bad: Watched = {
    name: 'bad',
    environments: ['c'],
    read: async () => {
      if (works) return [point];
      throw new Error('away');
    },
  };
  const hung: Watched = { name: 'hung', environments: ['d'], read: () => new Promise(() => {}) };
  const watching = watch([hung, bad, good], {
    take: async (observations) => {
      taken.push(...observations.map(({ scope }) => scope.environment));
      return { kind: 'stored' };
    },
    everyMs: 1_000,
    clock: { nowMs: () => 0 },
    metrics: { count: () => {}, observe: () => {}, gauge: () => {} },
    log,
    ...{ limits: defaultLimits, wake: () => {} },
    inbox: { put: async () => 0 },
    firing: { firing: async () => [] },
    looks: { looked: async () => {} },
    positions: { last: async () => null, keep: async () => {} },
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(taken).toEqual(['a', 'b']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said).toEqual(['a watched system cannot be asked; asking on']);
  expect(watching.health()).toContainEqual({ name: 'bad', problem: 'away' });
  works = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said.at(-1)).toBe('a watched system answers again');
  expect(watching.health()).toContainEqual({ name: 'bad', problem: null });
  expect(taken).toContain('e');
  // Also while one of them does not answer.
  await watching.stop();
});

test('what it says is cleaned like all text from outside, and lies in no future', async () => {
  const taken: TelemetryObservation[] = [];
  const put: InboxItem[] = [];
  const scope = { environment: 'e', service: 's' };
  const loud: Watched = {
    name: 'loud',
    environments: ['e'],
    alertsFrom: 'loud',
    problem: () => 'one of its watches is silent',
    read: async (): Promise<readonly Observation[]> => [
      {
        ...{ kind: 'log', scope, atMs: 9_000_000, severityNumber: 17, fromOutside: true },
        body: 'ended: password=hunter2secret\u0007',
        attributes: { 'k8s.pod.name': 'a', token: 'hunter2hunter2' },
      },
      {
        kind: 'log',
        scope: { environment: 'e', service: '' },
        atMs: 1,
        severityNumber: 9,
        body: 'x',
        attributes: {},
      },
      {
        ...{ kind: 'change', id: 'c', type: 'release', environment: 'e', service: 's', atMs: 9_000_000 },
        summary: 'password=hunter2secret',
        attributes: {},
      },
      {
        ...{ kind: 'alert', id: 'a', status: 'firing', scope, atMs: 9_000_000, severity: 'warning' },
        ...{ title: 'password=hunter2secret', source: 'loud', attributes: {} },
      },
    ],
  };
  const watching = watch([loud], {
    take: async (observations) => {
      taken.push(...observations);
      return { kind: 'stored' };
    },
    everyMs: 1_000,
    clock: { nowMs: () => 5_000_000 },
    ...{ limits: defaultLimits, wake: () => {} },
    ...keeping(put),
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(1_000);
  await watching.stop();
  expect(taken).toMatchObject([{ kind: 'log', atMs: 5_000_000, fromOutside: true }]);
  expect(put.map(({ kind }) => kind)).toEqual(['change', 'anomaly']);
  expect(JSON.stringify([taken, put])).not.toContain('hunter2');
  expect(JSON.stringify(put)).not.toContain('9000000');
  expect(watching.health()).toEqual([{ name: 'loud', problem: 'one of its watches is silent' }]);
});

test('a change is told once, and is stored also when the telemetry beside it cannot be taken', async () => {
  const put: InboxItem[] = [];
  let reads = 0;
  const change: Observation = {
    ...{ kind: 'change', id: 'c1', type: 'release', environment: 'e', service: 's', atMs: 0 },
    ...{ summary: 's v1 → v2', attributes: {} },
  };
  const system: Watched = {
    name: 'system',
    environments: ['e'],
    read: async () => {
      reads += 1;
      return reads > 1 ? [point] : [point, change];
    },
  };
  const watching = watch([system], {
    take: async () => {
      throw new Error('detection is down');
    },
    ...{ everyMs: 1_000, clock: { nowMs: () => 0 }, limits: defaultLimits, wake: () => {} },
    ...keeping(put),
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(put.map(({ kind }) => kind)).toEqual(['change']);
  expect(watching.health()).toEqual([{ name: 'system', problem: 'detection is down' }]);
  await watching.stop();
});

test('a look at what changes is noted once all of it has been told, and one that failed is not', async () => {
  const done: string[] = [];
  const state = { nowMs: 10_000, fails: false };
  const change: Observation = {
    ...{ kind: 'change', id: 'c1', type: 'release', environment: 'e', service: 's', atMs: 0 },
    ...{ summary: 's v1 → v2', attributes: {} },
  };
  const read = async () => {
    if (state.fails) throw new Error('away');
    return [change];
  };
  const systems: Watched[] = [
    { name: 'tells', environments: ['e'], changesUntilMs: () => 9_000, read },
    { name: 'not-yet', environments: ['e'], changesUntilMs: () => null, read: async () => [] },
    { name: 'no-changes', environments: ['e'], read: async () => [] },
  ];
  const deps = keeping([]);
  const watching = watch(systems, {
    ...{ everyMs: 1_000, clock: { nowMs: () => state.nowMs }, limits: defaultLimits, wake: () => {} },
    ...deps,
    take: async () => ({ kind: 'stored' }),
    inbox: {
      put: async (items) => {
        done.push('told');
        return items.length;
      },
    },
    looks: {
      looked: async (...look) => {
        done.push(look.join(' '));
        throw new Error('the store is away');
      },
    },
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(['told', 'tells e 1000']);
  expect(watching.health().map(({ problem }) => problem)).toEqual([null, null, null]);
  state.fails = true;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(done).toHaveLength(2);
  await watching.stop();
});

test('of an alert whose source it cannot speak of nothing is over; of the others it is', async () => {
  const put: InboxItem[] = [];
  let atMs = 1_000_000;
  let firing = ['known', 'unknown'];
  let sources = ['known', 'unknown'];
  const alert = (source: string): Observation => ({
    ...{ kind: 'alert', id: 'a', status: 'firing', scope: { environment: 'e', service: 's' }, atMs },
    ...{ severity: 'warning', title: source, source, attributes: {} },
  });
  const several: Watched = {
    name: 'several',
    environments: ['e'],
    alertsFrom: () => sources,
    read: async () => firing.map(alert),
  };
  const watching = watch([several], {
    take: async () => ({ kind: 'stored' }),
    everyMs: 1_000,
    clock: { nowMs: () => atMs },
    ...{ limits: defaultLimits, wake: () => {} },
    ...keeping(put),
  });
  watching.start();
  const told = async () => {
    put.length = 0;
    await vi.advanceTimersByTimeAsync(1_000);
    return put.map((item) => (item.kind === 'anomaly' ? [item.report?.source, item.anomaly.state] : []));
  };
  expect(await told()).toEqual([
    ['known', 'firing'],
    ['unknown', 'firing'],
  ]);
  firing = [];
  sources = ['known'];
  await told();
  atMs += 61_000;
  const over = put.length === 0 ? await told() : [];
  expect(over).toHaveLength(1);
  expect(put).toMatchObject([{ anomaly: { state: 'cleared', title: 'known' } }]);
  await watching.stop();
});

test('that it tells less than it should is logged once, until it is whole again', async () => {
  const said: object[] = [];
  let problem: string | null = 'a rule is refused';
  const part: Watched = { name: 'part', environments: ['e'], read: async () => [], problem: () => problem };
  const watching = watch([part], {
    take: async () => ({ kind: 'stored' }),
    everyMs: 1_000,
    clock: { nowMs: () => 0 },
    ...{ limits: defaultLimits, wake: () => {} },
    ...keeping([]),
    log: { info: () => {}, error: () => {}, warn: (about: object) => void said.push(about) },
  });
  watching.start();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(said).toEqual([{ name: 'part', problem: 'a rule is refused' }]);
  problem = null;
  await vi.advanceTimersByTimeAsync(1_000);
  problem = 'another one is';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(said).toHaveLength(2);
  await watching.stop();
});

test('how far it was read is kept once all is stored, taken up by the next process, and not believed of what failed', async () => {
  const kept: string[] = [];
  const resumed: string[] = [];
  const handed = { kind: 'stored' as 'stored' | 'retry' | 'throws', at: 0 };
  const positions = {
    last: async () => kept.at(-1) ?? null,
    keep: async (name: string, environment: string, position: string) => {
      kept.push(position);
      expect([name, environment]).toEqual(['log', 'e']);
    },
  };
  const start = () => {
    let at = 0;
    const system: Watched = {
      ...{ name: 'log', environments: ['e'] },
      resume: (_, position) => {
        resumed.push(position);
        at = Number(position);
      },
      read: async () => [point],
      told: () => {
        at += 1;
        return String(at);
      },
    };
    const watching = watch([system], {
      ...keeping([]),
      take: async () => {
        if (handed.kind === 'throws') throw new Error('no room');
        return handed.kind === 'stored' ? { kind: 'stored' } : { kind: 'retry', missing: 'history' };
      },
      ...{ everyMs: 1_000, clock: { nowMs: () => 0 }, limits: defaultLimits, wake: () => {}, positions },
    });
    watching.start();
    return watching;
  };
  const first = start();
  await vi.advanceTimersByTimeAsync(1_100);
  expect(kept).toEqual(['1']);
  handed.kind = 'throws';
  await vi.advanceTimersByTimeAsync(1_000);
  handed.kind = 'retry';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(kept).toEqual(['1']);
  handed.kind = 'stored';
  await vi.advanceTimersByTimeAsync(1_000);
  expect(kept).toEqual(['1', '3']);
  await first.stop();
  const second = start();
  await vi.advanceTimersByTimeAsync(1_100);
  expect([resumed, kept]).toEqual([['3'], ['1', '3', '4']]);
  await second.stop();
});
