// The ways to say who is calling, tried in order: the first that a request uses decides.

import type { ApiKeys } from '../ports/keys.ts';
import type { Principal } from '../ports/principal.ts';

/** What a way makes of a request. `absent`: the request does not use this way; the next one is asked. */
export type Identified =
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly failure: 'malformed' | 'unknown' }
  | { readonly kind: 'known'; readonly principal: Principal };

export type WayIn = {
  identify(request: Request): Promise<Identified>;
  /**
   * Present on ways that a browser uses by itself (a cookie): whether the request was made by a page of ours. Asked
   * before anything is changed; without it a page of somebody else could act in a person's name.
   */
  readonly fromOwnPage?: (request: Request) => boolean;
};

/** The token68 characters of RFC 9110, bounded: nothing longer can be a key of ours. */
const keyPattern = /^[A-Za-z0-9\-._~+/]{16,200}=*$/;
const shapeless = 'x'.repeat(48);

/** `Authorization: Bearer <key>`. A key of the wrong shape costs the same look-up as an unknown one. */
export function bearerKey(apiKeys: Pick<ApiKeys, 'authenticate'>): WayIn {
  return {
    async identify(request) {
      const header = request.headers.get('authorization');
      if (header === null) return { kind: 'absent' };
      const [scheme = '', presented = '', ...rest] = header.split(' ');
      const wellFormed = scheme.toLowerCase() === 'bearer' && rest.length === 0 && keyPattern.test(presented);
      const principal = await apiKeys.authenticate(wellFormed ? presented : shapeless);
      if (!wellFormed) return { kind: 'refused', failure: 'malformed' };
      return principal === null ? { kind: 'refused', failure: 'unknown' } : { kind: 'known', principal };
    },
  };
}
