// The session of a request, if it has one, and whether the request may change anything with it.

import type { Principal } from '../ports/principal.ts';
import type { Sessions } from '../ports/sessions.ts';
import { tokenIn } from './cookie.ts';
import { isCsrfTokenOf, isFromOwnPages } from './csrf.ts';

export type SessionDeps = {
  readonly sessions: Sessions;
  /** As people reach this server; needed behind a proxy that ends TLS, where the server itself sees http. */
  readonly publicUrl?: string | undefined;
};

export type BrowserSession = { readonly token: string; readonly principal: Principal };

/** Where the browser thinks it is. */
export function originOf(request: Request, publicUrl: string | undefined): URL {
  const seen = new URL(request.url);
  const known = publicUrl === undefined ? null : new URL(publicUrl);
  return known !== null && known.host === seen.host ? known : seen;
}

/** `used`: a person did this, not a page that keeps itself up to date. */
export async function sessionOf(
  request: Request,
  used: boolean,
  { sessions, publicUrl }: SessionDeps,
): Promise<BrowserSession | null> {
  const cookies = request.headers.get('cookie') ?? undefined;
  const token = tokenIn(cookies, originOf(request, publicUrl));
  const principal = token === null ? null : await sessions.find(token, used);
  return token === null || principal === null ? null : { token, principal };
}

export type ChangeObjection = 'foreign-origin' | 'csrf-token';

/** Why a request with this session must not change anything; null when it may. */
export function objectionToChange(
  request: Request,
  { token }: BrowserSession,
  presentedCsrfToken: string | null,
  publicUrl: string | undefined,
): ChangeObjection | null {
  if (!isFromOwnPages(request.headers, originOf(request, publicUrl))) return 'foreign-origin';
  return presentedCsrfToken !== null && isCsrfTokenOf(token, presentedCsrfToken) ? null : 'csrf-token';
}

/** The login a request was made with, for what goes on after its answer began; null when it carries a key of its own. */
export function sessionHoldOf(
  request: Request,
  deps: SessionDeps | undefined,
): { readonly token: string; holds(): Promise<boolean> } | null {
  if (deps === undefined || request.headers.has('authorization')) return null;
  const { sessions, publicUrl } = deps;
  const token = tokenIn(request.headers.get('cookie') ?? undefined, originOf(request, publicUrl));
  return token === null ? null : { token, holds: async () => (await sessions.find(token, false)) !== null };
}
