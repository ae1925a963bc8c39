import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { RobustWindow } from '../../../../domain/detection/detectors/robust-window.ts';
import { RobustZ } from '../../../../domain/detection/detectors/robust-z.ts';

const config = detectionConfigSchema.parse({});

function windowOf(values: readonly number[], stepMs = 1_000): RobustWindow {
  const window = new RobustWindow();
  for (const [index, value] of values.entries()) window.learn(index * stepMs, value, config.baseline);
  return window;
}

describe('the window of usual values', () => {
  it('has median and robust deviation', () => {
    const window = windowOf([1, 2, 3, 4, 100]);
    expect(window.median).toBe(3);
    expect(window.sigma).toBeCloseTo(1.4826, 4);
    expect(window.range).toBe(99);
  });

  it('is ready after enough samples, or after fewer over a long time', () => {
    expect(windowOf(new Array(14).fill(1)).ready(config.baseline)).toBe(false);
    expect(windowOf(new Array(15).fill(1)).ready(config.baseline)).toBe(true);
    expect(windowOf(new Array(6).fill(1), 60_000).ready(config.baseline)).toBe(true);
  });

  it('covers minutes once it is full, and forgets what is older', () => {
    const window = windowOf(Array.from({ length: 64 }, () => 1));
    for (let second = 64; second < 400; second += 1) window.learn(second * 1_000, 2, config.baseline);
    expect(window.median).toBe(2);
    expect(window.range).toBe(0);
    const early = windowOf(Array.from({ length: 64 }, () => 1));
    for (let second = 64; second < 100; second += 1) early.learn(second * 1_000, 2, config.baseline);
    expect(early.median).toBe(1);
  });

  it('is copied without sharing', () => {
    const window = windowOf([1, 1, 1]);
    const copy = window.copy();
    copy.learn(10_000, 50, config.baseline);
    copy.learn(11_000, 50, config.baseline);
    copy.learn(12_000, 50, config.baseline);
    copy.learn(13_000, 50, config.baseline);
    expect([window.median, copy.median]).toEqual([1, 50]);
  });

  it('keeps what was normal before it is relearnt, one step back, and takes it up again', () => {
    const window = windowOf(new Array(20).fill(1));
    for (const level of [2, 3]) {
      window.relearn();
      expect(window.ready(config.baseline)).toBe(false);
      for (let second = 0; second < 20; second += 1) window.learn(second * 1_000, level, config.baseline);
    }
    expect([window.median, window.former?.median, window.former?.former]).toEqual([3, 2, null]);
    window.comeBack();
    expect([window.median, window.former]).toEqual([2, null]);
    window.comeBack();
    expect(window.median).toBe(2);
  });

  it('has its median between its extremes, for any values', () => {
    const value = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 64 }), (values) => {
        const { median, sigma } = windowOf(values);
        expect(median).toBeGreaterThanOrEqual(Math.min(...values));
        expect(median).toBeLessThanOrEqual(Math.max(...values));
        expect(sigma).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the robust z-score', () => {
  const window = windowOf(Array.from({ length: 30 }, (_, index) => 100 + (index % 5)));
  const judge = (values: readonly number[], direction: 'up' | 'down' | 'both' = 'both') => {
    const detector = new RobustZ('shop', 'app.queue', direction);
    return values.map((value, index) => detector.judge(index * 1_000, value, window, config, false));
  };

  it('says nothing before it knows what is usual', () => {
    const judgement = new RobustZ('shop', 'm', 'both').judge(0, 1e9, windowOf([1, 2]), config, false);
    expect(judgement.kind).toBe('learning');
  });

  it('finds a level that stays far away, dated to its first sample', () => {
    const judgements = judge([101, 300, 300, 300, 300, 300]);
    expect(judgements[0]?.kind).toBe('normal');
    expect(judgements.at(-2)).toMatchObject({ kind: 'deviating', confirmed: false });
    expect(judgements.at(-1)).toMatchObject({
      confirmed: true,
      onsetMs: 1_000,
      direction: 'up',
      seen: 300,
      severity: 'info',
    });
  });

  it('does not find single outliers, small changes, or the direction that does no harm', () => {
    const confirmed = (values: number[], direction?: 'up' | 'down') =>
      judge(values, direction).some((judgement) => judgement.kind === 'deviating' && judgement.confirmed);
    expect(confirmed([300, 101, 300, 101, 300, 101, 300])).toBe(false);
    expect(confirmed(new Array(20).fill(120))).toBe(false);
    expect(confirmed(new Array(20).fill(1), 'up')).toBe(false);
    expect(confirmed(new Array(20).fill(1), 'down')).toBe(true);
  });

  it('that goes back to what was usual before the window was relearnt finds nothing, but more than that', () => {
    const find = (values: readonly number[]) => {
      const own = windowOf(Array.from({ length: 30 }, (_, index) => 100 + (index % 5)));
      const detector = new RobustZ('shop', 'app.queue', 'both');
      own.relearn();
      for (let second = 0; second < 30; second += 1) own.learn(second * 1_000, 1, config.baseline);
      return values.map((value, index) => detector.judge(index * 1_000, value, own, config, false).kind);
    };
    expect(find([101, 103, 60, 100])).toEqual(['normal', 'normal', 'normal', 'normal']);
    expect(find([300])).toEqual(['deviating']);
    expect(find([-300])).toEqual(['deviating']);
  });

  it('does not explode on a flat series', () => {
    const flat = windowOf(new Array(30).fill(1_000));
    const detector = new RobustZ('shop', 'm', 'both');
    const judgements = Array.from({ length: 9 }, (_, index) =>
      detector.judge(index, 1_010, flat, config, false),
    );
    expect(judgements.every(({ kind }) => kind === 'normal')).toBe(true);
  });
});
