/** What somebody else says about a service in its log, and what is told once more, is no sign of life of the service itself. */
import { describe, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { LogRecord, TelemetryObservation } from '../../../domain/observation.ts';
import type { LogBucket } from '../../../domain/telemetry.ts';

function silenceAfter(more: Partial<LogRecord>): readonly string[] {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const found: string[] = [];
  const startMs = 1_700_000_000_000;
  for (let second = 0; second < 60; second += 1) {
    const nowMs = startMs + second * 1_000;
    const scope = { environment: 'e', service: 'orders' };
    const body = 'container main ended: Error';
    engine.observe(
      [{ kind: 'log', scope, atMs: nowMs, severityNumber: 9, body, attributes: {}, ...more }],
      nowMs,
    );
  }
  for (let second = 60; second < 600; second += 1)
    found.push(...engine.tick(startMs + second * 1_000).anomalies.map(({ signal }) => signal));
  return found;
}

test('a service is missed when its own log stops, and not when others have no more to say about it', () => {
  expect(silenceAfter({})).toEqual(['absence']);
  expect(silenceAfter({ fromOutside: true })).toEqual([]);
});

const startMs = 1_700_000_000_000;
const at = (second: number): number => startMs + second * 1_000;
const newEngine = () => createDetectionEngine(detectionConfigSchema.parse({}));
const line = (second: number, more: Partial<LogRecord> & { instance?: string } = {}): LogRecord => {
  const { instance, ...rest } = more;
  const scope = {
    environment: 'e',
    service: 'orders',
    ...(instance === undefined ? {} : { resourceId: instance }),
  };
  return {
    ...{ kind: 'log', scope, atMs: at(second), severityNumber: 9, body: 'order taken', attributes: {} },
    ...rest,
  };
};

/** One line a second for a minute, as it happens; the rows are its history. */
function minute(engine: DetectionEngine, more: Parameters<typeof line>[1] = {}, lagSeconds = 0): LogBucket[] {
  const outputs = Array.from({ length: 60 }, (_, second) =>
    engine.observe([line(second - lagSeconds, more)], at(second)),
  );
  return [...outputs, engine.tick(at(63)), engine.flush()].flatMap(({ rows }) =>
    rows.flatMap(({ logs }) => logs),
  );
}

/** From second 60 on nothing is heard but `told`, every second; what is missed by then. */
function missed(
  engine: DetectionEngine,
  told: (second: number) => readonly TelemetryObservation[],
): readonly string[] {
  const found: string[] = [];
  for (let second = 64; second < 240; second += 1)
    for (const output of [engine.observe(told(second), at(second)), engine.tick(at(second) + 500)])
      found.push(
        ...output.anomalies.filter(({ signal }) => signal === 'absence').map(({ summary }) => summary),
      );
  return found;
}

test('after a restart, too, what others said in its log is no sign of its life', () => {
  for (const [more, expected] of [
    [{}, 1],
    [{ fromOutside: true }, 0],
  ] as const) {
    const logs = minute(newEngine(), more);
    expect(logs.map(({ fromOutside }) => fromOutside)).toEqual(
      logs.map(() => ('fromOutside' in more ? true : undefined)),
    );
    expect(logs.length).toBeGreaterThan(50);
    const engine = newEngine();
    engine.warm('e', { calls: [], metrics: [], logs });
    expect(missed(engine, () => [])).toHaveLength(expected);
  }
});

test('a line that the service says too, in the same second, is its own', () => {
  const engine = newEngine();
  engine.observe([line(0, { fromOutside: true }), line(0)], at(0));
  const { rows } = engine.tick(at(10));
  expect(rows.flatMap(({ logs }) => logs)).toMatchObject([{ count: 2 }]);
  expect(rows.flatMap(({ logs }) => logs)[0]).not.toHaveProperty('fromOutside');
});

describe('a log that is read once more from its beginning', () => {
  const again = (second: number, more: Parameters<typeof line>[1] = {}) =>
    [line(second - 64, more)].filter(({ atMs }) => atMs <= at(59));

  test.each([[{}], [{ instance: 'orders-1' }]])('does not hide that the service is gone: %j', (more) => {
    const engine = newEngine();
    minute(engine, more);
    const found: string[] = [];
    for (let second = 64; second < 124; second += 1)
      for (const output of [engine.observe(again(second, more), at(second)), engine.tick(at(second) + 500)])
        found.push(...output.anomalies.map(({ signal }) => signal));
    expect(found).toContain('absence');
  });

  test('nor after a restart of Sentinel in between', () => {
    const history = minute(newEngine());
    const engine = newEngine();
    engine.warm('e', { calls: [], metrics: [], logs: history });
    const found: string[] = [];
    for (let second = 64; second < 124; second += 1)
      for (const output of [
        engine.observe(again(second, { instance: 'orders-1' }), at(second)),
        engine.tick(at(second) + 500),
      ])
        found.push(...output.anomalies.map(({ signal }) => signal));
    expect(found).toContain('absence');
  });
});

test('whose clock is behind, or stands behind another one, is heard all the same', () => {
  const engine = newEngine();
  minute(engine, {}, 300);
  expect(missed(engine, (second) => [line(second - 300)])).toEqual([]);
  const two = newEngine();
  const both = (second: number) => [
    line(second, { instance: 'orders-1' }),
    line(second - 300, { instance: 'orders-2' }),
  ];
  for (let second = 0; second < 64; second += 1) two.observe(both(second), at(second));
  expect(
    missed(two, (second) => both(second).slice(1)).filter((summary) => !summary.includes('orders-1')),
  ).toEqual([]);
});

test('one whose clock was ahead, and is put right, is heard all the same', () => {
  const engine = newEngine();
  minute(engine, {}, -300);
  expect(missed(engine, (second) => [line(second)])).toEqual([]);
});

test('metrics are heard whenever they come: a clock that was put back is no silence', () => {
  const engine = newEngine();
  const point = (second: number, atMs: number): TelemetryObservation => ({
    ...{ kind: 'gauge', scope: { environment: 'e', service: 'orders' }, metric: 'queue.length', unit: '1' },
    ...{ attributes: {}, atMs, value: second % 3 },
  });
  for (let second = 0; second < 64; second += 1) engine.observe([point(second, at(second))], at(second));
  expect(missed(engine, (second) => [point(second, at(second - 300))])).toEqual([]);
});
