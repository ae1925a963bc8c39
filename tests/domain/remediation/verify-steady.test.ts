// Well for a moment is not well: looks in a row, symptoms that come and go, rates, alerts from outside, slow samples.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restlessMs } from '../../../domain/remediation/verify-flapping.ts';
import type { CallBucket } from '../../../domain/telemetry.ts';
import {
  type Asked,
  askAt,
  calls,
  effectSecond,
  gauges,
  onsetMs,
  outcomes,
  report,
  symptom,
} from './verify-series.ts';

const always = [-190, 240] as const;
const baseline = { level: 0.001, spread: 0, samples: 5_000, atMs: onsetMs };
const errors = symptom('shop', 'errors', { baseline });
/** Errors until the effect, and as asked after it. */
const shopWith = (errorsAt: (second: number) => number) =>
  calls('shop', always, (second) => ({
    errors: second < 0 ? 0 : second < effectSecond ? 8 : errorsAt(second - effectSecond),
  }));

describe('a symptom that comes and goes', () => {
  it.each([
    [4, 8],
    [3, 20],
    [10, 40],
  ])('%i s bad and %i s good is never recovered', (bad, good) => {
    const rows = shopWith((second) => (second % (bad + good) < bad ? 8 : 0));
    // From the second bout on: nobody can tell the first pause from an end.
    const looks = Array.from({ length: 80 }, (_, index) =>
      askAt(bad + good + bad + index * 2, { anomalies: [errors], calls: rows }),
    );
    expect(looks.map(({ outcome }) => outcome)).not.toContain('recovered');
  });

  it('is not recovered either when it is slowness', () => {
    const slow = symptom('shop', 'latency', {
      ...{
        metric: 'calls.server.latency-p50',
        expected: 20,
        baseline: { ...baseline, level: 20, spread: 2 },
      },
    });
    const rows = calls('shop', always, (second) =>
      second >= 0 && second % 15 < 4 ? { latencyP50Ms: 200, latencyP95Ms: 400 } : {},
    );
    const looks = Array.from({ length: 60 }, (_, index) =>
      askAt(16 + index * 2, { anomalies: [slow], calls: rows }),
    );
    expect(looks.map(({ outcome }) => outcome)).not.toContain('recovered');
  });

  it('is recovered when it has stayed away for longer than ever before, and says how long that takes', () => {
    const rows = shopWith((second) => (second < 30 && second % 12 < 4 ? 8 : 0));
    const early = askAt(40, { anomalies: [errors], calls: rows });
    expect(early).toMatchObject({ outcome: 'unverified', settled: false });
    expect(early.reason).toMatch(/came and went before; it has to stay away for \d+ s more/);
    expect(askAt(50, { anomalies: [errors], calls: rows }).outcome).toBe('recovered');
  });

  it('pauses only where samples show it: seconds that nobody saw are no pause', () => {
    const moments = (...bad: (readonly [number, boolean])[]) =>
      bad.map(([second, is]) => ({ atMs: second * 1_000, bad: is }));
    expect(restlessMs(moments([0, true], [1, false], [900, true], [901, false]), 905_000, 1_000)).toBe(0);
    expect(restlessMs(moments([0, true], [1, false], [5, false], [9, true]), 12_000, 1_000)).toBe(10_000);
  });
});

describe('looks in a row', () => {
  it('one good window is not enough; how many are is a setting', () => {
    const rows = shopWith(() => 0);
    const first = (goodLooks: number) =>
      Array.from({ length: 40 }, (_, second) => second).find(
        (second) =>
          askAt(second, { anomalies: [errors], calls: rows, settings: { goodLooks } }).outcome ===
          'recovered',
      );
    const [one, three, six] = [first(1), first(3), first(6)] as [number, number, number];
    expect(three - one).toBe(3);
    expect(six - one).toBe(9);
  });

  it('say how many there were', () => {
    const rows = shopWith((second) => (second < 9 ? 1 : 0));
    const reasons = Array.from(
      { length: 30 },
      (_, second) => askAt(second, { anomalies: [errors], calls: rows }).reason,
    );
    expect(
      reasons.filter((reason) => /^Normal for [12] of 3 looks in a row: errors of shop/.test(reason)),
    ).not.toEqual([]);
  });
});

describe('a rate', () => {
  const everySecond = (asked: Asked) =>
    Array.from({ length: 40 }, (_, second) => askAt(second, asked).outcome);
  const gone = symptom('shop', 'absence', { detector: 'absence', seriesKey: 'absence/test/shop/' });

  it('is not told from one call without a past', () => {
    const rows = [
      ...calls('shop', [effectSecond + 12, effectSecond + 13], { count: 1 }),
      ...calls('other', always, {}),
    ];
    expect(everySecond({ anomalies: [gone], calls: rows, settings: { goodLooks: 1 } })).not.toContain(
      'recovered',
    );
    const many = [...calls('shop', [effectSecond, 100], { count: 20 }), ...calls('other', always, {})];
    expect(askAt(40, { anomalies: [gone], calls: many }).outcome).toBe('recovered');
  });

  it('is not told from one call at the end of a silence', () => {
    const rows = calls('shop', always, (second) => (second < 0 || second === effectSecond + 20 ? {} : null));
    expect(everySecond({ anomalies: [gone], calls: rows, settings: { goodLooks: 1 } })).not.toContain(
      'recovered',
    );
  });

  it('that fell from a thousand calls a second to two is not well', () => {
    const rows = calls('shop', always, (second) =>
      second < 0 ? { count: 1_000 } : second < effectSecond ? { count: 500, errors: 400 } : { count: 2 },
    );
    const asked = { anomalies: [errors], calls: rows };
    expect(outcomes(asked)).not.toContain('recovered');
    expect(askAt(40, asked)).toMatchObject({ outcome: 'not-recovered', settled: true });
    expect(askAt(40, asked).reason).toContain('calls of shop');
  });

  const quieter = (service: string) =>
    calls(service, always, (second) => ({
      count: second < effectSecond ? 100 : 20,
      errors: service === 'shop' && second >= 0 && second < effectSecond ? 50 : 0,
    }));

  it.each([
    ['its callers get less too', [{ caller: 'web', callee: 'shop' }], ['web', 'news']],
    ['its unconcerned neighbours get less too', [], ['news', 'mail']],
  ] as const)('that is lower because %s is well', (_, edges, others) => {
    const rows = [...quieter('shop'), ...others.flatMap((service) => quieter(service))];
    expect(askAt(40, { anomalies: [errors], calls: rows, more: { edges } }).outcome).toBe('recovered');
    const busy = [...quieter('shop'), ...others.flatMap((service) => calls(service, always, { count: 100 }))];
    expect(askAt(40, { anomalies: [errors], calls: busy, more: { edges } }).outcome).toBe('not-recovered');
  });
});

it('a lower rate hours later, with nobody to compare with, is no sign of illness', () => {
  const hours = 3 * 3_600;
  const rows = [
    ...calls('shop', [-190, 60], (second) => ({ count: 100, errors: second < 0 ? 0 : 50 })),
    ...calls('shop', [hours, hours + 60], { count: 10 }),
  ];
  const effectAtMs = onsetMs + hours * 1_000;
  const nowMs = effectAtMs + 40_000;
  const asked = { anomalies: [errors], calls: rows.filter(({ atMs }) => atMs < nowMs - 2_000) };
  expect(askAt(hours + 60, { ...asked, more: { effectAtMs, nowMs } }).outcome).toBe('recovered');
});

describe('an alert from outside', () => {
  const rows = shopWith(() => 0);

  it('that is critical and still fires keeps the incident open, whatever else is well', () => {
    const result = askAt(60, { anomalies: [errors, report('firing')], calls: rows });
    expect(result).toMatchObject({ outcome: 'unverified', settled: false });
    expect(result.reason).toContain('critical alert on shop (still firing where it was reported)');
    expect(
      askAt(60, { anomalies: [errors, report('firing', { severity: 'warning' })], calls: rows }).outcome,
    ).toBe('recovered');
  });

  it('that was resolved counts, once it has stayed so for as long as a symptom has to', () => {
    expect(askAt(60, { anomalies: [errors, report('cleared')], calls: rows }).outcome).toBe('recovered');
    expect(askAt(60, { anomalies: [report('cleared')], calls: rows }).outcome).toBe('recovered');
    const just = report('cleared', { clearedMs: onsetMs + (effectSecond + 58) * 1_000 });
    expect(askAt(60, { anomalies: [just], calls: rows }).outcome).toBe('unverified');
    const failing = shopWith(() => 8);
    expect(askAt(60, { anomalies: [report('cleared')], calls: failing }).outcome).not.toBe('recovered');
  });

  it('of two the one that still fires counts', () => {
    const both = [report('cleared'), report('firing', { id: 'external-2', seriesKey: 'alert|shop|2' })];
    expect(askAt(60, { anomalies: both, calls: rows }).outcome).toBe('unverified');
  });
});

describe('samples that come once a minute', () => {
  const slowly = [-600, 1_200] as const;
  const perMinute = (errorsAt: (second: number) => number) =>
    calls('shop', slowly, (second) => ({ count: 1_200, errors: errorsAt(second) }), 60);
  const cured = perMinute((second) => (second >= 0 && second < effectSecond + 60 ? 400 : 0));

  it('are enough in the end, and until then it is said how long it takes', () => {
    const early = askAt(100, { anomalies: [errors], calls: cured });
    expect(early.outcome).toBe('unverified');
    expect(early.reason).toContain('needs about 10 min at this interval: a sample every 60 s');
    expect(askAt(600, { anomalies: [errors], calls: cured }).outcome).toBe('recovered');
  });

  it('show what is still bad, but the first one sums up the time before the effect', () => {
    const bad = perMinute((second) => (second >= 0 ? 400 : 0));
    expect(askAt(70, { anomalies: [errors], calls: bad }).outcome).toBe('unverified');
    expect(askAt(400, { anomalies: [errors], calls: bad })).toMatchObject({
      outcome: 'not-recovered',
      settled: true,
    });
  });

  it('are the same for the resources of a service', () => {
    const metric = 'process.cpu.utilization';
    const cpu = symptom('shop', 'cpu', {
      detector: 'threshold',
      metric,
      seriesKey: 'x',
      expected: 0.1,
      seen: 0.95,
    });
    const metrics = gauges(
      'shop',
      slowly,
      metric,
      (second) => (second >= 0 && second < effectSecond ? 0.95 : 0.1),
      60,
    );
    expect(askAt(120, { anomalies: [cpu], metrics }).outcome).toBe('unverified');
    expect(askAt(600, { anomalies: [cpu], metrics }).outcome).toBe('recovered');
  });
});

it('samples of other metrics are no samples of the resource', () => {
  const metric = 'process.cpu.utilization';
  const cpu = symptom('shop', 'cpu', {
    detector: 'threshold',
    metric,
    seriesKey: 'x',
    expected: 0.1,
    seen: 0.95,
  });
  const metrics = [
    ...gauges('shop', [-190, effectSecond], metric, (second) => (second < 0 ? 0.1 : 0.95)),
    ...gauges('shop', [effectSecond + 12, effectSecond + 13], metric, 0.1),
    ...gauges('shop', always, 'app.queue', 1),
  ];
  expect(outcomes({ anomalies: [cpu], metrics })).not.toContain('recovered');
});

describe('always', () => {
  const bad = fc.array(fc.integer({ min: 0, max: 45 }), { minLength: 1, maxLength: 45 });
  const spoil = (rows: readonly CallBucket[], seconds: readonly number[]) =>
    rows.map((row) =>
      seconds.includes(Math.round((row.atMs - onsetMs) / 1_000) - effectSecond)
        ? { ...row, errors: row.count }
        : row,
    );

  it('more failures after the effect never turn into a recovery what was certainly none', () => {
    fc.assert(
      fc.property(bad, bad, fc.integer({ min: 5, max: 50 }), (first, more, second) => {
        const rows = spoil(
          shopWith(() => 0),
          first,
        );
        const was = askAt(second, { anomalies: [errors], calls: rows }).outcome;
        const is = askAt(second, { anomalies: [errors], calls: spoil(rows, more) }).outcome;
        if (was === 'not-recovered') expect(is).not.toBe('recovered');
      }),
      { numRuns: 150 },
    );
  });

  it('a second that failed within the looks in a row forbids a recovery', () => {
    fc.assert(
      fc.property(
        bad,
        fc.integer({ min: 20, max: 50 }),
        fc.integer({ min: 0, max: 9 }),
        (first, second, ago) => {
          const newest = second - 3;
          const rows = spoil(
            shopWith(() => 0),
            [...first, newest - ago],
          );
          expect(askAt(second, { anomalies: [errors], calls: rows }).outcome).not.toBe('recovered');
        },
      ),
      { numRuns: 150 },
    );
  });

  it('a worse past never makes a recovery of what was none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 8 }), (past, now) => {
        const rows = calls('shop', always, (second) => ({
          errors: second < 0 ? past : second < effectSecond ? 8 : now,
        }));
        const clean = calls('shop', always, (second) => ({
          errors: second < 0 ? 0 : second < effectSecond ? 8 : now,
        }));
        const { outcome } = askAt(40, { anomalies: [errors], calls: rows });
        expect(outcome === 'recovered').toBe(
          askAt(40, { anomalies: [errors], calls: clean }).outcome === 'recovered',
        );
      }),
      { numRuns: 60 },
    );
  });
});
