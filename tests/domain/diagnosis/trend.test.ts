import { describe, expect, it } from 'vitest';
import { seeded } from '../../../bench/support/simulated-system.ts';
import { projectedMs, risingTrend } from '../../../domain/diagnosis/trend.ts';

const points = (count: number, value: (second: number, noise: number) => number) => {
  const random = seeded(3);
  return Array.from({ length: count }, (_, second) => ({
    atMs: second * 1000,
    value: value(second, random() - 0.5),
  }));
};

describe('a steady climb', () => {
  it('is found, slow or fast, under noise', () => {
    expect(risingTrend(points(60, (s, n) => 100 + s + n))?.risePerSecond).toBeCloseTo(1, 1);
    expect(risingTrend(points(300, (s, n) => 100 + s * 0.1 + n))?.risePerSecond).toBeCloseTo(0.1, 2);
  });

  it('is found when it has just begun', () => {
    const trend = risingTrend(points(90, (s, n) => 100 + Math.max(0, s - 75) * 5 + n));
    expect(trend?.risePerSecond).toBeGreaterThan(3);
  });

  it('is found after a restart threw it back', () => {
    expect(risingTrend(points(60, (s, n) => 100 + (s % 40) * 5 + n))?.first).toBeLessThan(120);
  });

  it('says when the limit will be met', () => {
    const trend = risingTrend(points(30, (s) => 100 + s));
    expect(trend && projectedMs(trend, 139)).toBeCloseTo(10_000, -1);
    expect(trend && projectedMs(trend, 50)).toBe(0);
  });
});

describe('no climb', () => {
  it.each([
    ['a level with noise', points(120, (_, n) => 100 + 20 * n)],
    ['a warm-up that has levelled off', points(120, (s, n) => 100 + Math.min(s, 20) * 5 + n)],
    ['a fall', points(120, (s, n) => 500 - s + n)],
    ['too few points', points(5, (s) => s)],
    ['nothing', []],
  ])('is seen in %s', (_, given) => {
    expect(risingTrend(given)).toBeNull();
  });
});
