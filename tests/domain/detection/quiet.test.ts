// The quiet side of detection: a noisy but healthy system gives no warning, for noise kills trust.

import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { services, simulate, type World } from './simulation.ts';

describe('a healthy but noisy system', () => {
  const halfAnHour = 1_800;
  const serious = (anomalies: readonly Anomaly[]) =>
    anomalies.filter(({ severity }) => severity !== 'info').map(({ summary }) => summary);

  it.each([101, 102, 103])('gives no warning in half an hour (seed %i)', (seed) => {
    expect(serious(simulate({}, halfAnHour, seed).anomalies)).toEqual([]);
  });

  it('takes a usual share of failures, heavy tails and slow changes of traffic for what they are', () => {
    const world: World = {
      errorRate: () => 0.008,
      spread: 0.9,
      requestsPerSecond: (atS) => 20 + 8 * Math.sin(atS / 250),
      memoryMb: (service, atS) => (service === 'back' ? 90 + 150 * (1 - Math.exp(-atS / 120)) : 120),
      cpu: (service, atS) => 0.3 + 0.2 * Math.sin(atS / 11 + service.length),
    };
    expect(serious(simulate(world, halfAnHour, 104).anomalies)).toEqual([]);
  });

  it('takes slow exporters for slow, not for absent or idle', () => {
    const run = simulate({ exportEveryMs: 10_000, errorRate: () => 0.003 }, 900, 105);
    expect(serious(run.anomalies)).toEqual([]);
    expect(run.dropped['stale-point']).toBeUndefined();
  });

  it('is not alarmed by replicas that are replaced', () => {
    const world: World = {
      replicas: (service, atS) =>
        service === 'back' && atS >= 40 ? ['back-3', 'back-4'] : [`${service}-1`, `${service}-2`],
    };
    expect(simulate(world, 120, 106).anomalies).toEqual([]);
  });

  it('is not alarmed by a process that fills its caches after the start', () => {
    const world: World = { memoryMb: (_service, atS) => 80 + 200 * (1 - Math.exp(-atS / 60)) };
    expect(serious(simulate(world, 600, 107).anomalies)).toEqual([]);
  });

  it('learns who calls whom, by the names services give themselves', () => {
    const run = simulate({}, 20, 108);
    expect(new Set(run.edges.map(({ caller, callee }) => `${caller} → ${callee}`))).toEqual(
      new Set(['front → middle', 'middle → back']),
    );
    const peers = run.rows.flatMap(({ calls }) => calls.map(({ peer }) => peer));
    expect(new Set(peers)).toEqual(new Set(['', ...services.slice(1)]));
  });
});
