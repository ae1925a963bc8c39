// Proof that a change was asked for by a page of ours. Three locks, each enough by itself in today's browsers: the cookie is
// SameSite=Strict, the browser says where the request comes from, and the form carries a token of this very session.

import { createHash, timingSafeEqual } from 'node:crypto';

/** Made from the session's token, which only the server and an HttpOnly cookie know: nothing more has to be stored. */
export function csrfTokenOf(sessionToken: string): string {
  return createHash('sha256').update(`csrf ${sessionToken}`).digest('base64url');
}

export function isCsrfTokenOf(sessionToken: string, presented: string): boolean {
  const wanted = Buffer.from(csrfTokenOf(sessionToken));
  const given = Buffer.from(presented);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** False when the browser says that another site's page sent this. Programs say nothing of the kind. */
export function isFromOwnPages(headers: Headers, origin: URL): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  const sender = headers.get('origin');
  return sender === null || sender === origin.origin;
}
