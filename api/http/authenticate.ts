// Who is calling, and whether they may call this.

import { actorOf, unknownActor } from '../../domain/policy/identity.ts';
import { mayDo } from '../../domain/role.ts';
import { ApiProblem } from '../errors.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { Principal } from '../ports/principal.ts';
import type { Permission } from './route.ts';
import type { WayIn } from './ways-in.ts';

/** Whoever calls a public route. */
const anonymous: Principal = { keyId: 'anonymous', name: 'anonymous', role: 'viewer', person: 'anonymous' };

export type AuthFailure = 'missing' | 'malformed' | 'unknown' | 'foreign-page' | 'role-too-low';
const headers = { 'www-authenticate': 'Bearer realm="sentinel"' };

/** Throws ApiProblem 401 or 403; failures are counted by sort, never with what was presented. */
export async function authenticate(
  request: Request,
  permission: Permission,
  {
    ways,
    metrics,
    refused,
  }: {
    readonly ways: readonly WayIn[];
    readonly metrics: Metrics;
    /** Told of every refusal, with who it was where that is known. */
    readonly refused?: (reason: AuthFailure, actor: string) => void;
  },
): Promise<Principal> {
  if (permission === 'public') return anonymous;
  const fail = (failure: AuthFailure, problem: ApiProblem, actor = unknownActor): never => {
    refused?.(failure, actor);
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
      const problem = new ApiProblem('forbidden', detail, { reason: 'foreign-page' });
      return fail('foreign-page', problem, actorOf(principal));
    }
    if (!mayDo(principal.role, permission)) {
      const detail = `This needs the role ${permission}; the key "${principal.name}" has the role ${principal.role}.`;
      const problem = new ApiProblem('forbidden', detail, { reason: 'role-too-low' });
      return fail('role-too-low', problem, actorOf(principal));
    }
    return principal;
  }
  const detail = 'Send an API key: "Authorization: Bearer <key>".';
  return fail('missing', new ApiProblem('unauthenticated', detail, { headers }));
}

function changesSomething(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD';
}
