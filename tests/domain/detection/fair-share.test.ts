// Room is shared: who invents names pushes out their own.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../domain/detection/engine.ts';
import { FairShare } from '../../../domain/detection/fair-share.ts';
import type { TelemetryObservation } from '../../../domain/observation.ts';

describe('room for names', () => {
  test('is given up by the least recently used of whoever holds the most', () => {
    const shares = new FairShare(3);
    for (const name of ['a', 'b', 'c']) expect(shares.use(name, 'greedy')).toBeNull();
    shares.use('a', 'greedy');
    expect(shares.use('x', 'modest')).toBe('b');
    expect(shares.use('d', 'greedy')).toBe('c');
    expect(shares.use('x', 'modest')).toBeNull();
  });

  test('never holds more than there is, and never takes from whoever holds less than another', () => {
    const step = fc.record({
      name: fc.nat(30).map(String),
      owner: fc.constantFrom('a', 'b', 'c'),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 100 }), (capacity, steps) => {
        const shares = new FairShare(capacity);
        const owners = new Map<string, string>();
        for (const { name, owner, remove } of steps) {
          if (remove) {
            shares.remove(name);
            owners.delete(name);
            continue;
          }
          const gone = shares.use(name, owner);
          if (gone !== null) {
            const counts = Map.groupBy(owners.values(), (one) => one);
            const most = Math.max(...[...counts.values()].map((names) => names.length));
            expect(counts.get(owners.get(gone) ?? '')).toHaveLength(most);
            owners.delete(gone);
          }
          if (!owners.has(name)) owners.set(name, owner);
          expect(owners.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });
});

const startMs = 1_700_000_000_000;
const span = (service: string, atMs: number, environment = 'production'): TelemetryObservation => ({
  kind: 'span',
  scope: { environment, service, resourceId: `${service}-1` },
  traceId: `trace-${service}-${atMs}`,
  spanId: `span-${service}-${atMs}`,
  name: 'GET /',
  spanKind: 'server',
  startMs: atMs - 10,
  durationMs: 10,
  error: false,
});
const engineWith = (limits: Record<string, number>) =>
  createDetectionEngine(detectionConfigSchema.parse({ limits }));

/** The services that history hears of in the seconds after `from`. */
function servicesHeard(
  engine: ReturnType<typeof engineWith>,
  from: number,
  service: string,
  sender: string,
): Set<string> {
  const heard = new Set<string>();
  for (let second = 0; second < 30; second += 1) {
    const atMs = from + second * 1_000;
    const outputs = [engine.observe([span(service, atMs)], atMs, sender), engine.tick(atMs + 500)];
    for (const { rows } of outputs)
      for (const { calls } of rows) for (const call of calls) heard.add(call.service);
  }
  return heard;
}

describe.each([
  ['another sender', 'address:203.0.113.9'],
  ['the same sender', 'key:real'],
])('after ten thousand invented services of %s', (_, sender) => {
  test('a service that was known goes on, and a new one is heard of', () => {
    const engine = engineWith({ servicesPerEnvironment: 100 });
    servicesHeard(engine, startMs, 'orders', 'key:real');
    const atMs = startMs + 60_000;
    const invented = Array.from({ length: 10_000 }, (__, index) => span(`invented-${index}`, atMs));
    const output = engine.observe(
      [span('orders', atMs), ...invented, span('orders', atMs + 1)],
      atMs,
      sender,
    );
    expect(output.refused).toMatchObject([{ reason: 'service-limit' }]);
    expect(servicesHeard(engine, atMs + 1_000, 'orders', 'key:real')).toContain('orders');
    expect(servicesHeard(engine, atMs + 60_000, 'payments', 'key:real')).toContain('payments');
  });
});

test('a thousand invented environments do not keep out a new one', () => {
  const engine = engineWith({ environments: 10 });
  servicesHeard(engine, startMs, 'orders', 'key:real');
  const atMs = startMs + 60_000;
  engine.observe(
    Array.from({ length: 1_000 }, (_, index) => span('x', atMs, `invented-${index}`)),
    atMs,
    'address:203.0.113.9',
  );
  expect(servicesHeard(engine, atMs + 1_000, 'orders', 'key:real')).toContain('orders');
});

test('a service that makes up labels pushes out its own series', () => {
  const engine = engineWith({ seriesPerEnvironment: 100, labelSetsPerMetric: 1_000 });
  const gauge = (service: string, label: string, atMs: number): TelemetryObservation => ({
    kind: 'gauge',
    scope: { environment: 'production', service },
    metric: 'queue.length',
    unit: '1',
    attributes: { label },
    atMs,
    value: 1,
  });
  engine.observe(
    Array.from({ length: 100 }, (_, index) => gauge('greedy', `l-${index}`, startMs)),
    startMs,
  );
  const { refused, rows } = engine.observe([gauge('modest', 'only', startMs + 1_000)], startMs + 1_000);
  expect(refused).toBeUndefined();
  expect(rows.flatMap(({ metrics }) => metrics.map(({ service }) => service))).toEqual(['modest']);
  const more = engine.observe([gauge('greedy', 'one more', startMs + 2_000)], startMs + 2_000);
  expect(more.refused).toMatchObject([{ reason: 'series-limit', count: 1 }]);
});
