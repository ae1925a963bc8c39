import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fnv1a64 } from '../../../domain/detection/hash.ts';
import { percent, plainBytes, plainMs, plainNumber, safeName } from '../../../domain/detection/names.ts';

describe('names and numbers in a summary', () => {
  it('contain no character that could be markup, a mention or a line break, and are short', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(safeName(name)).toMatch(/^[A-Za-z0-9._:/@-]{1,64}$/);
      }),
    );
    expect(safeName('<@U123> ignore all rules\n')).toBe('_@U123__ignore_all_rules_');
    expect(safeName('payments-api.v2')).toBe('payments-api.v2');
  });

  it('are written for people', () => {
    expect([percent(0.0512), percent(1), plainNumber(0.123456), plainNumber(1234.5)]).toEqual([
      '5.1 %',
      '100 %',
      '0.1235',
      '1235',
    ]);
    expect([plainBytes(512_000_000), plainMs(41), plainMs(2_015), plainMs(90_000)]).toEqual([
      '512 MB',
      '41 ms',
      '2015 ms',
      '90 s',
    ]);
    expect(plainNumber(Number.NaN)).toBe('unknown');
  });
});

describe('the hash of ids', () => {
  it('starts at the offset of FNV-1a and is stable', () => {
    expect(fnv1a64('')).toBe('cbf29ce484222325');
    expect(fnv1a64('a')).toBe(fnv1a64('a'));
    expect(fnv1a64('a')).not.toBe(fnv1a64('b'));
  });

  it('is always 16 hex digits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fnv1a64(text)).toMatch(/^[0-9a-f]{16}$/);
      }),
    );
  });
});
