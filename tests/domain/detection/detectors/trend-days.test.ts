/** Growth over days, at any interval: a rhythm of the day is no leak once a day of it was seen, and what fills a disk in days is found. */
import { describe, expect, test } from 'vitest';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { DailyHighs } from '../../../../domain/detection/detectors/daily-highs.ts';
import { Trend } from '../../../../domain/detection/detectors/trend.ts';

const config = detectionConfigSchema.parse({}).trend;
const startMs = Date.UTC(2026, 0, 5);
const hourMs = 3_600_000;

/** Hours at which it is found, of a series with a limit of 100. */
function found(minutes: number, days: number, valueAt: (hour: number) => number): number[] {
  const trend = new Trend('disk', 'db', String, config);
  const at: number[] = [];
  let firing = false;
  for (let row = 0; row < (days * 1_440) / minutes; row += 1) {
    const hour = (row * minutes) / 60;
    const judgement = trend.judge(startMs + hour * hourMs, valueAt(hour), 100, config, firing);
    const deviates = judgement.kind === 'deviating';
    if (deviates && !firing) at.push(hour);
    firing = deviates;
  }
  return at;
}

describe.each([5, 15, 60])('every %i minutes', (minutes) => {
  const rhythm = (hour: number): number => 60 + 25 * Math.sin((2 * Math.PI * hour) / 24);

  test('a rhythm of the day is quiet from the third day on', () => {
    expect(found(minutes, 8, rhythm).filter((hour) => hour >= 48)).toEqual([]);
  });

  test('what fills a disk in three days is found two days before', () => {
    const filling = (hour: number): number => 40 + 0.8 * Math.max(0, hour - 72);
    const [first = Number.POSITIVE_INFINITY] = found(minutes, 5, filling);
    expect(first).toBeGreaterThan(72);
    expect(first).toBeLessThanOrEqual(72 + 27);
  });

  test('growth that rides on a rhythm is found when it passes the days before', () => {
    const both = (hour: number): number => rhythm(hour) / 2 + 0.4 * Math.max(0, hour - 96);
    const [first = Number.POSITIVE_INFINITY] = found(minutes, 8, both).filter((hour) => hour >= 48);
    expect(first).toBeGreaterThan(96);
    expect(both(first)).toBeLessThan(75);
  });
});

test('a process that leaks and starts again every day is found every day', () => {
  const leak = (hour: number): number => 30 + 2.9 * (hour % 24);
  expect(found(5, 3, leak).map((hour) => Math.floor(hour / 24))).toEqual([0, 1, 2]);
});

test('highs are of the week before, not of today', () => {
  const highs = new DailyHighs();
  const day = (count: number): number => startMs + count * 24 * hourMs;
  highs.note(day(0), 5);
  expect(highs.before(day(0))).toBe(Number.NEGATIVE_INFINITY);
  highs.note(day(1), 3);
  highs.note(day(1), 9);
  expect(highs.before(day(1))).toBe(5);
  expect(highs.before(day(2))).toBe(9);
  expect(highs.before(day(8))).toBe(9);
  highs.note(day(9), 1);
  expect(highs.before(day(9))).toBe(Number.NEGATIVE_INFINITY);
});
