/** What holds for every text, whatever is in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedTokens } from '../../../domain/detection/aggregate/masking.ts';
import { mostScanned, redact, redactRecord, redactValue } from '../../../domain/redaction/redact.ts';
import { naughtyStrings } from '../../ingest/support/naughty.ts';
import { alnum, chance, encoded } from './corpus/chance.ts';
import { secrets } from './corpus/secrets.ts';

const random = fc.integer({ min: 1, max: 1_000_000 }).map((seed) => chance(seed)(alnum, 20));
const piece = fc.oneof(
  fc.constantFrom(...secrets.map(({ line }) => line)),
  fc.constantFrom(...naughtyStrings),
  fc.constantFrom(
    'password=',
    '"',
    '\\"',
    "'",
    '{',
    '}',
    '[',
    ']',
    '://',
    '@',
    ':',
    '=',
    'Bearer ',
    '--token ',
    '%3D',
    '[redacted]',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const texts = fc
  .array(piece, { maxLength: 8 })
  .chain((parts) => fc.constantFrom(parts.join(' '), parts.join('')));

describe('redaction', () => {
  it('never fails, and gives the same for what it has already been through', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const once = redact(text);
        expect(redact(once)).toBe(once);
      }),
      { numRuns: 3_000 },
    );
  });

  it('finds a secret wherever it stands in a line', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 8 }), random, fc.lorem({ maxCount: 8 }), (before, secret, after) => {
        for (const text of [`password=${secret}`, `"api_key":"${secret}"`, `Authorization: Bearer ${secret}`])
          expect(redact(`${before} ${text} ${after}`)).not.toContain(secret);
      }),
    );
  });

  it('gives one log template for one statement, whatever the secret was', () => {
    fc.assert(
      fc.property(random, random, (one, other) => {
        const template = (secret: string) =>
          maskedTokens(redact(`login of ada failed with password=${secret} after 3 tries`)).join(' ');
        expect(template(one)).toBe(template(other));
        expect(template(one)).toContain('password=[redacted]');
      }),
    );
  });

  it('keeps nothing that it did not look at', () => {
    const secret = chance(7)(alnum, 24);
    const long = `${'ordinary words '.repeat(2_000)} password=${secret}`;
    expect(redact(long)).not.toContain(secret);
    expect(redact(long).length).toBeLessThanOrEqual(mostScanned);
    expect(redact(long)).toMatch(/\[cut: too long to scan\]$/);
    expect(redact('a'.repeat(mostScanned + 1))).toBe(' [cut: too long to scan]');
  });

  it('sees through what people do not see', () => {
    for (const text of [
      'pass\u200bword=hunter2!',
      'password\u2060=\u00adhunter2!',
      '\u001b[1mpassword\u001b[0m=hunter2!',
      'ｐassword＝hunter2!',
      'pass\u0000word=hunter2!',
    ])
      expect(redact(text)).not.toMatch(/hunter2/);
  });

  it('leaves accents, emoji and other scripts alone where there is no secret', () => {
    for (const text of [
      'Übertragung fehlgeschlagen 👩‍👩‍👧',
      'ﬁnal ½ password reset',
      'データベース接続エラー',
    ])
      expect(redact(text)).toBe(text);
  });

  it('looks into base64', () => {
    const inside = encoded('{"user":"ada","password":"hunter2!"}');
    expect(redact(`body ${inside} refused`)).toBe('body [redacted] refused');
    const harmless = encoded('{"user":"ada","reason":"gone away"}');
    expect(redact(`body ${harmless} refused`)).toBe(`body ${harmless} refused`);
  });

  it('judges a value by the name it belongs to', () => {
    expect(redactValue('db.password', 'swordfish')).toBe('[redacted]');
    expect(redactValue('http.request.header.authorization', 'Basic YWRhOmh1bnRlcjI=')).not.toContain('YWRh');
    expect(redactValue('token_type', 'Bearer')).toBe('Bearer');
    expect(redactValue('messaging.kafka.message.key', 'customer-42')).toBe('customer-42');
    expect(redactValue('session.id', '550e8400-e29b-41d4-a716-446655440000')).toContain('550e8400');
    expect(redactRecord({ 'app.secret': 'x', 'http.route': '/orders' })).toEqual({
      'app.secret': '[redacted]',
      'http.route': '/orders',
    });
  });
});
