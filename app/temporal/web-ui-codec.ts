// How Temporal's Web UI reads encrypted incidents: its pages ask here, at their own address, and the browser sends the login of the
// dashboard along, because cookies do not look at ports. Who is not logged in gets nothing decoded.

import { tokenIn } from '../../api/session/cookie.ts';
import { csrfTokenOf } from '../../api/session/csrf.ts';
import { csrfHeader } from '../../api/session/way-in.ts';
import type { Fetch } from '../api/http.ts';

/** Where the Web UI's pages find it. */
export const codecPath = '/sentinel/codec';

export type WebUiCodec = {
  /** Whether the browser has a login to show, good or not. Without one its pages need not ask. */
  hasLogin(request: Request): boolean;
  /** Answers `POST /sentinel/codec/decode` as the API does, for the session of the browser. */
  readonly decode: Fetch;
};

export function webUiCodec(api: Fetch, publicUrl: string | undefined): WebUiCodec {
  const loginOf = (request: Request): string | null =>
    tokenIn(request.headers.get('cookie') ?? undefined, dashboardOrigin(request, publicUrl));

  const decode: Fetch = (request, from) => {
    const url = new URL('/api/v1/codec/decode', dashboardOrigin(request, publicUrl));
    const headers = new Headers({ 'content-type': 'application/json' });
    const namespace = request.headers.get('x-namespace');
    if (namespace !== null) headers.set('x-namespace', namespace);
    const cookie = request.headers.get('cookie');
    const token = loginOf(request);
    // Only for a page of the Web UI itself: the proof that the API wants of its own pages is given in its name.
    if (cookie !== null && token !== null && request.headers.get('sec-fetch-site') === 'same-origin') {
      headers.set('cookie', cookie);
      headers.set(csrfHeader, csrfTokenOf(token));
    }
    const { body, signal } = request;
    return api(new Request(url, { method: 'POST', headers, body, signal, duplex: 'half' }), {
      ...from,
      prefix: '',
    });
  };

  return { hasLogin: (request) => loginOf(request) !== null, decode };
}

/** The dashboard has another port, and the same host: the one of `publicUrl`, where a proxy ends TLS, or of this machine. */
function dashboardOrigin(request: Request, publicUrl: string | undefined): URL {
  const here = new URL(request.url);
  const known = publicUrl === undefined ? null : new URL(publicUrl);
  return known !== null && known.hostname === here.hostname ? known : here;
}
