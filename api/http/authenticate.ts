// Who is calling, and whether they may call this.

import { roleAtLeast } from '../../domain/policy/verdict.ts';
import { ApiProblem } from '../errors.ts';
import type { Metrics, Principal } from '../ports.ts';
import type { Permission } from './route.ts';
import type { WayIn } from './ways-in.ts';

/** Whoever calls a public route. */
const anonymous: Principal = { keyId: 'anonymous', name: 'anonymous', role: 'viewer', person: 'anonymous' };

type AuthFailure = 'missing' | 'malformed' | 'unknown' | 'foreign-page' | 'role-too-low';
const headers = { 'www-authenticate': 'Bearer realm="sentinel"' };

/** Throws ApiProblem 401 or 403; failures are counted by sort, never with what was presented. */
export async function authenticate(
  request: Request,
  permission: Permission,
  { ways, metrics }: { ways: readonly WayIn[]; metrics: Metrics },
): Promise<Principal> {
  if (permission === 'public') return anonymous;
  const fail = (failure: AuthFailure, problem: ApiProblem): never => {
    metrics.count('sentinel_auth_failures_total', { reason: failure });
    throw problem;
  };
  for (const way of ways) {
    const found = await way.identify(request);
    if (found.kind === 'absent') continue;
    if (found.kind === 'refused') {
      const detail = 'The API key is not known or was revoked.';
      return fail(found.failure, new ApiProblem('unauthenticated', detail, { headers }));
    }
    const { principal } = found;
    if (changesSomething(request.method) && way.fromOwnPage?.(request) === false) {
      const detail = 'The request does not come from a page of Sentinel.';
      return fail('foreign-page', new ApiProblem('forbidden', detail, { reason: 'foreign-page' }));
    }
    if (!roleAtLeast(principal.role, permission)) {
      const detail = `This needs the role ${permission}; the key "${principal.name}" has the role ${principal.role}.`;
      return fail('role-too-low', new ApiProblem('forbidden', detail, { reason: 'role-too-low' }));
    }
    return principal;
  }
  const detail = 'Send an API key: "Authorization: Bearer <key>".';
  return fail('missing', new ApiProblem('unauthenticated', detail, { headers }));
}

function changesSomething(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
