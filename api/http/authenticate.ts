// Who is calling, from `Authorization: Bearer <key>`. A key of the wrong shape costs the same look-up as an unknown one.

import { roleAtLeast } from '../../domain/policy/verdict.ts';
import { ApiProblem } from '../errors.ts';
import type { ApiKeys, Metrics, Principal } from '../ports.ts';
import type { Permission } from './route.ts';

/** The token68 characters of RFC 9110, bounded: nothing longer can be a key of ours. */
const keyPattern = /^[A-Za-z0-9\-._~+/]{16,200}=*$/;
const shapeless = 'x'.repeat(48);

/** Whoever calls a public route. */
const anonymous: Principal = { keyId: 'anonymous', name: 'anonymous', role: 'viewer' };

type AuthFailure = 'missing' | 'malformed' | 'unknown' | 'role-too-low';

/** Throws ApiProblem 401 or 403; failures are counted by sort, never with what was presented. */
export async function authenticate(
  header: string | undefined,
  permission: Permission,
  { apiKeys, metrics }: { apiKeys: ApiKeys; metrics: Metrics },
): Promise<Principal> {
  if (permission === 'public') return anonymous;
  const fail = (failure: AuthFailure, problem: ApiProblem): never => {
    metrics.count('sentinel_auth_failures_total', { reason: failure });
    throw problem;
  };
  const headers = { 'www-authenticate': 'Bearer realm="sentinel"' };
  if (header === undefined) {
    return fail(
      'missing',
      new ApiProblem('unauthenticated', 'Send an API key: "Authorization: Bearer <key>".', { headers }),
    );
  }
  const [scheme = '', presented = '', ...rest] = header.split(' ');
  const wellFormed = scheme.toLowerCase() === 'bearer' && rest.length === 0 && keyPattern.test(presented);
  const principal = await apiKeys.authenticate(wellFormed ? presented : shapeless);
  if (!wellFormed || principal === null) {
    const detail = 'The API key is not known or was revoked.';
    return fail(wellFormed ? 'unknown' : 'malformed', new ApiProblem('unauthenticated', detail, { headers }));
  }
  if (!roleAtLeast(principal.role, permission)) {
    const detail = `This needs the role ${permission}; the key "${principal.name}" has the role ${principal.role}.`;
    return fail('role-too-low', new ApiProblem('forbidden', detail, { reason: 'role-too-low' }));
  }
  return principal;
}
