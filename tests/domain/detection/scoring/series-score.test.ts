/** Scores at any interval: what is usual is quiet, what is not is an alarm, and nothing depends on what comes later. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { learnerOf, stateOf } from '../../../../domain/detection/learnt/learnt.ts';
import { alarmFrom, SeriesScore } from '../../../../domain/detection/scoring/series-score.ts';
import { mulberry32, startMs } from '../simulation.ts';

const secondMs = 1_000;
const intervals = [1, 15, 60, 300, 3_600].map((seconds) => ({ seconds }));

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function scores(values: readonly number[], intervalMs: number): number[] {
  const series = new SeriesScore();
  return values.map((value, row) => series.observe(startMs + row * intervalMs, value));
}

const alarms = (all: readonly number[]): number[] =>
  all.flatMap((score, row) => (score >= alarmFrom ? [row] : []));

test('what is kept and given back scores the same from then on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 400 }),
      fc.nat(399),
      fc.integer({ min: 1_000, max: 7_200_000 }),
      (values, cutAt, intervalMs) => {
        const whole = new SeriesScore();
        let cut = new SeriesScore();
        for (const [row, value] of values.entries()) {
          if (row === cutAt) cut = learnerOf(() => new SeriesScore(), stateOf(cut)) ?? cut;
          const atMs = startMs + row * intervalMs;
          expect(cut.observe(atMs, value)).toBe(whole.observe(atMs, value));
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('what is kept is under 3 kB, from the first day to the hundredth', () => {
  const series = new SeriesScore();
  for (let row = 0; row < 2_400; row += 1) series.observe(startMs + row * 3_600_000, row % 24);
  expect(stateOf(series).length).toBeLessThan(3_072);
});

describe.each(intervals)('every $seconds s', ({ seconds }) => {
  const intervalMs = seconds * secondMs;
  const noise = (rows: number, seed: number): number[] => {
    const random = mulberry32(seed);
    return Array.from({ length: rows }, () => 100 + 5 * normal(random));
  };

  test('noise is quiet', () => {
    // Four in a thousand at most.
    const found = [1, 2, 3, 4, 5].flatMap((seed) => alarms(scores(noise(2_000, seed), intervalMs)));
    expect(found.length).toBeLessThanOrEqual(40);
  });

  test.each([
    ['far above', 200],
    ['far below', 0],
  ])('a sample %s everything is an alarm, whatever the unit', (_, value) => {
    for (const unit of [1, 1e-6, 1e9]) {
      const values = noise(1_000, 7).map((one) => one * unit);
      values[800] = value * unit;
      expect(alarms(scores(values, intervalMs))).toContain(800);
    }
  });

  test('a constant that changes is an alarm, once', () => {
    const values = Array.from({ length: 1_000 }, (_, row) => (row < 600 ? 7 : 9));
    const found = alarms(scores(values, intervalMs));
    expect(found[0]).toBe(600);
    expect(found.length).toBeLessThanOrEqual(3);
  });
});

test('a daily rhythm is quiet once it is known, and a day without its peak is not', () => {
  const random = mulberry32(3);
  const day = 288;
  const values = Array.from({ length: 15 * day }, (_, row) => {
    const hour = ((row % day) / day) * 24;
    const peak = hour >= 9 && hour < 17 ? 60 : 0;
    return 20 + peak + 2 * normal(random);
  });
  expect(alarms(scores(values, 300_000)).filter((row) => row > 3 * day).length).toBeLessThan(12);
  // The peak of the last day does not come.
  for (let row = 14 * day; row < 15 * day; row += 1) values[row] = 20 + 2 * normal(random);
  const found = alarms(scores(values, 300_000)).filter((row) => row >= 14 * day);
  expect(found.length).toBeGreaterThan(0);
});

test('the first rows are no alarm, whatever they are', () => {
  const values = Array.from({ length: 20 }, (_, row) => 10 ** row);
  expect(alarms(scores(values, 60_000))).toEqual([]);
});

describe('any series', () => {
  const row = fc.tuple(
    fc.integer({ min: -3_600_000, max: 7_200_000 }),
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 })),
  );
  const run = (rows: readonly (readonly [number, number])[]): number[] => {
    const series = new SeriesScore();
    let atMs = startMs;
    return rows.map(([passedMs, value]) => {
      atMs += passedMs;
      return series.observe(atMs, value);
    });
  };

  test('has scores from 0 to 1', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 300 }), (rows) => {
        for (const score of run(rows)) expect(score >= 0 && score <= 1).toBe(true);
      }),
    );
  });

  test('is judged by what came before it only', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 200 }), fc.nat(200), (rows, cut) => {
        expect(run(rows.slice(0, cut))).toEqual(run(rows).slice(0, cut));
      }),
    );
  });
});

test('says why, what counted most first', () => {
  const random = mulberry32(5);
  const series = new SeriesScore();
  for (let row = 0; row < 1_000; row += 1) series.observe(startMs + row * 60_000, 100 + 5 * normal(random));
  expect(series.observe(startMs + 1_000 * 60_000, 900)).toBeGreaterThan(alarmFrom);
  expect(series.reasons()[0]).toBe('novelty');
  series.observe(startMs + 1_001 * 60_000, 100);
  expect(series.reasons()).not.toContain('novelty');
});
