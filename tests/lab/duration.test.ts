import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDurationMs } from '../../lab/scenario/duration.ts';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', '30', 's', '-1s', '1 s', '1h', '1e3s', '30seconds'])('"%s" is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (ms) => {
        expect(parseDurationMs(`${ms}ms`)).toBe(ms);
        expect(parseDurationMs(`${ms}s`)).toBe(ms * 1000);
      }),
    );
  });
});
