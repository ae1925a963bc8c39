/** No secret that has a known shape, or no shape at all, leaves in a text; ordinary messages stay readable. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskedTokens } from '../../../domain/detection/aggregate/masking.ts';
import { redactForModel } from '../../../domain/model/redact-for-model.ts';
import { naughtyStrings } from '../../ingest/support/naughty.ts';

const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const lower = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
const of = (alphabet: string, length: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: length, maxLength: length }).map((all) => all.join(''));
/** Looks like chance: letters of both cases and digits, at least two of each. */
const random = (length: number) =>
  of(upper + lower + digits, length).filter((text) =>
    [/[A-Z].*[A-Z]/, /[a-z].*[a-z]/, /\d.*\d/].every((shape) => shape.test(text)),
  );

/** A sentence with a secret in it, and the secret. */
const planted: fc.Arbitrary<{ text: string; secret: string }> = fc.oneof(
  ...[
    'sk-proj-',
    'gsk_',
    'ghp_',
    'github_pat_',
    'xoxb-',
    'glpat-',
    'npm_',
    'AKIA',
    'AIza',
    'sntl_admin_',
    'hf_',
  ].map((prefix) =>
    random(24).map((body) => ({ text: `calling with ${prefix}${body} failed`, secret: body })),
  ),
  ...[
    'password',
    'db_passwd',
    'client_secret',
    'API-KEY',
    'x-api-key',
    'access_token',
    'Cookie',
    'sessionId',
  ].flatMap((key) =>
    [`${key}=`, `${key}: `, `"${key}": "`, `${key} => `, `\\"${key}\\":\\"`].map((start) =>
      fc.oneof(random(9), of(lower, 8)).map((secret) => {
        const quote = /\\?"$/.exec(start)?.[0] ?? '';
        return { text: `request refused ${start}${secret}${quote}, status 401`, secret };
      }),
    ),
  ),
  random(12).map((secret) => ({
    text: `connect postgres://app:${secret}@db.internal:5432/x refused`,
    secret,
  })),
  random(30).map((secret) => ({ text: `Authorization header was Bearer ${secret}`, secret })),
  random(40).map((secret) => ({ text: `sent eyJhbGciOiJIUzI1NiJ9.${secret}.${secret} to peer`, secret })),
  random(10).map((secret) => ({ text: `invalid password ${secret} for user`, secret })),
  of(lower, 9).map((secret) => ({ text: `the password is ${secret}`, secret })),
  random(32).map((secret) => ({ text: `handshake ${secret} rejected`, secret })),
  of(lower, 8).map((secret) => ({ text: `mail to ${secret}@example.org bounced`, secret })),
  random(20).map((secret) => ({ text: `GET https://api.example.org/v1?sig=${secret} 403`, secret })),
);

describe('redaction', () => {
  it('leaves no planted secret in the text, wherever it stands', () => {
    fc.assert(
      fc.property(planted, fc.lorem({ maxCount: 6 }), fc.boolean(), ({ text, secret }, before, hidden) => {
        const cloaked = hidden ? text.replace(secret, [...secret].join('\u200b')) : text;
        expect(redactForModel(`${before} ${cloaked}`) ?? '').not.toContain(secret);
      }),
      { numRuns: 1_500 },
    );
  });

  it('leaves none in a text whose numbers were masked before, as templates are', () => {
    fc.assert(
      fc.property(planted, ({ text, secret }) => {
        const template = maskedTokens(text).join(' ');
        const longestLeft = secret.split(/\d+/).reduce((a, b) => (b.length > a.length ? b : a), '');
        fc.pre(longestLeft.length >= 4);
        expect(redactForModel(template) ?? '').not.toContain(longestLeft);
      }),
      { numRuns: 1_500 },
    );
  });

  it('cuts what goes on behind a masked number, too', () => {
    expect(redactForModel('calling with sntl_admin_AAAAAAAAA<n>AA<n>AAAAcdAAAAA failed')).toBe(
      'calling with [redacted] failed',
    );
  });

  it('is total and idempotent, and answers in one visible line', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 1_500 }),
      fc.constantFrom(...naughtyStrings),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const once = redactForModel(text);
        if (once === null) return;
        expect(redactForModel(once)).toBe(once);
        expect(once).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(once.length).toBeLessThanOrEqual(1_200);
      }),
    );
  });

  it.each([
    'connection pool exhausted after <n>ms, <n> waiting',
    'password authentication failed for user <text>',
    'upstream returned <n> for GET /api/orders/<n>',
    'java.lang.NullPointerException at com.acme.orders.CheckoutController.handleRequest',
    'token expired <n>s ago',
    'OOMKilled: container orders-v<n> exceeded memory limit',
  ])('keeps %s', (text) => {
    expect(redactForModel(text)).toBe(text);
  });

  it.each([
    ['-----BEGIN RSA PRIVATE KEY----- MIIEow', null],
    ['the password is swordfish', null],
    ['invalid token "abc"', null],
    ['password=my dog is brown', 'password=[redacted]'],
    ['{"user":"ada","password":"x y","ok":false}', '{"user":"ada","password":[redacted],"ok":false}'],
    ['from 10.1.2.3 to fe80::1', 'from [ip] to [ip]'],
    ['card 4111 1111 1111 1111 declined', 'card [number] declined'],
  ])('makes of %s: %s', (text, expected) => {
    expect(redactForModel(text)).toBe(expected);
  });
});
