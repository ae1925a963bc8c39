/** Foreign text becomes one harmless line. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainLine } from '../../domain/text.ts';

test('line breaks, controls, and marks that hide or reorder text become one space', () => {
  expect(plainLine(' a\n\n## b\u001b[31m\u202ec\u2066d\ufeff\u200be ', 100)).toBe('a ## b [31m c d e');
});

test('a text past the bound is cut, visibly, between characters', () => {
  expect(plainLine('abcdef', 4)).toBe('abc…');
  expect(plainLine('😀😀😀', 2)).toBe('😀…');
  expect(plainLine('abcd', 4)).toBe('abcd');
});

test('any text becomes at most that many well-formed characters on one line', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 1, max: 80 }),
      (text, bound) => {
        const line = plainLine(text, bound);
        expect([...line].length).toBeLessThanOrEqual(bound);
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect(line).toBe(line.trim());
      },
    ),
  );
});

test('a secret in what a system or a person said is replaced before the text is cut', () => {
  expect(plainLine('connect with password=hunter2! failed', 100)).toBe(
    'connect with password=[redacted] failed',
  );
  expect(plainLine('connect with password=hunter2!', 26)).not.toContain('hun');
});
