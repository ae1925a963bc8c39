/** What was learnt over weeks is given back to another engine, which judges as the first would have. */
import { expect, test } from 'vitest';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';
import type { Learnt } from '../../../../domain/detection/learnt/learnt.ts';

const startMs = Date.UTC(2026, 0, 5);
const hour = 3_600_000;
const day = 24;
const config = detectionConfigSchema.parse({ rules: [{ metric: 'orders' }] });

/** Busy by day, on weekdays; the night and the weekend are quiet. */
const usual = (row: number): number => {
  const [ofDay, ofWeek] = [row % day, Math.floor(row / day) % 7];
  return 20 + ((row * 7919) % 101) / 50 + (ofDay >= 8 && ofDay < 18 && ofWeek < 5 ? 300 : 0);
};

function watching(given: readonly Learnt[] = []) {
  const engine = createDetectionEngine(config);
  engine.recall(given);
  const told: Anomaly[] = [];
  return {
    told,
    learnt: (most = 100) => engine.takeLearnt(most),
    recall: (learnt: readonly Learnt[]) => engine.recall(learnt),
    run(from: number, to: number, valueAt = usual, metric = 'orders', instance = 'shop-1'): void {
      for (let row = from; row < to; row += 1) {
        const atMs = startMs + row * hour;
        const scope = { environment: 'prod', service: 'shop', resourceId: instance };
        const point = { kind: 'gauge', scope, metric, unit: '1', attributes: {}, atMs } as const;
        told.push(...engine.observe([{ ...point, value: valueAt(row) }], atMs + 100).anomalies);
      }
    },
  };
}

const short = ({ id, state, detectedMs, clearedMs }: Anomaly) => ({ id, state, detectedMs, clearedMs });
const weeks = 4 * 7 * day;
/** A Monday at night that is as busy as the day. */
const busyNight = (row: number): number => (row % day === 2 ? 330 : usual(row));

test('weeks of season outlive a restart: the same is found, with the same id, and the same is over', () => {
  const whole = watching();
  whole.run(0, weeks);
  const kept = whole.learnt();
  expect(kept).toHaveLength(1);
  const before = whole.told.length;
  whole.run(weeks, weeks + day, busyNight);
  const again = watching(kept);
  again.run(weeks - 10, weeks + day, (row) => (row < weeks ? usual(row) : busyNight(row)));
  expect(whole.told.slice(before).map(({ state }) => state)).toEqual(['firing', 'cleared']);
  expect(again.told.map(short)).toEqual(whole.told.slice(before).map(short));

  const cold = watching();
  cold.run(weeks, weeks + day, busyNight);
  expect(cold.told).toEqual([]);
});

test('what fires when it is kept is told again, and is over when it is over', () => {
  const whole = watching();
  whole.run(0, weeks);
  whole.run(weeks, weeks + 3, busyNight);
  const [fired] = whole.told.slice(-1);
  expect(fired?.state).toBe('firing');
  const again = watching(whole.learnt());
  again.run(weeks, weeks + 8, busyNight);
  expect(again.told.map(({ id, state }) => [id === fired?.id, state])).toEqual([
    [true, 'firing'],
    [true, 'cleared'],
  ]);
});

test('what is given back late takes the place of what little was learnt meanwhile, and of no more', () => {
  const whole = watching();
  whole.run(0, weeks);
  const late = watching();
  late.run(weeks, weeks + 1);
  late.recall(whole.learnt());
  late.run(weeks + 1, weeks + day, busyNight);
  expect(late.told.map(({ state }) => state)).toEqual(['firing', 'cleared']);
  const young = watching();
  young.run(weeks, weeks + 5);
  whole.recall(young.learnt());
  const before = whole.told.length;
  whole.run(weeks, weeks + day, busyNight);
  expect(whole.told.slice(before).map(({ state }) => state)).toEqual(['firing', 'cleared']);
});

test('only what is compared with its own past is kept, a bounded number at once, each in its turn', () => {
  const engine = watching();
  for (const row of [0, 1]) {
    for (const instance of ['a', 'b', 'c']) engine.run(row, row + 1, usual, 'orders', instance);
    engine.run(row, row + 1, usual, 'other');
  }
  const keys = [engine.learnt(2), engine.learnt(2), engine.learnt(2)].map((some) =>
    some.map(({ key }) => key),
  );
  expect(keys.map(({ length }) => length)).toEqual([2, 1, 0]);
  expect(new Set(keys.flat()).size).toBe(3);
});

test.each([
  ['of another version', (state: Uint8Array) => new DataView(state.buffer).setFloat64(0, 99, true)],
  ['damaged', (state: Uint8Array) => state.fill(0, 8)],
])('a state that is %s is learnt again', (_, damage) => {
  const whole = watching();
  whole.run(0, weeks);
  const [kept] = whole.learnt();
  if (kept === undefined) throw new Error('nothing was kept');
  const state = kept.state.slice();
  damage(state);
  const again = watching([{ ...kept, state }]);
  again.run(weeks, weeks + day, busyNight);
  expect(again.told).toEqual([]);
  expect(again.learnt()).toHaveLength(1);
});
