/** What every detector holds to: quiet where nothing happens, the same on a beginning as on the whole, sound on bad input, bounded, and
 *  the same after a restart. */
import { describe, expect, test } from 'vitest';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import {
  createDetectionEngine,
  type DetectionEngine,
  type WarmRows,
} from '../../../../domain/detection/engine.ts';
import { EnvironmentDetector } from '../../../../domain/detection/environment.ts';
import { DropCounter, type EnvironmentRows } from '../../../../domain/detection/output.ts';
import type { TelemetryObservation } from '../../../../domain/observation.ts';
import { type Subject, startMs, subjects } from './subjects.ts';

const environment = 'prod';
const receivedLateMs = 100;
/** How much of history a starting process reads. */
const warmMs = 600_000;
/** Ticks come every second; at slow intervals a few of them say as much. */
const ticks = [950, 2_950, 20_950];

type Run = { readonly engine: DetectionEngine; readonly told: Anomaly[]; readonly rows: EnvironmentRows[] };

function begin({ settings }: Subject): Run {
  return { engine: createDetectionEngine(detectionConfigSchema.parse(settings)), told: [], rows: [] };
}

function play(
  { engine, told, rows }: Run,
  { seen }: Subject,
  stepMs: number,
  [from, to]: readonly [number, number],
  hurts: (step: number) => boolean,
  also: (atMs: number) => readonly TelemetryObservation[] = () => [],
): void {
  for (let step = from; step < to; step += 1) {
    const atMs = startMs + step * stepMs;
    const given = [...seen(atMs, step, hurts(step)), ...also(atMs)];
    const outputs = [
      engine.observe(given, atMs + 500 + receivedLateMs),
      ...ticks.filter((ms) => ms < Math.max(stepMs, 1_000)).map((ms) => engine.tick(atMs + ms)),
    ];
    for (const output of outputs) {
      told.push(...output.anomalies);
      rows.push(...output.rows);
    }
  }
}

const endOf = ({ well, faulty, after }: Subject): number => well + faulty + after;
const isFaulty =
  ({ well, faulty }: Subject) =>
  (step: number): boolean =>
    step >= well && step < well + faulty;
const by = ({ detector }: Subject, told: readonly Anomaly[]) =>
  told.filter((one) => one.detector === detector);
const short = ({ id, state, clearedMs = 0 }: Anomaly): string => `${state} ${id} ${clearedMs}`;

const cases = subjects.flatMap((subject) =>
  subject.intervals.map((stepMs) => ({ name: subject.detector, stepMs, subject })),
);

describe.each(cases)('$name every $stepMs ms', ({ stepMs, subject }) => {
  const whole = begin(subject);
  play(whole, subject, stepMs, [0, endOf(subject)], isFaulty(subject));
  const found = by(subject, whole.told);

  test('finds the fault, from about its beginning, and sees that it is over', () => {
    expect(found.map(({ state }) => state)).toEqual(['firing', 'cleared']);
    const onset = ((found[0]?.onsetMs ?? 0) - startMs) / stepMs;
    // A few steps earlier or later, and an hour at most where hours are looked at.
    const slack = subject.detector === 'slow-burn' ? 12 : subject.detector === 'trend' ? 12 : 3;
    expect(Math.abs(onset - subject.well)).toBeLessThanOrEqual(slack);
  });

  test('says nothing where nothing happens', () => {
    const calm = begin(subject);
    play(calm, subject, stepMs, [0, endOf(subject)], () => false);
    expect(calm.told).toEqual([]);
  });

  test('says the same of a beginning as of the whole', () => {
    const cut = begin(subject);
    const to = subject.well + subject.faulty;
    play(cut, subject, stepMs, [0, to], isFaulty(subject));
    const upTo = found.filter(({ state }) => state === 'firing');
    expect(by(subject, cut.told).map(short)).toEqual(upTo.map(short));
  });

  test('what is no number changes nothing', () => {
    const dirty = begin(subject);
    const scope = { environment, service: 'shop', resourceId: 'shop-1' };
    const bad = (atMs: number) =>
      [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].flatMap((value) =>
        ['orders', 'app.threads', 'system.memory.utilization'].map((metric) => {
          const point = { kind: 'gauge', scope, metric, unit: '1', attributes: {}, atMs, value } as const;
          return point;
        }),
      );
    // As the first of each second: the number that follows counts.
    const first: Subject = { ...subject, seen: (...given) => [...bad(given[0]), ...subject.seen(...given)] };
    play(dirty, first, stepMs, [0, endOf(subject)], isFaulty(subject));
    expect(by(subject, dirty.told).map(short)).toEqual(found.map(short));
  });

  test('a pause is no fault of the series, and neither is a clock that is set back', () => {
    const paused = begin(subject);
    const { well } = subject;
    play(paused, subject, stepMs, [0, well], () => false);
    play(paused, subject, stepMs, [well + 20, 2 * well + 20], () => false);
    play(paused, subject, stepMs, [5, well], () => false);
    expect(by(subject, paused.told).filter(({ detector }) => detector !== 'absence')).toEqual([]);
  });

  if (stepMs <= subject.remembersUpTo)
    test('goes on after a restart in the middle of the fault as if there had been none', () => {
      const at = subject.well + Math.ceil(subject.faulty * 0.75);
      const before = begin(subject);
      play(before, subject, stepMs, [0, at], isFaulty(subject));
      const after = begin(subject);
      after.engine.recall(before.engine.takeLearnt(1_000));
      before.rows.push(...before.engine.flush().rows);
      after.engine.warm(environment, rowsSince(before.rows, startMs + at * stepMs - warmMs));
      play(after, subject, stepMs, [at, endOf(subject)], isFaulty(subject));
      expect(by(subject, after.told).map(short)).toEqual(found.map(short));
    });

  test('keeps no more of a long series than of a short one', () => {
    const config = detectionConfigSchema.parse(subject.settings);
    const one = new EnvironmentDetector(environment, config, new DropCounter(), () => {});
    const weights = [1, 2].map((part) => {
      for (let step = (part - 1) * 600; step < part * 600; step += 1) {
        const atMs = startMs + step * stepMs;
        for (const observation of subject.seen(atMs, step, false)) one.add(observation, atMs + 600);
        one.finish(atMs + 600);
        one.tick(atMs + 950);
      }
      return weightOf(one);
    });
    expect(weights[1]).toBeLessThanOrEqual((weights[0] ?? 0) * 1.1);
  });
});

test.each([1_000, 15_000, 60_000, 3_600_000])(
  'a counter that starts again every %i ms is no fault',
  (stepMs) => {
    const engine = createDetectionEngine(detectionConfigSchema.parse({ rules: [{ metric: 'orders.rate' }] }));
    const scope = { environment, service: 'shop', resourceId: 'shop-1' };
    const told: Anomaly[] = [];
    const rates = new Set<number>();
    for (let step = 0; step < 200; step += 1) {
      const atMs = startMs + step * stepMs;
      // Restarts at 120 and at 160, a moment before the sample.
      const bornMs = startMs - 1_000 + (step < 120 ? 0 : step < 160 ? 120 : 160) * stepMs;
      const value = (5 * (atMs - bornMs)) / 1_000;
      const counted = { temporality: 'cumulative', startMs: bornMs, value, atMs } as const;
      const point = {
        kind: 'counter',
        scope,
        metric: 'orders',
        unit: '1',
        attributes: {},
        ...counted,
      } as const;
      const output = engine.observe([point], atMs);
      told.push(...output.anomalies);
      for (const { metrics } of output.rows) for (const row of metrics) rates.add(row.value);
    }
    expect(told).toEqual([]);
    expect([...rates]).toEqual([5]);
  },
);

/** As a starting process reads them. */
function rowsSince(all: readonly EnvironmentRows[], fromMs: number): WarmRows {
  const isLate = ({ atMs }: { readonly atMs: number }): boolean => atMs >= fromMs;
  return {
    calls: all.flatMap(({ calls }) => calls.filter(isLate)),
    metrics: all.flatMap(({ metrics }) => metrics.filter(isLate)),
    logs: all.flatMap(({ logs }) => logs.filter(isLate)),
  };
}

/** Figures, letters and entries that can be reached from it. */
function weightOf(root: object): number {
  const seen = new Set<object>();
  const open: unknown[] = [root];
  let weight = 0;
  for (let value = open.pop(); open.length > 0 || value !== undefined; value = open.pop()) {
    if (typeof value === 'string') weight += value.length;
    if (typeof value !== 'object' || value === null) {
      weight += 1;
      continue;
    }
    if (seen.has(value)) continue;
    seen.add(value);
    if (ArrayBuffer.isView(value)) weight += value.byteLength / 4;
    else if (value instanceof Map) open.push(...value.keys(), ...value.values());
    else if (value instanceof Set) open.push(...value);
    else open.push(...Object.values(value));
  }
  return weight;
}
