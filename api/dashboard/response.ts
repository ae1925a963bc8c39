// A page as an answer: HTML with a policy that lets nothing in but our own files.

import type { Html } from './view.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': policy,
  // With `no-referrer` browsers send forms with `Origin: null`, and nothing could be told from it.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
  vary: 'cookie',
} as const;

export async function pageResponse(
  body: Html,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return new Response(String(await body), { status, headers: { ...pageHeaders, ...headers } });
}

export function seeOther(location: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store', ...headers } });
}

/** A path of this server from what a form or an address says; `/` when it says anything else. */
export function ownPath(text: string | undefined): string {
  if (text === undefined || !/^\/(?![/\\])[\x21-\x7e]*$/.test(text) || text.includes('\\')) return '/';
  return text.startsWith('/login') || text.startsWith('/logout') ? '/' : text;
}
