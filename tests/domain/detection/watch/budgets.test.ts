/** Error budgets: by the rules of the SRE workbook, over calls as history has them. */
import { describe, expect, test } from 'vitest';
import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine } from '../../../../domain/detection/engine.ts';
import type { SpanSummary } from '../../../../domain/observation.ts';

const startMs = Date.UTC(2026, 0, 5);
const minuteMs = 60_000;

const configOf = (slo: object, more: object = {}) =>
  detectionConfigSchema.parse({ slos: [{ service: 'shop', ...slo }], ...more });

const five = { burn: 14.4, longMs: 60 * minuteMs, shortMs: 5 * minuteMs };

/** A system of one service, whose calls are told once a minute of a quarter of a second each. */
function shop(config = configOf({})) {
  let engine = createDetectionEngine(config);
  const found: Anomaly[] = [];
  let nowMs = startMs;
  let spans = 0;
  const told = (anomalies: readonly Anomaly[]) =>
    found.push(...anomalies.filter(({ detector }) => detector.endsWith('-burn')));
  const span = (durationMs: number, error: boolean): SpanSummary => {
    spans += 1;
    const [traceId, spanId] = [`t${spans}`, `s${spans}`];
    const scope = { environment: 'prod', service: 'shop', resourceId: 'shop-1' };
    const endMs = nowMs - 10;
    const ids = { traceId, spanId, startMs: endMs - durationMs, durationMs };
    return {
      kind: 'span',
      scope,
      name: 'GET',
      spanKind: 'server',
      error,
      attributes: {},
      ...ids,
    } as SpanSummary;
  };
  return {
    found,
    /** `missed` of `calls` a minute fail, or take 2 s. */
    run(minutes: number, calls: number, missed: number, slow = false): void {
      for (let minute = 0; minute < minutes; minute += 1) {
        nowMs += minuteMs;
        const seen = Array.from({ length: calls }, (_, index) =>
          span(slow && index < missed ? 2_000 : 20, !slow && index < missed),
        );
        told(engine.observe(seen, nowMs).anomalies);
        for (const laterMs of [2_000, 5_000, 20_000]) told(engine.tick(nowMs + laterMs).anomalies);
      }
    },
    left: () => engine.budgets().map(({ left }) => Math.round(left * 1_000) / 1_000),
    counted: () => engine.budgets().map(({ counted }) => counted),
    learnt: () => engine.takeLearnt(100),
    recall: (kept: ReturnType<typeof engine.takeLearnt>) => engine.recall(kept),
    restart(recalled = engine.takeLearnt(100), anew = config): void {
      engine = createDetectionEngine(anew);
      engine.recall(recalled);
    },
    get minutes() {
      return (nowMs - startMs) / minuteMs;
    },
  };
}

const inMinutes = ({ state, detector, onsetMs, detectedMs, clearedMs = 0 }: Anomaly) => [
  state,
  detector,
  Math.round((onsetMs - startMs) / minuteMs),
  Math.round(((state === 'firing' ? detectedMs : clearedMs) - startMs) / minuteMs),
];

test('what misses a little less than the objective allows is no finding, for hours', () => {
  const system = shop(configOf({ objective: 0.9 }));
  system.run(8 * 60, 20, 1);
  expect(system.found).toEqual([]);
  expect(system.left()).toEqual([expect.closeTo(1 - 0.5 * (8 / 720), 2)]);
});

test('a fast burn is found when the hour says so, told from its beginning, and over with the short window', () => {
  const system = shop();
  system.run(120, 20, 0);
  system.run(15, 20, 5);
  system.run(32, 20, 0);
  // A quarter fails, 250 times what may: 14.4 of it over an hour is 3.5 minutes. Then six hours are six times too fast, too.
  expect(system.found.map(inMinutes)).toEqual([
    ['firing', 'fast-burn', 120, 124],
    ['cleared', 'fast-burn', 120, 165],
  ]);
  expect(system.found[0]).toMatchObject({
    severity: 'critical',
    signal: 'errors',
    expected: expect.closeTo(0.001),
    summary: expect.stringMatching(
      /^\d(\.\d+)? % of calls to shop fail in 1 h, 0\.1 % may: 1[4-9](\.\d)? times as fast as the error budget of 30 d allows; \d\d(\.\d)? % of the budget is left$/,
    ),
  });
});

test('with one rule the five minutes of its short window decide when it is over', () => {
  const system = shop(configOf({}, { errorBudget: { fast: [five], slow: [] } }));
  system.run(60, 20, 0);
  system.run(15, 20, 5);
  system.run(8, 20, 0);
  expect(system.found.map(inMinutes)).toEqual([
    ['firing', 'fast-burn', 60, 64],
    ['cleared', 'fast-burn', 60, 80],
  ]);
});

test('what burns a little slower than it was found by is not over', () => {
  const system = shop(configOf({ objective: 0.99 }, { errorBudget: { fast: [five], slow: [] } }));
  system.run(60, 20, 4);
  system.run(10, 200, 27);
  expect(system.found.map(({ state }) => state)).toEqual(['firing']);
  system.run(10, 200, 20);
  expect(system.found.map(({ state }) => state)).toEqual(['firing', 'cleared']);
});

test('what is over before the long window has noticed is no finding; neither are few calls', () => {
  const short = shop();
  short.run(120, 20, 0);
  short.run(2, 20, 5);
  short.run(60, 20, 0);
  expect(short.found).toEqual([]);
  const few = shop();
  for (let hour = 0; hour < 8; hour += 1) {
    few.run(50, 1, 0);
    few.run(1, 1, 1);
  }
  expect(few.found).toEqual([]);
});

test('a slow burn is a warning, after hours', () => {
  const system = shop(configOf({ objective: 0.99 }));
  system.run(24 * 60, 10, 0);
  system.run(30 * 60, 20, 1);
  const [first] = system.found;
  expect([first?.detector, first?.severity]).toEqual(['slow-burn', 'warning']);
});

test('slow calls miss an objective for latency, and only those', () => {
  const slow = shop(configOf({ kind: 'latency', underMs: 300, objective: 0.995 }));
  slow.run(120, 20, 0);
  slow.run(15, 20, 10, true);
  expect(slow.found.map(inMinutes)).toEqual([['firing', 'fast-burn', 120, 129]]);
  expect(slow.found[0]).toMatchObject({
    signal: 'latency',
    metric: 'calls.server.latency-p95',
    expected: 300,
  });
  const failing = shop(configOf({ kind: 'latency', underMs: 300 }));
  failing.run(60, 20, 10);
  expect(failing.left()).toEqual([1]);
});

describe('a restart', () => {
  test('changes nothing: what was spent, what fires and when it is over', () => {
    const whole = shop();
    const cut = shop();
    for (const system of [whole, cut]) {
      system.run(120, 20, 0);
      system.run(10, 20, 5);
      if (system === cut) cut.restart();
      system.run(20, 20, 0);
    }
    expect(cut.left()).toEqual(whole.left());
    expect(cut.left()[0]).toBeLessThan(0.95);
    const ids = ({ id, state, clearedMs }: Anomaly) => JSON.stringify({ id, state, clearedMs });
    expect([...new Set(cut.found.map(ids))]).toEqual(whole.found.map(ids));
  });

  test('what fired before is told to be over when it ended in between', () => {
    const system = shop(configOf({}, { errorBudget: { fast: [five], slow: [] } }));
    system.run(60, 20, 0);
    system.run(15, 20, 5);
    system.restart();
    system.run(10, 0, 0);
    system.run(3, 20, 0);
    const states = system.found.map(({ id, state }) => [id === system.found[0]?.id, state]);
    expect(states).toEqual([
      [true, 'firing'],
      [true, 'firing'],
      [true, 'cleared'],
    ]);
  });

  test('what is learnt of late is added to what was counted in between', () => {
    const system = shop();
    system.run(60, 20, 1);
    const kept = system.learnt();
    expect(kept.map(({ service, key }) => [service, key])).toEqual([['shop', 'budget/errors/']]);
    expect(system.learnt()).toEqual([]);
    const [spent = 0] = system.left();
    system.restart([]);
    system.run(2, 20, 5);
    system.recall(kept);
    expect(spent).toBeLessThan(1);
    const perMiss = (1 - spent) / 60;
    expect(system.left()).toEqual([expect.closeTo(1 - 69 * perMiss, 2)]);
    expect(system.learnt()).toHaveLength(1);
  });

  test('what is given back to whoever counted it changes nothing', () => {
    const system = shop();
    system.run(60, 20, 1);
    const kept = system.learnt();
    system.run(10, 20, 5);
    const left = system.left();
    system.recall(kept);
    expect(system.left()).toEqual(left);
  });

  test.each(['another version', 'cut off', 'another window'])('%s is left out', (kind) => {
    const system = shop();
    system.run(60, 20, 1);
    const damaged = system.learnt().map((one) => {
      const state = kind === 'cut off' ? one.state.slice(0, -8) : one.state.slice();
      if (kind === 'another version') new DataView(state.buffer).setFloat64(0, 2, true);
      return { ...one, state };
    });
    system.restart(damaged, kind === 'another window' ? configOf({ windowDays: 7 }) : configOf({}));
    system.run(1, 20, 0);
    expect(system.left()).toEqual([1]);
    expect(system.counted()[0]).toBeLessThan(0.001);
  });

  test('what is kept is bounded, however long and whatever comes', () => {
    const system = shop();
    system.run(5, 20, 1);
    const [{ state: early } = { state: new Uint8Array() }] = system.learnt();
    system.run(400, 3, 0);
    const [{ state: late } = { state: new Uint8Array() }] = system.learnt();
    expect(late.length).toBe(early.length);
    expect(late.length).toBeLessThan(8_192);
  });
});
