// The summary over many runs: what is divided by what, and what is counted where.

import { describe, expect, test } from 'vitest';
import { type ScenarioResult, summarise } from '../../../lab/run/report.ts';
import { score } from '../../../lab/run/score.ts';
import { effect, incident, run } from './runs.ts';

const fixed = score(run());
const harmless = score(
  run({
    truth: { service: 'orders', cause: 'log-noise', fixedBy: [] },
    incidents: [incident({ outcome: 'self-recovered', intents: [], verifiedAtMs: null })],
    ledger: [],
  }),
);
const withResult = (overrides: Partial<ScenarioResult>): ScenarioResult => ({ ...fixed, ...overrides });

test('one that was fixed and one that was rightly left alone', () => {
  expect(summarise([fixed, harmless])).toEqual({
    scenarios: 2,
    right: 2,
    rightRatio: 1,
    needAction: 1,
    recoveredByRightAction: 1,
    recoveredByRightActionRatio: 1,
    needNoAction: 1,
    actionsWhereNoneIsRight: 0,
    needlessActions: 0,
    falseResolved: 0,
    duplicateEffects: 0,
    falseAlarms: 0,
    top1Ratio: 0.5,
    top3Ratio: 0.5,
    medianDetectedMs: 3_000,
    p95DetectedMs: 3_000,
    medianVerifiedMs: 20_000,
    errors: 0,
  });
});

describe('recovered by a right action', () => {
  test.each([
    ['recovered, but nothing right was done', withResult({ actions: [] })],
    ['the right thing was done, but it was not verified', withResult({ outcome: 'escalated' })],
    ['the run itself failed', withResult({ outcome: 'error', actions: [], error: 'no lab' })],
  ])('not when %s', (_what, result) => {
    expect(summarise([fixed, result])).toMatchObject({
      recoveredByRightAction: 1,
      recoveredByRightActionRatio: 0.5,
    });
  });

  test('a wrong action before the right one is counted, and does not spoil it', () => {
    const second = score(run({ ledger: [effect('i0', 'scale'), effect('i1')] }));
    expect(summarise([second])).toMatchObject({ recoveredByRightActionRatio: 1, needlessActions: 1 });
  });
});

test('an action where none is right is counted twice: as needless, and as harm done to a sound system', () => {
  const disturbed = {
    ...harmless,
    actions: [{ action: 'restart', target: 'orders', right: false }],
    needlessActions: 1,
  };
  expect(summarise([disturbed])).toMatchObject({ actionsWhereNoneIsRight: 1, needlessActions: 1 });
});

test('what must never happen is added up over all runs', () => {
  const bad = withResult({ falseResolved: true, duplicateEffects: 2, falseAlarms: 3 });
  expect(summarise([bad, bad, fixed])).toMatchObject({
    falseResolved: 2,
    duplicateEffects: 4,
    falseAlarms: 6,
  });
});

describe('how long it took', () => {
  const detected = (...values: (number | null)[]) =>
    summarise(values.map((detectedMs) => withResult({ detectedMs }))).medianDetectedMs;

  test('the middle one, or the mean of the middle two, in order of size', () => {
    expect(detected(9, 1, 100)).toBe(9);
    expect(detected(10, 2, 4, 100)).toBe(7);
  });

  test('p95 is the value that 95 % do not exceed', () => {
    const p95 = (values: readonly number[]) =>
      summarise(values.map((detectedMs) => withResult({ detectedMs }))).p95DetectedMs;
    expect(p95(Array.from({ length: 100 }, (_, index) => 100 - index))).toBe(95);
    expect(p95([7, 40])).toBe(40);
    expect(p95([])).toBeNull();
  });

  test('runs without a value are left out; without any there is none', () => {
    expect(detected(null, 5)).toBe(5);
    expect(detected(null)).toBeNull();
  });

  test('verification is measured only where something had to be done', () => {
    expect(summarise([fixed, { ...harmless, verifiedMs: 1 }]).medianVerifiedMs).toBe(20_000);
  });
});

test('nothing was run: nothing is claimed', () => {
  expect(summarise([])).toMatchObject({
    scenarios: 0,
    errors: 0,
    medianDetectedMs: null,
    medianVerifiedMs: null,
  });
});
