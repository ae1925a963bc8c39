// What was normal is frozen with the finding; a second bout is found against the same normal as the first.

import { describe, expect, it } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { soundOnset } from '../../../domain/detection/onset.ts';
import { simulate, startMs, type World } from './simulation.ts';

const bouts = (service: string, atS: number): boolean =>
  service === 'back' && ((atS >= 50 && atS < 75) || (atS >= 105 && atS < 130));

const cases: readonly (readonly [string, Anomaly['signal'], World, readonly [number, number]])[] = [
  ['errors', 'errors', { errorRate: (service, atS) => (bouts(service, atS) ? 0.5 : 0) }, [0, 0.01]],
  ['latency', 'latency', { slowness: (service, atS) => (bouts(service, atS) ? 8 : 1) }, [8, 40]],
  ['cpu', 'cpu', { cpu: (service, atS) => (bouts(service, atS) ? 0.97 : 0.15) }, [0.14, 0.16]],
];

describe.each(cases)('%s', (_, signal, world, [least, most]) => {
  it('carry what was normal before the first bout, in both of them', () => {
    const found = simulate(world, 140, 3).anomalies.filter(
      (one) =>
        one.scope.service === 'back' &&
        one.signal === signal &&
        one.state === 'firing' &&
        one.severity !== 'info',
    );
    const at = (one: Anomaly) => (one.onsetMs - startMs) / 1_000;
    expect(found.some((one) => at(one) < 80)).toBe(true);
    expect(found.some((one) => at(one) > 100)).toBe(true);
    for (const { baseline, onsetMs, seen } of found) {
      expect(baseline).toBeDefined();
      expect(baseline?.level).toBeGreaterThanOrEqual(least);
      expect(baseline?.level).toBeLessThanOrEqual(most);
      expect(baseline?.level).toBeLessThan(seen / 2);
      expect(baseline?.samples).toBeGreaterThan(10);
      expect(baseline?.atMs).toBeLessThanOrEqual(onsetMs + 5_000);
    }
  });
});

it('is not learnt from calls that fail at once: after an outage nothing is slow, unusual or firing', () => {
  const outage: World = {
    isDown: (service, atS) => service === 'back' && atS >= 60 && atS < 240,
    slowness: (service) => (service === 'back' ? 10 : 1),
  };
  const { anomalies } = simulate(outage, 330, 5);
  const late = anomalies.filter(({ onsetMs, state }) => state === 'firing' && onsetMs >= startMs + 238_000);
  expect(late.map(({ summary }) => summary)).toEqual([]);
});

describe('the onset of an incident', () => {
  const one = (detector: Anomaly['detector'], onsetS: number, detectedS: number) => ({
    detector,
    onsetMs: onsetS * 1_000,
    detectedMs: detectedS * 1_000,
  });
  const day = 86_400;
  const now = 10 * day;

  it.each([
    [
      'the earliest that was measured',
      [one('latency', now - 30, now - 20), one('error-ratio', now - 60, now - 20)],
      now - 60,
    ],
    [
      'not that of an alert of days ago',
      [one('external', now - 3 * day, now - 5), one('error-ratio', now - 60, now - 20)],
      now - 60,
    ],
    [
      'that of an alert that began shortly before',
      [one('external', now - 120, now - 5), one('error-ratio', now - 60, now - 20)],
      now - 120,
    ],
    ['ten minutes before an old alert that came alone', [one('external', now - 3 * day, now - 5)], now - 605],
    ['never in the future', [one('external', now + 300, now)], now],
    ['what the incident says, without any', [], now - 77],
  ])('is %s', (_, anomalies, expected) => {
    expect(soundOnset(anomalies, (now - 77) * 1_000, now * 1_000)).toBe(expected * 1_000);
  });
});
