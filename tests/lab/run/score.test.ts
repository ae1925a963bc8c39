// How one run is judged: from the supervisor's ledger and the load generator's figures, not from what Sentinel thinks.

import { describe, expect, test } from 'vitest';
import { isHealthy, score } from '../../../lab/run/score.ts';
import { broken, effect, healthy, incident, injectedAtMs, run } from './runs.ts';

const noEffect = { ledger: [], incidents: [incident({ intents: [], verifiedAtMs: null })] };

test('a fault that was found, explained, fixed and verified', () => {
  expect(score(run())).toEqual({
    name: 'orders-hang',
    seed: 1,
    detectedMs: 3_000,
    incidents: 1,
    falseAlarms: 0,
    rootCause: { service: 'orders', cause: 'hang', top1: true, top3: true, inconclusive: false },
    actions: [{ action: 'restart', target: 'orders', right: true }],
    outcome: 'recovered',
    serviceRecovered: true,
    falseResolved: false,
    needlessActions: 0,
    duplicateEffects: 0,
    verifiedMs: 20_000,
    needsAction: true,
    right: true,
    users: { before: healthy, atClosing: [healthy], atEnd: healthy },
    error: null,
  });
});

describe('actions', () => {
  test('any of the right actions on the true service is right; the same on another service is needless', () => {
    const truth = { service: 'orders', cause: 'hang', fixedBy: ['restart', 'drain'] };
    const ledger = [effect('i1', 'drain'), effect('i2', 'restart', 'stock'), effect('i3', 'scale')];
    const { actions, needlessActions } = score(run({ truth, ledger }));
    expect(actions.map(({ right }) => right)).toEqual([true, false, false]);
    expect(needlessActions).toBe(2);
  });

  test('where nothing should be done, everything done is needless', () => {
    const truth = { service: 'orders', cause: 'telemetry-gap', fixedBy: [] };
    expect(score(run({ truth }))).toMatchObject({ needsAction: false, needlessActions: 1 });
    expect(score(run({ truth, ...noEffect }))).toMatchObject({ needsAction: false, needlessActions: 0 });
  });

  test('undoing a wrong action is no action of its own', () => {
    const ledger = [effect('i1', 'scale'), effect('u1', 'scale'), effect('i2')];
    const incidents = [incident({ intents: ['i1', 'u1', 'i2'], compensations: ['u1'] })];
    const result = score(run({ ledger, incidents }));
    expect(result.actions.map(({ action, right }) => ({ action, right }))).toEqual([
      { action: 'scale', right: false },
      { action: 'restart', right: true },
    ]);
    expect(result.needlessActions).toBe(1);
  });

  test('two entries of one intent are a duplicate; two intents of the same action are none', () => {
    expect(score(run({ ledger: [effect('i1'), effect('i1'), effect('i1')] })).duplicateEffects).toBe(2);
    expect(score(run({ ledger: [effect('i1'), effect('i2')] })).duplicateEffects).toBe(0);
  });

  test('a compensation done twice is a duplicate too', () => {
    const incidents = [incident({ intents: ['i1', 'u1'], compensations: ['u1'] })];
    expect(score(run({ incidents, ledger: [effect('i1'), effect('u1'), effect('u1')] }))).toMatchObject({
      duplicateEffects: 1,
      needlessActions: 0,
    });
  });
});

describe('right is', () => {
  const harmless = { service: 'orders', cause: 'telemetry-gap', fixedBy: [] };
  test.each([
    ['a fault that a right action fixed', run(), true],
    ['no action where none was needed', run({ truth: harmless, ...noEffect }), true],
    ['not an action where none was needed', run({ truth: harmless }), false],
    [
      'not a fix with a needless action before it',
      run({ ledger: [effect('i0', 'scale'), effect('i1')] }),
      false,
    ],
    [
      'not a right action that nothing verified',
      run({ incidents: [incident({ outcome: 'escalated' })] }),
      false,
    ],
    ['not a fault that was left alone', run(noEffect), false],
  ])('%s', (_what, observed, right) => {
    expect(score(observed).right).toBe(right);
  });
});

describe('detection', () => {
  test('counts from the injection of what is the truth, not of a red herring before it', () => {
    const truthAtMs = injectedAtMs + 2_000;
    expect(score(run({ truthAtMs })).detectedMs).toBe(1_000);
    expect(score(run({ truthAtMs })).verifiedMs).toBe(18_000);
  });

  test('an incident that the red herring opened detects the truth with its next symptom', () => {
    const opened = incident({ symptomsAtMs: [injectedAtMs + 3_000, injectedAtMs + 9_500] });
    expect(score(run({ truthAtMs: injectedAtMs + 8_000, incidents: [opened] })).detectedMs).toBe(1_500);
  });

  test('nothing seen after the truth is not detected', () => {
    expect(score(run({ truthAtMs: injectedAtMs + 8_000 })).detectedMs).toBeNull();
    expect(score(run({ incidents: [] }))).toMatchObject({ detectedMs: null, outcome: 'none' });
  });

  test('an incident from before the injection is a false alarm, and nothing that it did detects or resolves', () => {
    const early = incident({
      id: 'incident/b/1',
      openedAtMs: injectedAtMs - 1,
      symptomsAtMs: [injectedAtMs - 1],
    });
    expect(score(run({ incidents: [early] }))).toMatchObject({
      incidents: 1,
      falseAlarms: 1,
      detectedMs: null,
      outcome: 'none',
      falseResolved: false,
    });
  });
});

describe('an incident from before the injection that hears of the fault as well', () => {
  const early = incident({
    openedAtMs: injectedAtMs - 5_000,
    symptomsAtMs: [injectedAtMs - 5_000, injectedAtMs + 2_000],
  });

  test('is a false alarm, and speaks for the run', () => {
    expect(score(run({ incidents: [early] }))).toMatchObject({
      falseAlarms: 1,
      detectedMs: 2_000,
      outcome: 'recovered',
      right: true,
    });
  });

  test('is not right to call it resolved while users still suffer', () => {
    const atClosing = { [early.id]: broken };
    expect(score(run({ incidents: [early], atClosing }))).toMatchObject({ falseResolved: true });
  });
});

describe('the incident that speaks for the run', () => {
  const talker = incident({
    id: 'incident/a/1',
    intents: [],
    outcome: 'escalated',
    hypotheses: [{ cause: 'crash', service: 'stock' }],
  });
  const actor = incident({ id: 'incident/b/1', openedAtMs: injectedAtMs + 5_000, intents: ['i1'] });

  test('is the one that acted, not the one that was first', () => {
    expect(score(run({ incidents: [talker, actor] }))).toMatchObject({
      outcome: 'recovered',
      rootCause: { cause: 'hang', top1: true },
    });
  });

  test('is the first when none acted', () => {
    const other = { ...actor, intents: [] };
    expect(score(run({ incidents: [other, talker], ledger: [] })).outcome).toBe('escalated');
  });

  test('intents that never became effects do not count as acting', () => {
    const planner = incident({ id: 'incident/c/1', intents: ['x1', 'x2'], outcome: 'escalated' });
    expect(score(run({ incidents: [planner, actor] })).outcome).toBe('recovered');
  });
});

describe('the root cause', () => {
  const told = (...hypotheses: { cause: string; service: string }[]) =>
    score(run({ incidents: [incident({ hypotheses, inconclusive: hypotheses.length === 0 })] })).rootCause;
  const right = { cause: 'hang', service: 'orders' };
  const wrong = { cause: 'crash', service: 'orders' };

  test('is right with cause and service together', () => {
    expect(told(right)).toMatchObject({ top1: true, top3: true });
    expect(told(wrong)).toMatchObject({ top1: false, top3: false, cause: 'crash' });
    expect(told({ ...right, service: 'stock' })).toMatchObject({ top1: false, service: 'stock' });
  });

  test('is among the first three, or it is not', () => {
    expect(told(wrong, wrong, right)).toMatchObject({ top1: false, top3: true });
    expect(told(wrong, wrong, wrong, right)).toMatchObject({ top1: false, top3: false });
  });

  test('no hypothesis is no answer', () => {
    expect(told()).toEqual({ service: null, cause: null, top1: false, top3: false, inconclusive: true });
  });
});

describe('the end', () => {
  test.each([
    [incident({ outcome: null, closedAtMs: null }), 'open'],
    [incident({ outcome: 'escalated' }), 'escalated'],
    [incident({ outcome: 'self-recovered' }), 'self-recovered'],
    [incident({ outcome: 'resolved' }), 'recovered'],
  ])('%#: says how the incident ended', (ended, outcome) => {
    expect(score(run({ incidents: [ended] })).outcome).toBe(outcome);
  });

  test('resolved while the users still had the trouble is false, even if it went away later', () => {
    const atClosing = { 'incident/a/1': broken };
    expect(score(run({ atClosing }))).toMatchObject({ falseResolved: true, serviceRecovered: true });
  });

  test('a closing nobody measured is judged by the end of the run', () => {
    expect(score(run({ atClosing: {}, final: broken }))).toMatchObject({
      falseResolved: true,
      serviceRecovered: false,
    });
    expect(score(run({ atClosing: {} })).falseResolved).toBe(false);
  });

  test('giving up in the middle of the trouble is honest', () => {
    const incidents = [incident({ outcome: 'escalated' })];
    const atClosing = { 'incident/a/1': broken };
    expect(score(run({ incidents, atClosing, final: broken })).falseResolved).toBe(false);
  });
});

describe('healthy is as good as before', () => {
  test.each([
    ['the same', healthy, true],
    ['two points of success less', { ...healthy, successRatio: 0.98 }, true],
    ['three points of success less', { ...healthy, successRatio: 0.97 }, false],
    ['twice the latency and 50 ms', { ...healthy, p95Ms: 250 }, true],
    ['more than that', { ...healthy, p95Ms: 251 }, false],
    ['no latency that could be measured', { ...healthy, p95Ms: Number.POSITIVE_INFINITY }, false],
    ['nobody asked', { ...healthy, requests: 0 }, false],
  ])('%s', (_what, now, expected) => {
    expect(isHealthy(now, healthy)).toBe(expected);
  });
});
