// Which cookie counts where, what proves that a page of ours asked, and how long a login link lives.

import { describe, expect, test } from 'vitest';
import { isLoopback } from '../../../api/http/loopback.ts';
import { cookieNameFor, sessionCookie, tokenIn } from '../../../api/session/cookie.ts';
import { csrfTokenOf, isCsrfTokenOf } from '../../../api/session/csrf.ts';
import { createLoginLinks } from '../../../api/session/login-links.ts';
import { objectionToChange, originOf, sessionOf } from '../../../api/session/session.ts';

const principal = { keyId: 'k', name: 'ada', role: 'operator', person: 'ada' } as const;
const token = 'T'.repeat(43);
const session = { token, principal };

describe('the cookie', () => {
  test('over https: __Host-, Secure, HttpOnly, Strict', () => {
    const cookie = sessionCookie(token, 60, new URL('https://sentinel.example'));
    expect(cookie).toBe(`__Host-sentinel=${token}; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict`);
  });

  test.each(['localhost', '127.0.0.1', '127.8.9.1', '[::1]', 'app.localhost'])(
    'over http to %s: another name, not Secure',
    (host) => {
      const cookie = sessionCookie(token, 60, new URL(`http://${host}:4500`));
      expect(cookie).toBe(`sentinel-local=${token}; Max-Age=60; Path=/; HttpOnly; SameSite=Strict`);
    },
  );

  test.each([
    'sentinel.example',
    '192.168.1.5',
    'localhost.example',
    '127.0.0.1.example',
    '0.0.0.0',
    'xlocalhost',
  ])('over http to %s: none at all', (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(sessionCookie(token, 60, new URL(`http://${host}`))).toBeNull();
    expect(
      tokenIn(`sentinel-local=${token}; __Host-sentinel=${token}`, new URL(`http://${host}`)),
    ).toBeNull();
  });

  test('the local one does not count over https, nor the secure one over http', () => {
    expect(tokenIn(`sentinel-local=${token}`, new URL('https://localhost'))).toBeNull();
    expect(tokenIn(`__Host-sentinel=${token}`, new URL('http://localhost'))).toBeNull();
    expect(tokenIn(`a=b; __Host-sentinel=${token}`, new URL('https://x.example'))).toBe(token);
  });

  test('behind a proxy that ends TLS the public address counts, for that host only', () => {
    const request = (host: string) => new Request(`http://${host}/`);
    const publicUrl = 'https://sentinel.example';
    expect(cookieNameFor(originOf(request('sentinel.example'), publicUrl))).toBe('__Host-sentinel');
    expect(cookieNameFor(originOf(request('elsewhere.example'), publicUrl))).toBeNull();
  });
});

describe('a request with a session', () => {
  const request = (headers: Record<string, string>) => new Request('http://localhost:4500/x', { headers });
  const csrf = csrfTokenOf(token);

  test('finds its principal; the store is not asked without a cookie', async () => {
    const asked: unknown[] = [];
    const sessions = {
      open: async () => null,
      openFor: async () => null,
      end: async () => {},
      find: async (given: string, used: boolean) => {
        asked.push([given, used]);
        return principal;
      },
    };
    expect(await sessionOf(request({}), true, { sessions })).toBeNull();
    expect(await sessionOf(request({ cookie: 'other=1' }), true, { sessions })).toBeNull();
    expect(asked).toEqual([]);
    expect(await sessionOf(request({ cookie: `sentinel-local=${token}` }), true, { sessions })).toEqual(
      session,
    );
    expect(asked).toEqual([[token, true]]);
  });

  test('may change something from its own page with its own token', () => {
    const own = { origin: 'http://localhost:4500', 'sec-fetch-site': 'same-origin' };
    expect(objectionToChange(request(own), session, csrf, undefined)).toBeNull();
    expect(objectionToChange(request({}), session, csrf, undefined)).toBeNull();
  });

  test.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:4501' },
    { origin: 'https://localhost:4500' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:4500', 'sec-fetch-site': 'cross-site' },
  ])('may not from elsewhere: %j', (headers) => {
    expect(objectionToChange(request(headers as Record<string, string>), session, csrf, undefined)).toBe(
      'foreign-origin',
    );
  });

  test.each([null, '', 'x', csrfTokenOf('U'.repeat(43)), `${csrf}x`, token])(
    'may not with the token %j',
    (presented) => {
      expect(objectionToChange(request({}), session, presented, undefined)).toBe('csrf-token');
    },
  );

  test('the token of a session says nothing of the session', () => {
    expect(isCsrfTokenOf(token, csrf)).toBe(true);
    expect(csrf).not.toContain(token);
  });
});

describe('a login link', () => {
  test('works once', () => {
    const links = createLoginLinks(() => 0);
    const secret = links.create('the-key');
    expect(links.redeem(secret)).toBe('the-key');
    expect(links.redeem(secret)).toBeNull();
  });

  test('works for five minutes', () => {
    let now = 0;
    const links = createLoginLinks(() => now);
    const [early, late] = [links.create('the-key'), links.create('the-key')];
    now = 5 * 60_000 - 1;
    expect(links.redeem(early)).toBe('the-key');
    now += 1;
    expect(links.redeem(late)).toBeNull();
  });

  test.each(['', 'the-key', 'x'.repeat(43), '__proto__'])('is not guessed with %j', (secret) => {
    const links = createLoginLinks(() => 0);
    links.create('the-key');
    expect(links.redeem(secret)).toBeNull();
  });
});
