import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText } from '../../ingest/text.ts';
import { naughtyStrings } from './support/naughty.ts';

test('ordinary text stays as it is', () => {
  expect(cleanText('payment failed: café 支払い 💥', 100)).toBe('payment failed: café 支払い 💥');
});

test('control characters, line ends and marks that reorder text become one space', () => {
  expect(cleanText('a\u0000\u0007b\r\n\tc\u202ed\u2066e', 100)).toBe('a b c d e');
});

test('the codes of a terminal leave nothing behind: colours, cursors, titles, links', () => {
  expect(cleanText('\u001b[1;31mred\u001b[0m and \u009b2Kplain', 100)).toBe('red and plain');
  expect(cleanText('\u001b]0;title\u0007ready \u001b]8;;https://x\u001b\\link', 100)).toBe('ready link');
});

test('a cut never leaves half a character', () => {
  expect(cleanText('ab💥', 3)).toBe('ab');
  expect(cleanText('ab\ud83d', 10)).toBe('ab\ufffd');
});

test('any text: bounded, well-formed, without control characters, and cleaning twice changes nothing', () => {
  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...naughtyStrings));
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, maxChars) => {
      const clean = cleanText(text, maxChars);
      expect(clean.length).toBeLessThanOrEqual(maxChars);
      expect(clean.isWellFormed()).toBe(true);
      expect(/\p{Cc}/u.test(clean)).toBe(false);
      expect(cleanText(clean, maxChars)).toBe(clean);
    }),
  );
});
