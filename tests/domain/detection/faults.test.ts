// Every kind of fault in a simulated system: found fast, with its onset near the truth, and over when it ends.

import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { type Service, simulate, startMs, type World } from './simulation.ts';

const faultS = 40;
const endS = 70;
const during = (service: Service, atS: number): boolean => service === 'back' && atS >= faultS && atS < endS;

type Case = {
  readonly fault: string;
  readonly world: World;
  readonly finds: (anomaly: Anomaly) => boolean;
  /** Receiver's seconds after the fault by which it is found: export, closing of the second, and samples included. */
  readonly withinS: number;
  readonly endsAtS?: number;
};

const at = (service: string, signal: string) => (anomaly: Anomaly) =>
  anomaly.scope.service === service && anomaly.signal === signal && anomaly.severity !== 'info';

const cases: readonly Case[] = [
  {
    fault: '5 % errors',
    world: { errorRate: (service, atS) => (during(service, atS) ? 0.05 : 0) },
    finds: at('back', 'errors'),
    withinS: 9,
  },
  {
    fault: '40 % errors',
    world: { errorRate: (service, atS) => (during(service, atS) ? 0.4 : 0) },
    finds: at('back', 'errors'),
    withinS: 3,
  },
  {
    fault: 'latency three times as long',
    world: { slowness: (service, atS) => (during(service, atS) ? 3 : 1) },
    finds: at('back', 'latency'),
    withinS: 5,
  },
  {
    fault: 'hang, seen by the caller',
    world: { hangs: during },
    finds: (anomaly) => at('middle', 'errors')(anomaly) && anomaly.scope.component === 'calls:back',
    withinS: 6,
  },
  {
    fault: 'crash of all replicas',
    world: { isDown: during },
    finds: (anomaly) => at('back', 'availability')(anomaly) && anomaly.severity === 'critical',
    withinS: 3,
  },
  {
    fault: 'restart',
    world: { restarts: (service, atS) => (service === 'back' && atS >= faultS ? 1 : 0) },
    finds: at('back', 'restarts'),
    withinS: 2,
  },
  {
    fault: 'memory leak of 5 MB/s of 512 MB',
    world: { memoryMb: (service, atS) => (during(service, atS) ? 150 + 5 * (atS - faultS) : 150) },
    finds: at('back', 'memory'),
    withinS: 12,
  },
  {
    fault: 'CPU saturated',
    world: { cpu: (service, atS) => (during(service, atS) ? 0.99 : 0.15) },
    finds: at('back', 'cpu'),
    withinS: 6,
  },
  {
    fault: 'disk filling at 5 MB/s of 200 MB',
    world: { diskMb: (service, atS) => (during(service, atS) ? 20 + 5 * (atS - faultS) : 20) },
    finds: at('back', 'disk'),
    withinS: 8,
  },
  {
    fault: 'connection pool exhausted',
    world: { poolUsed: (service, atS) => (during(service, atS) ? 10 : 2) },
    finds: at('back', 'pool'),
    withinS: 6,
  },
  {
    fault: 'storm of harmless log records',
    world: {
      logStorm: (service, atS) => (during(service, atS) ? { perSecond: 100, severityNumber: 9 } : null),
    },
    finds: (anomaly) => anomaly.signal === 'logs' && anomaly.severity === 'info',
    withinS: 5,
  },
  {
    fault: 'new error record in the log',
    world: {
      logStorm: (service, atS) => (during(service, atS) ? { perSecond: 5, severityNumber: 17 } : null),
    },
    finds: at('back', 'logs'),
    withinS: 5,
  },
  {
    fault: 'telemetry gap',
    world: { exporterDead: during },
    finds: at('back', 'absence'),
    withinS: 7,
  },
  {
    fault: 'spike of three seconds',
    world: {
      errorRate: (service, atS) => (service === 'back' && atS >= faultS && atS < faultS + 3 ? 0.5 : 0),
    },
    finds: at('back', 'errors'),
    withinS: 3,
    endsAtS: faultS + 3,
  },
  {
    fault: 'surge of traffic to three times',
    world: { requestsPerSecond: (atS) => (atS >= faultS && atS < endS ? 60 : 20) },
    finds: (anomaly) => anomaly.signal === 'traffic' && anomaly.direction === 'up',
    withinS: 5,
  },
];

describe('a fault in a simulated system', () => {
  it.each(cases)('$fault: found, dated and cleared', ({ world, finds, withinS, endsAtS = endS }) => {
    const run = simulate(world, 130, 7);
    const found = run.anomalies.find((anomaly) => anomaly.state === 'firing' && finds(anomaly));
    expect(found, JSON.stringify(run.anomalies.map(({ summary }) => summary))).toBeDefined();
    if (found === undefined) return;
    expect(run.foundAtS.get(found)).toBeLessThanOrEqual(faultS + withinS);
    expect(Math.abs((found.onsetMs - startMs) / 1000 - faultS)).toBeLessThanOrEqual(2.5);
    expect(found.id).toMatch(/^anomaly-[0-9a-f]{16}$/);

    const cleared = run.anomalies.find(({ id, state }) => id === found.id && state === 'cleared');
    expect(cleared, 'cleared').toBeDefined();
    const clearedS = ((cleared?.clearedMs ?? 0) - startMs) / 1000;
    expect(clearedS).toBeGreaterThanOrEqual(Math.min(endsAtS - 6, 41));
    expect(clearedS).toBeLessThanOrEqual(endsAtS + 10);
  });

  it('finds 5 % of failures after 6 seconds in the middle of many runs', () => {
    const delays = Array.from({ length: 9 }, (_, seed) => {
      const world: World = { errorRate: (service, atS) => (during(service, atS) ? 0.05 : 0) };
      const run = simulate(world, 60, 200 + seed);
      const found = run.anomalies.find(at('back', 'errors'));
      return (found === undefined ? Number.POSITIVE_INFINITY : (run.foundAtS.get(found) ?? 0)) - faultS;
    });
    expect(delays.toSorted((a, b) => a - b)[4]).toBeLessThanOrEqual(6.5);
  });

  it('blames nothing that is well: no warning about services that do not call the faulty one', () => {
    const run = simulate(
      { memoryMb: (service, atS) => (during(service, atS) ? 150 + 5 * (atS - 40) : 150) },
      80,
      3,
    );
    expect(run.anomalies.filter(({ scope }) => scope.service !== 'back')).toEqual([]);
  });

  it('keeps firing while nobody calls any more: silence is not recovery', () => {
    const world: World = {
      errorRate: (service, atS) => (service === 'back' && atS >= faultS ? 0.5 : 0),
      requestsPerSecond: (atS) => (atS < 50 ? 20 : 0),
    };
    const run = simulate(world, 120, 5);
    const errors = run.anomalies.filter(at('back', 'errors'));
    expect(errors.map(({ state }) => state)).toEqual(['firing']);
  });

  it('emits every id once as firing and at most once as cleared', () => {
    const run = simulate({ hangs: during, errorRate: () => 0.004 }, 130, 11);
    const states = run.anomalies.map(({ id, state }) => `${id} ${state}`);
    expect(states.length).toBeGreaterThan(4);
    expect(new Set(states).size).toBe(states.length);
  });
});
