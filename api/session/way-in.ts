// The session cookie as a way into the REST API and its streams: what a page of the dashboard may ask for, with the role of
// the key behind it. Changes need the session's token in a header, which another site's page cannot send.

import type { WayIn } from '../http/ways-in.ts';
import { tokenIn } from './cookie.ts';
import { isCsrfTokenOf, isFromOwnPages } from './csrf.ts';
import { originOf, type SessionDeps } from './session.ts';

export const csrfHeader = 'x-csrf-token';

export function browserSession({ sessions, publicUrl }: SessionDeps): WayIn {
  const tokenOf = (request: Request) =>
    tokenIn(request.headers.get('cookie') ?? undefined, originOf(request, publicUrl));
  return {
    async identify(request) {
      const token = tokenOf(request);
      if (token === null) return { kind: 'absent' };
      const reads = request.method === 'GET' || request.method === 'HEAD';
      const principal = await sessions.find(token, !reads);
      return principal === null ? { kind: 'refused', failure: 'unknown' } : { kind: 'known', principal };
    },
    fromOwnPage(request) {
      const token = tokenOf(request);
      const presented = request.headers.get(csrfHeader) ?? '';
      const own = isFromOwnPages(request.headers, originOf(request, publicUrl));
      return own && token !== null && isCsrfTokenOf(token, presented);
    },
  };
}
