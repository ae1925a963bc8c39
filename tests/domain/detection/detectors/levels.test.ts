// Detectors of levels: a share that is too high for too long, and growth that will reach its limit.

import { describe, expect, it } from 'vitest';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { LogTemplate } from '../../../../domain/detection/detectors/log-template.ts';
import { Threshold } from '../../../../domain/detection/detectors/threshold.ts';
import { Trend } from '../../../../domain/detection/detectors/trend.ts';
import { plainBytes } from '../../../../domain/detection/names.ts';

const config = detectionConfigSchema.parse({});

describe('a threshold with duration', () => {
  const rule = { limit: 0.9, release: 0.85, durationMs: 3_000, minSamples: 3 };
  const judge = (levels: readonly number[], stepMs = 1_000, firing = false, atLeast = 0) => {
    const detector = new Threshold();
    return levels.map((level, index) =>
      detector.judge(
        {
          atMs: index * stepMs,
          level,
          atLeast,
          expected: 0.9,
          seen: level,
          severity: 'warning',
          direction: 'up',
          summary: () => 'full',
        },
        rule,
        firing,
      ),
    );
  };
  const confirmed = (judgements: ReturnType<typeof judge>) =>
    judgements.map((judgement) => judgement.kind === 'deviating' && judgement.confirmed);

  it('needs both time and samples', () => {
    expect(confirmed(judge([0.95, 0.95, 0.95, 0.95]))).toEqual([false, false, false, true]);
    expect(confirmed(judge([0.95, 0.95, 0.95], 60_000))).toEqual([false, false, true]);
  });

  it('begins anew after every sample below', () => {
    expect(confirmed(judge([0.95, 0.95, 0.5, 0.95, 0.95, 0.95]))).not.toContain(true);
  });

  it('does not flap around the limit, and leaves alone what was always so high', () => {
    expect(judge([0.87], 1_000, true)[0]?.kind).toBe('deviating');
    expect(judge([0.84], 1_000, true)[0]?.kind).toBe('normal');
    expect(confirmed(judge(new Array(20).fill(0.93), 1_000, false, 0.97))).not.toContain(true);
  });
});

describe('a trend', () => {
  const mb = 1_000_000;
  const run = (valueAt: (second: number) => number, seconds: number, stepS = 1) => {
    const trend = new Trend('memory', 'shop', plainBytes, config.trend);
    let firing = false;
    const out: { second: number; kind: string; onsetMs?: number }[] = [];
    for (let second = 0; second < seconds; second += stepS) {
      const judgement = trend.judge(second * 1_000, valueAt(second) * mb, 512 * mb, config.trend, firing);
      if (judgement.kind === 'deviating') firing = true;
      out.push({
        second,
        kind: judgement.kind,
        ...(judgement.kind === 'deviating' ? { onsetMs: judgement.onsetMs } : {}),
      });
    }
    return out;
  };
  const wobble = (second: number) => 3 * Math.sin(second * 1.7);
  const found = (out: ReturnType<typeof run>) => out.find(({ kind }) => kind === 'deviating');

  it('finds a leak that kills within minutes, and when it began', () => {
    const first = found(run((second) => 150 + wobble(second) + (second > 40 ? 5 * (second - 40) : 0), 80));
    expect(first?.second).toBeLessThanOrEqual(52);
    expect(Math.abs((first?.onsetMs ?? 0) - 40_000)).toBeLessThanOrEqual(2_500);
  });

  it('finds a slow leak at a slow sample interval', () => {
    const first = found(run((second) => 200 + wobble(second) + second / 20, 5_400, 30));
    expect(first?.second).toBeGreaterThan(300);
    expect(first?.second).toBeLessThan(3_600);
  });

  it('is not fooled by warm-up, noise, a step, or a sawtooth that comes back by itself', () => {
    expect(
      found(run((second) => 80 + 150 * (1 - Math.exp(-second / 40)) + wobble(second), 900)),
    ).toBeUndefined();
    expect(found(run((second) => 200 + 10 * wobble(second), 900))).toBeUndefined();
    expect(found(run((second) => (second < 60 ? 100 : 300) + wobble(second), 900))).toBeUndefined();
    expect(found(run((second) => 150 + (second % 40) * 2, 900))).toBeUndefined();
  });

  it('is over when the memory was given back', () => {
    const out = run((second) => (second < 40 ? 150 : second < 70 ? 150 + 5 * (second - 40) : 150), 90);
    expect(out.at(-1)?.kind).toBe('normal');
    expect(out.find(({ second }) => second === 69)?.kind).toBe('deviating');
  });
});

describe('a log template', () => {
  const run = (
    countAt: (second: number) => number,
    seconds: number,
    severityNumber: number,
    knownSinceMs = -60_000,
  ) => {
    const detector = new LogTemplate('shop', 'abcdef0123', knownSinceMs);
    return Array.from({ length: seconds }, (_, second) => {
      const count = countAt(second);
      if (count > 0) detector.add(second * 1_000, count);
      return detector.judge(second * 1_000, severityNumber, config.logs, false);
    });
  };
  const found = (judgements: ReturnType<typeof run>) => judgements.find(({ kind }) => kind === 'deviating');

  it('of errors that is new is found after a handful of records', () => {
    expect(found(run(() => 1, 20, 17))).toMatchObject({ severity: 'warning', expected: 0, seen: 5 });
  });

  it('is learnt while its service is new', () => {
    expect(found(run(() => 1, 300, 17, 0))).toBeUndefined();
  });

  it('is found again when it comes much more often', () => {
    expect(found(run((second) => (second < 100 ? 1 : 20), 110, 17, 0))).toMatchObject({
      severity: 'warning',
    });
    expect(found(run((second) => (second < 100 ? 1 : 2), 200, 17, 0))).toBeUndefined();
  });

  it('that is no error is a hint, and only in a storm', () => {
    expect(found(run(() => 5, 60, 9))).toBeUndefined();
    expect(found(run(() => 50, 60, 9))).toMatchObject({ severity: 'info' });
  });
});
