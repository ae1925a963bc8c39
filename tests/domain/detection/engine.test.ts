// The engine as its caller sees it: bounded, deterministic, deaf to repeats, and able to go on after a restart.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { DetectionOutput } from '../../../domain/detection/output.ts';
import type { GaugePoint, TelemetryObservation } from '../../../domain/observation.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../../domain/telemetry.ts';
import { environment, simulate, startMs } from './simulation.ts';

const newEngine = (overrides: object = {}): DetectionEngine =>
  createDetectionEngine(detectionConfigSchema.parse(overrides));

function gauge(metric: string, value: number, atMs: number, rest: Partial<GaugePoint> = {}): GaugePoint {
  const scope = { environment, service: 'shop', resourceId: 'shop-1' };
  return { kind: 'gauge', scope, metric, unit: '', attributes: {}, atMs, value, ...rest };
}

/** One sample a second; the value as a function of the second. */
function feed(
  engine: DetectionEngine,
  metric: string,
  seconds: number,
  value: (second: number) => number,
  rest: Partial<GaugePoint> = {},
): DetectionOutput[] {
  return Array.from({ length: seconds }, (_, second) => {
    const atMs = startMs + second * 1_000;
    return engine.observe([gauge(metric, value(second), atMs, rest)], atMs);
  });
}

describe('limits', () => {
  it('refuse label sets beyond the limit of a metric, and serve the rest of the system', () => {
    const engine = newEngine({ limits: { labelSetsPerMetric: 1_000 } });
    const points = Array.from({ length: 10_000 }, (_, id) =>
      gauge('app.by_user', 1, startMs, { attributes: { user: String(id) } }),
    );
    const output = engine.observe([...points, gauge('app.queue', 1, startMs)], startMs);
    expect(output.rows[0]?.metrics).toHaveLength(1_001);
    expect(output.dropped).toEqual({ 'label-set-limit': 9_000 });
  });

  it('refuse series, services and environments beyond theirs', () => {
    const engine = newEngine({ limits: { seriesPerEnvironment: 5, environments: 1 } });
    const points = Array.from({ length: 8 }, (_, id) => gauge(`metric.${id}`, 1, startMs));
    const elsewhere = gauge('metric.0', 1, startMs, { scope: { environment: 'other', service: 'x' } });
    expect(engine.observe([...points, elsewhere], startMs).dropped).toEqual({
      'series-limit': 3,
      'environment-limit': 1,
    });
  });

  it('make room again when series have been silent for long', () => {
    const engine = newEngine({ limits: { seriesPerEnvironment: 5, idleSeriesMs: 60_000 } });
    engine.observe(
      Array.from({ length: 5 }, (_, id) => gauge(`old.${id}`, 1, startMs)),
      startMs,
    );
    const laterMs = startMs + 120_000;
    engine.tick(laterMs);
    engine.tick(laterMs + 1_000);
    expect(engine.observe([gauge('new', 1, laterMs + 2_000)], laterMs + 2_000).dropped).toEqual({});
  });
});

describe('points out of time', () => {
  const counter = (value: number, atMs: number, temporality: 'delta' | 'cumulative' = 'cumulative') => ({
    ...gauge('jobs', value, atMs),
    kind: 'counter' as const,
    startMs: 1,
    temporality,
  });
  const rowsOf = (outputs: readonly DetectionOutput[]) =>
    outputs.flatMap(({ rows }) => rows.flatMap(({ metrics }) => metrics.map((row) => [row.atMs, row.value])));

  it('are rows of their second, early or late, in any order', () => {
    const engine = newEngine();
    const ats = [0, -1_200_000, -1_199_000, -1_200_000, 120_000, 300_000].map((offset) => startMs + offset);
    const outputs = ats.map((atMs) => engine.observe([gauge('g', 1, atMs)], startMs));
    expect(rowsOf(outputs)).toEqual(ats.map((atMs) => [atMs, 1]));
  });

  it('of a counter are compared with their own past', () => {
    const engine = newEngine();
    const send = (value: number, offset: number) =>
      engine.observe([counter(value, startMs + offset)], startMs + 50_000);
    const late = [send(1_000, 40_000), send(100, 0), send(150, 5_000), send(200, 10_000)];
    expect(rowsOf(late)).toEqual([
      [startMs + 5_000, 10],
      [startMs + 10_000, 10],
    ]);
    expect(rowsOf([send(1_100, 45_000)])).toEqual([[startMs + 45_000, 20]]);
  });

  it('several in one second: the last value of a gauge stands, what deltas count is added up', () => {
    const engine = newEngine();
    expect(
      rowsOf([engine.observe([gauge('g', 1, startMs + 100), gauge('g', 7, startMs + 900)], startMs)]),
    ).toEqual([
      [startMs, 1],
      [startMs, 7],
    ]);
    const deltas = [100, 300, 600, 1_100].map((offset) => ({
      ...counter(5, startMs + offset, 'delta'),
      startMs: startMs + offset - 100,
    }));
    expect(rowsOf([engine.observe(deltas, startMs + 1_100)])).toEqual([
      [startMs, 50],
      // 15 in the 0.9 s since the row before.
      [startMs + 1_000, 15 / 0.9],
    ]);
  });

  it('of a level that is told by its changes count once each, from zero or from what history has', () => {
    const change = (value: number, atMs: number) => ({
      ...gauge('queue', value, atMs),
      isChange: true as const,
    });
    const first = newEngine();
    const outputs = [
      first.observe([change(5, startMs), change(-2, startMs + 1_000)], startMs + 1_000),
      // Sent again, as after a lost answer, with one that is new.
      first.observe(
        [change(5, startMs), change(-2, startMs + 1_000), change(4, startMs + 2_000)],
        startMs + 2_000,
      ),
      // Two of a second.
      first.observe([change(1, startMs + 2_300), change(1, startMs + 2_600)], startMs + 3_000),
    ];
    expect(rowsOf(outputs)).toEqual([
      [startMs, 5],
      [startMs + 1_000, 3],
      [startMs + 2_000, 7],
      [startMs + 2_000, 8],
      [startMs + 2_000, 9],
    ]);
    const second = newEngine();
    const metrics = outputs.flatMap(({ rows }) => rows.flatMap((row) => row.metrics));
    second.warm(environment, { calls: [], metrics, logs: [] });
    const again = [change(4, startMs + 2_000), change(-1, startMs + 4_000)];
    expect(rowsOf([second.observe(again, startMs + 4_000)])).toEqual([[startMs + 4_000, 8]]);
  });

  it('are no past when the clock that was ahead is set right: the series is watched on', () => {
    const engine = newEngine();
    engine.observe([counter(1, startMs + 540_000)], startMs);
    const outputs = [1, 2, 3].map((second) =>
      engine.observe([counter(second * 10, startMs + second * 1_000)], startMs + second * 1_000),
    );
    expect(rowsOf(outputs)).toEqual([
      [startMs + 2_000, 10],
      [startMs + 3_000, 10],
    ]);
  });
});

describe('a series whose clock was ahead for a moment', () => {
  it('is watched on', () => {
    const engine = newEngine();
    const found: string[] = [];
    for (let second = 0; second < 90; second += 1) {
      const nowMs = startMs + second * 1_000;
      const at = second === 45 ? nowMs + 540_000 : nowMs;
      const point = gauge('process.cpu.utilization', second < 60 ? 0.1 : 0.99, at);
      for (const { signal, state } of engine.observe([point], nowMs).anomalies)
        if (state === 'firing') found.push(signal);
    }
    expect(found).toContain('cpu');
  });
});

describe('what does not belong', () => {
  it.each([
    ['bad-value', gauge('app.queue', Number.NaN, startMs)],
    ['bad-value', gauge('app.queue', Number.POSITIVE_INFINITY, startMs)],
    ['bad-value', gauge('app.queue', 1, Number.NaN)],
  ] as const)('is dropped as %s', (reason, point) => {
    const output = newEngine().observe([point], startMs);
    expect(output).toEqual({
      rows: [],
      anomalies: [],
      edges: [],
      dropped: { [reason]: 1 },
      refused: [{ reason, count: 1, first: point }],
    });
  });

  it('is a repeated export: it changes nothing', () => {
    const points = Array.from({ length: 40 }, (_, second) =>
      gauge('app.queue', second % 3, startMs + second * 1_000),
    );
    const once = newEngine();
    const twice = newEngine();
    for (const point of points) {
      once.observe([point], point.atMs);
      twice.observe([point], point.atMs);
      expect(twice.observe([point], point.atMs + 10).dropped).toEqual({ 'stale-point': 1 });
    }
    const laterMs = startMs + 60_000;
    expect(twice.tick(laterMs)).toEqual(once.tick(laterMs));
  });

  it('says which observations have no effect, and why', () => {
    const engine = newEngine({ limits: { seriesPerEnvironment: 1 } });
    const [one, two, three] = ['one', 'two', 'three'].map((metric) => gauge(metric, 1, startMs));
    const observed = [one, two, three].filter((point) => point !== undefined);
    expect(engine.observe(observed, startMs).refused).toEqual([
      { reason: 'series-limit', count: 2, first: two },
    ]);
    // A repeated one had its effect.
    expect(engine.observe(observed.slice(0, 1), startMs + 10).refused).toBeUndefined();
  });

  it('never breaks the engine, whatever the names and numbers are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    const scope = fc.record({
      environment: text,
      service: text,
      resourceId: fc.option(text, { nil: undefined }),
    });
    const at = fc.integer({ min: -100_000, max: 100_000 }).map((offset) => startMs + offset);
    const number = fc.double();
    const observation: fc.Arbitrary<TelemetryObservation> = fc.oneof(
      fc.record({
        kind: fc.constant('gauge' as const),
        scope,
        metric: text,
        unit: text,
        attributes: fc.dictionary(text, text),
        atMs: at,
        value: number,
      }),
      fc.record({
        kind: fc.constant('counter' as const),
        scope,
        metric: text,
        unit: text,
        attributes: fc.constant({}),
        atMs: at,
        startMs: at,
        temporality: fc.constantFrom('delta' as const, 'cumulative' as const),
        value: number,
      }),
      fc.record({
        kind: fc.constant('histogram' as const),
        scope,
        metric: fc.constantFrom('http.server.request.duration', 'h'),
        unit: fc.constant('s'),
        attributes: fc.constant({}),
        atMs: at,
        startMs: at,
        temporality: fc.constantFrom('delta' as const, 'cumulative' as const),
        count: number,
        sum: number,
        bounds: fc.array(number),
        bucketCounts: fc.array(number),
      }),
      fc.record({
        kind: fc.constant('log' as const),
        scope,
        atMs: at,
        severityNumber: fc.nat(24),
        body: text,
        attributes: fc.constant({}),
      }),
      fc.record({
        kind: fc.constant('span' as const),
        scope,
        traceId: text,
        spanId: text,
        parentSpanId: fc.option(text, { nil: undefined }),
        spanKind: fc.constantFrom(
          'server' as const,
          'client' as const,
          'internal' as const,
          'producer' as const,
          'consumer' as const,
        ),
        name: text,
        startMs: at,
        durationMs: number,
        error: fc.boolean(),
        peer: fc.option(text, { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(observation, { maxLength: 20 }), { maxLength: 10 }), (batches) => {
        const engine = newEngine();
        for (const [index, batch] of batches.entries()) {
          engine.observe(batch, startMs + index * 1_000);
          engine.tick(startMs + index * 1_000 + 500);
        }
        const { rows } = engine.tick(startMs + 200_000);
        for (const { metrics, calls } of rows) {
          for (const { value } of metrics) expect(Number.isFinite(value)).toBe(true);
          for (const { latencyP95Ms } of calls) expect(Number.isFinite(latencyP95Ms)).toBe(true);
        }
        expect(rows.length).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves no hostile text in a summary', () => {
    const engine = newEngine();
    const scope = { environment, service: '<script>@here\n`rm -rf`', resourceId: 'a' };
    const outputs = feed(engine, 'container.restart.count', 5, (second) => Math.floor(second / 3), { scope });
    const [anomaly] = outputs.flatMap(({ anomalies }) => anomalies);
    expect(anomaly?.scope.service).toBe(scope.service);
    expect(anomaly?.summary).toMatch(/^[A-Za-z0-9 ._:/@%,-]+$/);
  });
});

describe('rows of history', () => {
  it('are gauges as they are, rates of counters, and rate and quantiles of histograms', () => {
    const engine = newEngine();
    const scope = { environment, service: 'shop' };
    const common = { scope, unit: '', attributes: { b: '2', a: '1' }, startMs };
    const bounds = [10, 20];
    const rows = [0, 1, 2].flatMap((second) => {
      const atMs = startMs + 1_000 * second;
      const output = engine.observe(
        [
          { ...common, kind: 'gauge', metric: 'g', atMs, value: 7 },
          { ...common, kind: 'counter', metric: 'c', atMs, temporality: 'cumulative', value: second * 5 },
          {
            ...common,
            kind: 'histogram',
            metric: 'h',
            atMs,
            temporality: 'cumulative',
            count: second * 10,
            sum: 0,
            bounds,
            bucketCounts: [0, second * 10, 0],
          },
        ],
        atMs,
      );
      return output.rows[0]?.metrics ?? [];
    });
    const last = rows.filter(({ atMs }) => atMs === startMs + 2_000);
    expect(last.map(({ metric, value, attributes }) => [metric, value, attributes])).toEqual([
      ['g', 7, 'a=1,b=2'],
      ['c.rate', 5, 'a=1,b=2'],
      ['h.rate', 10, 'a=1,b=2'],
      ['h.p50', 15, 'a=1,b=2'],
      ['h.p95', 19.5, 'a=1,b=2'],
    ]);
  });

  it('have calls of services that send a duration histogram and no spans', () => {
    const engine = newEngine();
    const scope = { environment, service: 'legacy', resourceId: 'l-1' };
    const calls: CallBucket[] = [];
    for (let second = 0; second <= 90; second += 10) {
      const atMs = startMs + second * 1_000;
      const point = (status: string, count: number): TelemetryObservation => ({
        ...{
          kind: 'histogram',
          scope,
          metric: 'http.server.request.duration',
          unit: 's',
          atMs,
          startMs,
          sum: 0,
        },
        ...{ temporality: 'cumulative', attributes: { 'http.response.status_code': status }, count },
        bounds: [0.1, 0.2],
        bucketCounts: [0, count, 0],
      });
      const { rows } = engine.observe([point('200', second * 9), point('500', second)], atMs);
      calls.push(...rows.flatMap((made) => made.calls));
    }
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.at(-1)).toMatchObject({
      service: 'legacy',
      side: 'server',
      peer: '',
      count: 100,
      errors: 10,
    });
    expect(calls.at(-1)?.latencyP50Ms).toBeCloseTo(150);
  });

  it('have log records per template and second', () => {
    const engine = newEngine();
    const scope = { environment, service: 'shop' };
    const log = (body: string, severityNumber: number): TelemetryObservation => ({
      ...{ kind: 'log', scope, atMs: startMs + 10, attributes: {} },
      ...{ body, severityNumber },
    });
    engine.observe([log('order 1 failed', 17), log('order 2 failed', 17), log('ready', 9)], startMs + 20);
    const logs = engine
      .tick(startMs + 3_000)
      .rows[0]?.logs.map(({ template, count, severityNumber }) => [template, count, severityNumber]);
    expect(logs).toEqual([
      ['order <n> failed', 2, 17],
      ['ready', 1, 9],
    ]);
  });
});

describe('the same input', () => {
  it('gives the same output', () => {
    const world = { errorRate: (service: string, atS: number) => (service === 'back' && atS > 30 ? 0.3 : 0) };
    const first = simulate(world, 60, 9);
    const second = simulate(world, 60, 9);
    expect(second.anomalies).toEqual(first.anomalies);
    expect(second.rows).toEqual(first.rows);
    expect(first.anomalies.length).toBeGreaterThan(0);
  });
});

describe('a rebuild from history', () => {
  const world = { errorRate: (service: string, atS: number) => (service === 'back' && atS >= 60 ? 0.4 : 0) };
  const run = simulate(world, 75, 21);
  const history = {
    calls: run.rows.flatMap((made): readonly CallBucket[] => made.calls),
    metrics: run.rows.flatMap((made): readonly MetricBucket[] => made.metrics),
    logs: run.rows.flatMap((made): readonly LogBucket[] => made.logs),
  };
  const errorsOf = (output: DetectionOutput) =>
    output.anomalies.filter(({ signal, scope }) => signal === 'errors' && scope.service === 'back');

  it('emits nothing by itself, and announces what still fires under its old id', () => {
    const engine = newEngine();
    expect(engine.warm(environment, history)).toBeUndefined();
    const announced = errorsOf(engine.tick(startMs + 76_000));
    const original = run.anomalies.filter(
      ({ signal, scope }) => signal === 'errors' && scope.service === 'back',
    );
    expect(announced.map(({ id, state }) => [id, state])).toEqual(original.map(({ id }) => [id, 'firing']));
  });

  it('clears it when the symptom ends after the restart', () => {
    const engine = newEngine();
    engine.warm(environment, history);
    const firing = errorsOf(engine.tick(startMs + 76_000));
    const cleared: string[] = [];
    for (let second = 76; second < 110; second += 1) {
      const atMs = startMs + second * 1_000;
      const spans = Array.from(
        { length: 20 },
        (_, index): TelemetryObservation => ({
          ...{
            kind: 'span',
            scope: { environment, service: 'back', resourceId: 'back-1' },
            traceId: `${second}-${index}`,
          },
          ...{
            spanId: 's',
            spanKind: 'server',
            name: 'serve',
            startMs: atMs - 900 + index * 40,
            durationMs: 15,
            error: false,
          },
        }),
      );
      const output = engine.observe(spans, atMs);
      cleared.push(
        ...errorsOf(output)
          .filter(({ state }) => state === 'cleared')
          .map(({ id }) => id),
      );
    }
    expect(cleared).toEqual(firing.map(({ id }) => id));
  });

  it('does not take the time this process was away for silence of others', () => {
    const engine = newEngine();
    engine.warm(environment, history);
    const outputs = [300, 301, 302, 303].map((second) => engine.tick(startMs + second * 1_000));
    expect(
      outputs.flatMap(({ anomalies }) => anomalies).filter(({ signal }) => signal === 'absence'),
    ).toEqual([]);
  });

  it('knows the usual values: no second warm-up', () => {
    const quiet = simulate({}, 60, 22);
    const engine = newEngine();
    engine.warm(environment, {
      calls: quiet.rows.flatMap(({ calls }) => calls),
      metrics: quiet.rows.flatMap(({ metrics }) => metrics),
      logs: [],
    });
    const found: string[] = [];
    for (let second = 61; second < 70; second += 1) {
      const atMs = startMs + second * 1_000;
      const scope = { environment, service: 'back', resourceId: 'back-1' };
      const output = engine.observe([gauge('process.cpu.utilization', 0.98, atMs, { scope })], atMs);
      found.push(
        ...output.anomalies.filter(({ severity }) => severity === 'warning').map(({ signal }) => signal),
      );
    }
    expect(found).toEqual(['cpu']);
  });
});
