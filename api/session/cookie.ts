// The session cookie. `__Host-` makes browsers refuse it without Secure, for another path or from a subdomain. On plain
// http a browser may not take a Secure cookie at all, so a request to the loopback interface (where there is no network to
// listen on) gets one of another name without Secure. No other http request gets any.

import { parse, serialize } from 'hono/utils/cookie';
import { isLoopback } from '../http/loopback.ts';

const secureName = '__Host-sentinel';
const localName = 'sentinel-local';

/** Which cookie a request may carry; null where there can be no session (http to another machine). */
export function cookieNameFor(origin: URL): string | null {
  if (origin.protocol === 'https:') return secureName;
  return isLoopback(origin.hostname) ? localName : null;
}

/** The token in a `Cookie` header; null when there is none. */
export function tokenIn(header: string | undefined, origin: URL): string | null {
  const name = cookieNameFor(origin);
  if (header === undefined || name === null) return null;
  return parse(header, name)[name] ?? null;
}

/** A `Set-Cookie` that keeps the token; Strict: no other site's link or form arrives with it. */
export function sessionCookie(token: string, maxAgeSeconds: number, origin: URL): string | null {
  const name = cookieNameFor(origin);
  if (name === null) return null;
  return serialize(name, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'Strict',
    secure: name === secureName,
    maxAge: maxAgeSeconds,
  });
}
