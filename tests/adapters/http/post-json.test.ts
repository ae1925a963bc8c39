import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAfterMs, unwelcome } from '../../../adapters/http/post-json.ts';

const nowMs = Date.UTC(2030, 0, 2, 3, 4, 5);

test.each([
  ['7', 7_000],
  ['0', 0],
  ['86400', 3_600_000],
  ['Wed, 02 Jan 2030 03:04:35 GMT', 30_000],
  ['Wed, 02 Jan 2030 03:00:00 GMT', 0],
  ['soon', null],
  ['-5', null],
  ['', null],
])('Retry-After "%s" is %s', (header, expected) => {
  expect(retryAfterMs(header, nowMs)).toBe(expected);
});

test('any header is null or within an hour', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      (header) => {
        const ms = retryAfterMs(header, nowMs) ?? 0;
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(3_600_000);
      },
    ),
  );
});

test('every status that is no success means something', () => {
  for (let status = 300; status < 600; status += 1) {
    const { kind, reason } = unwelcome({ status, retryAfterMs: null, text: 'a\nb' }, 'it');
    expect(reason).toBe(`it answered ${status}: a b`);
    expect(kind).toBe(
      status >= 500 || [408, 425, 429].includes(status)
        ? 'retry'
        : status < 400 || [401, 403, 404, 405, 407, 410].includes(status)
          ? 'blocked'
          : 'refused',
    );
  }
});
