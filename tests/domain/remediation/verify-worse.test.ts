// A symptom that is much worse after the action than before it is not watched for long.

import { describe, expect, it } from 'vitest';
import { isWorse } from '../../../domain/remediation/verify-worse.ts';
import { askAt, calls, effectSecond, onsetMs, symptom } from './verify-series.ts';

const always = [-190, 240] as const;
const baseline = { level: 0.001, spread: 0, samples: 5_000, atMs: onsetMs };
const errors = symptom('shop', 'errors', { baseline });
/** Of 20 calls a second: 4 fail before the effect, and after it as many as asked. */
const shopWith = (after: (second: number) => number) =>
  calls('shop', always, (second) => ({
    errors: second < 0 ? 0 : second < effectSecond ? 4 : after(second - effectSecond),
  }));
const looks = (after: (second: number) => number) =>
  Array.from({ length: 20 }, (_, second) => askAt(second, { anomalies: [errors], calls: shopWith(after) }));
const settledAt = (after: (second: number) => number) => looks(after).findIndex(({ settled }) => settled);

describe('a symptom after the action', () => {
  it('that is twice as bad as before it is settled sooner than one that stays, and says so', () => {
    const [worse, same] = [settledAt(() => 10), settledAt(() => 4)];
    expect(worse).toBeGreaterThan(3);
    expect(worse).toBeLessThan(same);
    expect(looks(() => 10)[worse]).toMatchObject({
      outcome: 'not-recovered',
      reason: expect.stringMatching(/^Worse than before the action: errors of shop/),
    });
    expect(
      looks(() => 4)
        .map(({ reason }) => reason)
        .join(),
    ).not.toContain('Worse');
  });

  it('that is a little worse is given the time of any other', () => {
    expect(settledAt(() => 6)).toBe(settledAt(() => 4));
  });

  it('that was bad for a moment only, as processes started, is not called worse', () => {
    const burst = looks((second) => (second < 4 ? 20 : 0));
    expect(burst.some(({ settled, outcome }) => settled && outcome === 'not-recovered')).toBe(false);
  });

  it('is not compared where nothing was done', () => {
    const rows = shopWith(() => 10);
    for (let second = 0; second < 20; second += 1) {
      const { reason } = askAt(second, { anomalies: [errors], calls: rows, more: { effectAtMs: null } });
      expect(reason).not.toContain('Worse');
    }
  });
});

describe('worse than before the action', () => {
  const bad = {
    ...{ seriesKey: 's', what: 'errors of shop', samples: 40, freshSeconds: 10, ok: false },
    ...{ before: 1, during: 5, after: 9 },
  };
  const is = (change: object) => isWorse({ ...bad, ...change }, { stillBadSeconds: 20 });

  it('is what is twice as far from normal, upwards or downwards', () => {
    expect(is({})).toBe(true);
    expect(is({ after: 8.9 })).toBe(false);
    expect(is({ before: 20, during: 15, after: 10 })).toBe(true);
  });

  it.each<[string, object]>([
    ['is within what is normal', { ok: true }],
    ['cannot be judged', { ok: null }],
    ['is on its way back', { improving: true }],
    ['was not off before: twice of nothing is everything', { during: 1 }],
    ['is as far off on the other side', { before: 10, during: 15, after: 0 }],
    ['has been seen for less than half of the time', { freshSeconds: 9 }],
    ['has one sample a minute, and less than a minute of them', { intervalMs: 60_000, freshSeconds: 59 }],
  ])('is not what %s', (_what, change) => {
    expect(is(change)).toBe(false);
  });
});
