// Resources, replicas, restarts and telemetry of instances, through the engine: what is a symptom and what is not.

import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';
import type { Attributes, GaugePoint } from '../../../../domain/observation.ts';

const startMs = 1_700_000_000_000;

type Sample = { metric: string; value: number; instance?: string; attributes?: Attributes; service?: string };

/** Feeds what `at` gives for every second; an engine sees it with a tick each second. */
function run(seconds: number, at: (second: number) => readonly Sample[]): Anomaly[] {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const anomalies: Anomaly[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const atMs = startMs + second * 1_000;
    const points = at(second).map(
      ({ metric, value, instance, attributes = {}, service = 'shop' }): GaugePoint => ({
        ...{ kind: 'gauge', metric, unit: '', attributes, atMs, value },
        scope: { environment: 'test', service, ...(instance === undefined ? {} : { resourceId: instance }) },
      }),
    );
    anomalies.push(...engine.observe(points, atMs).anomalies, ...engine.tick(atMs).anomalies);
  }
  return anomalies;
}

const states = (anomalies: readonly Anomaly[], signal: string): string[] =>
  anomalies
    .filter((anomaly) => anomaly.signal === signal && anomaly.severity !== 'info')
    .map(({ state }) => state);
const between = (second: number, from: number, to: number): boolean => second >= from && second < to;

describe('utilisation', () => {
  it('of memory near its limit is found, also from usage and what is left', () => {
    const used = (second: number): number => (second < 30 ? 50 : 95);
    const byLimit = run(60, (second) => [
      { metric: 'container.memory.limit', value: 100, instance: 'a' },
      { metric: 'container.memory.usage', value: used(second), instance: 'a' },
    ]);
    const byRest = run(60, (second) => [
      { metric: 'container.memory.available', value: 100 - used(second), instance: 'a' },
      { metric: 'container.memory.usage', value: used(second), instance: 'a' },
    ]);
    expect([states(byLimit, 'memory'), states(byRest, 'memory')]).toEqual([['firing'], ['firing']]);
  });

  it('of a disk counts its used state, per mount point', () => {
    const mount = (name: string, state: string) => ({
      'system.filesystem.mountpoint': name,
      'system.filesystem.state': state,
    });
    const anomalies = run(60, (second) =>
      ['/', '/data'].flatMap((name) => {
        const used = name === '/data' && second >= 30 ? 97 : 40;
        return [
          {
            metric: 'system.filesystem.usage',
            value: 100 - used,
            attributes: mount(name, 'free'),
            instance: 'host',
          },
          {
            metric: 'system.filesystem.usage',
            value: used,
            attributes: mount(name, 'used'),
            instance: 'host',
          },
        ];
      }),
    );
    expect(states(anomalies, 'disk')).toEqual(['firing']);
    expect(anomalies[0]?.seriesKey).toContain('data');
  });

  it('that was always high is no symptom', () => {
    const anomalies = run(120, () => [{ metric: 'system.memory.utilization', value: 0.96, instance: 'a' }]);
    expect(anomalies).toEqual([]);
  });

  it('that falls is none either', () => {
    const anomalies = run(90, (second) => [
      { metric: 'process.cpu.utilization', value: second < 40 ? 0.8 : 0.01, instance: 'a' },
    ]);
    expect(anomalies).toEqual([]);
  });

  it('that falls for as long as nobody reaches the service is none when it is back', () => {
    const cpu = (before: number, idleSeconds: number) => (second: number) => [
      {
        metric: 'process.cpu.utilization',
        value: between(second, 120, 120 + idleSeconds)
          ? 0.01
          : (second < 120 ? before : 0.95) - (second % 3) * 0.01,
        instance: 'a',
      },
    ];
    expect(run(1_600, cpu(0.95, 1_200))).toEqual([]);
    // What has lasted is the usual now, and what was usual before may come back; more than both is found.
    expect(run(2_600, cpu(0.95, 2_000))).toEqual([]);
    expect(states(run(2_600, cpu(0.5, 2_000)), 'cpu')).toEqual(['firing']);
  });

  it('of the CPU is judged at any sample interval', () => {
    const engine = createDetectionEngine(detectionConfigSchema.parse({}));
    const found: Anomaly[] = [];
    for (let minute = 0; minute < 40; minute += 1) {
      const atMs = startMs + minute * 60_000;
      const value = minute < 30 ? 0.2 : 0.99;
      const scope = { environment: 'test', service: 'shop', resourceId: 'a' };
      found.push(
        ...engine.observe(
          [
            {
              kind: 'gauge',
              scope,
              metric: 'process.cpu.utilization',
              unit: '1',
              attributes: {},
              atMs,
              value,
            },
          ],
          atMs,
        ).anomalies,
      );
    }
    expect(states(found, 'cpu')).toEqual(['firing']);
    expect(found.find(({ severity }) => severity === 'warning')?.onsetMs).toBe(startMs + 30 * 60_000);
  });

  it('of a new instance is compared with what was usual for the others', () => {
    const anomalies = run(100, (second) => [
      {
        metric: 'process.cpu.utilization',
        value: second < 60 ? 0.1 : 0.98,
        instance: second < 60 ? 'a' : 'b',
      },
    ]);
    expect(
      anomalies.filter(({ severity, scope }) => severity === 'warning' && scope.resourceId === 'b'),
    ).toHaveLength(1);
  });

  it('of an instance that is gone is over when another one does without it', () => {
    const anomalies = run(120, (second) => [
      ...(second < 60
        ? [{ metric: 'process.cpu.utilization', value: second < 40 ? 0.1 : 0.98, instance: 'a' }]
        : []),
      ...(second >= 62 ? [{ metric: 'process.cpu.utilization', value: 0.1, instance: 'b' }] : []),
    ]);
    expect(states(anomalies, 'cpu')).toEqual(['firing', 'cleared']);
  });

  it('of an instance that is gone stays when nothing took its place', () => {
    const anomalies = run(120, (second) => [
      { metric: 'container.replicas.desired', value: 1 },
      ...(second < 60
        ? [{ metric: 'process.cpu.utilization', value: second < 40 ? 0.1 : 0.98, instance: 'a' }]
        : []),
    ]);
    expect(states(anomalies, 'cpu')).toEqual(['firing']);
  });
});

describe('a connection pool', () => {
  it('is judged by its used connections and by those who wait', () => {
    const anomalies = run(80, (second): Sample[] => {
      const used = between(second, 30, 50) ? 10 : 3;
      return [
        { metric: 'db.client.connection.max', value: 10, instance: 'a', attributes: { pool: 'p' } },
        {
          metric: 'db.client.connection.count',
          value: used,
          instance: 'a',
          attributes: { pool: 'p', state: 'used' },
        },
        {
          metric: 'db.client.connection.count',
          value: 10 - used,
          instance: 'a',
          attributes: { pool: 'p', state: 'idle' },
        },
        {
          metric: 'db.client.connection.pending_requests',
          value: used === 10 ? 7 : 0,
          instance: 'a',
          attributes: { pool: 'p' },
        },
      ];
    });
    expect(states(anomalies, 'pool').toSorted()).toEqual(['cleared', 'cleared', 'firing', 'firing']);
  });
});

describe('replicas', () => {
  const replicas = (desired: number, available: number): Sample[] => [
    { metric: 'k8s.deployment.desired', value: desired },
    { metric: 'k8s.deployment.available', value: available },
  ];

  it('that are missing are found at once; all of them is critical', () => {
    const one = run(60, (second) => replicas(3, between(second, 20, 30) ? 2 : 3));
    expect(one.map(({ state, severity, summary }) => [state, severity, summary])).toEqual([
      ['firing', 'warning', 'shop has 2 of 3 replicas available'],
      ['cleared', 'warning', 'shop has 2 of 3 replicas available'],
    ]);
    expect(run(30, (second) => replicas(3, second < 20 ? 3 : 0))[0]?.severity).toBe('critical');
  });

  it('that were just asked for may take their time', () => {
    expect(run(60, (second) => replicas(second < 20 ? 2 : 4, second < 40 ? 2 : 4))).toEqual([]);
    expect(run(90, (second) => replicas(second < 20 ? 2 : 4, 2))).toHaveLength(1);
  });

  it('that are not wanted any more are not missed', () => {
    expect(run(60, (second) => replicas(second < 20 ? 4 : 2, second < 20 ? 4 : 2))).toEqual([]);
  });

  it('that start are not missing, unless they never come', () => {
    expect(run(50, (second) => replicas(3, Math.min(3, Math.floor(second / 10))))).toEqual([]);
    expect(run(90, () => replicas(3, 1))).toHaveLength(1);
  });
});

describe('restarts', () => {
  it('are a symptom each time the count grows, over when it rests', () => {
    const anomalies = run(120, (second) => [
      { metric: 'k8s.container.restart.count', value: second < 20 ? 4 : second < 30 ? 5 : 6, instance: 'a' },
    ]);
    expect(anomalies.map(({ state, onsetMs }) => [state, (onsetMs - startMs) / 1000])).toEqual([
      ['firing', 20],
      ['cleared', 20],
    ]);
  });

  it('from before are not', () => {
    expect(run(60, () => [{ metric: 'container.restart.count', value: 12, instance: 'a' }])).toEqual([]);
  });
});

describe('telemetry that stops', () => {
  const own = (instance: string, service = 'shop'): Sample => ({
    metric: 'app.queue',
    value: 1,
    instance,
    service,
  });
  const host = (instance: string, service = 'shop'): Sample => ({
    metric: 'process.memory.usage',
    value: 1,
    instance,
    service,
  });

  it('is missed when the process is silent, though its host still reports it', () => {
    const anomalies = run(60, (second) => [...(second < 30 ? [own('a')] : []), host('a')]);
    expect(anomalies.map(({ signal, severity, state }) => [signal, severity, state])).toEqual([
      ['absence', 'warning', 'firing'],
    ]);
  });

  it('of one instance among others is a hint, and of a replaced one nothing', () => {
    const one = run(80, (second) => [own('a'), ...(second < 30 ? [own('b')] : [])]);
    expect(one.map(({ severity, scope }) => [severity, scope.resourceId])).toEqual([['info', 'b']]);
    const replaced = run(120, (second) => [own('a'), own(second < 30 ? 'b' : 'c')]);
    expect(replaced).toEqual([]);
  });

  it('of everybody at once is a hint: the pipeline is more likely than every service', () => {
    const anomalies = run(60, (second) =>
      second < 30 ? ['x', 'y', 'z'].map((service) => own('a', service)) : [],
    );
    expect(new Set(anomalies.map(({ severity }) => severity))).toEqual(new Set(['info']));
  });

  it('is not missed where it was never regular, nor before it is known', () => {
    expect(run(60, (second) => (second < 5 ? [own('a')] : []))).toEqual([]);
    expect(run(400, (second) => (second % 60 === 0 ? [own('a')] : []))).toEqual([]);
  });
});
