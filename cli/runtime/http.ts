// One address for people and telemetry: ingest's paths go to ingest, everything else to the API.

import { hostname } from 'node:os';
import type { From } from '../../api/http/client-address.ts';
import type { ApiKeys } from '../../api/ports.ts';
import { isLoopback } from '../../api/session/cookie.ts';
import type { Config } from '../../config/load.ts';
import { maySend } from '../../domain/policy/verdict.ts';
import { isForIngest } from '../../ingest/http.ts';
import type { Authorize } from '../../ingest/ports.ts';

export type Fetch = (request: Request, from: From) => Response | Promise<Response>;

export function routed(parts: { ingest: Fetch | null; api: Fetch | null }): Fetch {
  return (request, from) => {
    const fetch = isForIngest(request) ? (parts.ingest ?? parts.api) : (parts.api ?? parts.ingest);
    return fetch === null ? new Response(null, { status: 404 }) : fetch(request, from);
  };
}

/** The names this process answers to, and the path that a proxy shows it below. */
export function namesOf({ host, publicUrl, allowedHosts }: Config['server']): {
  readonly names: readonly string[];
  readonly prefix: string;
} {
  const known = publicUrl === undefined ? null : new URL(publicUrl);
  // Whoever reaches us over a network may call us by the machine's name, which containers and pods are found by.
  const machine = isLoopback(host) || host === '::1' ? [] : [hostname()];
  return {
    names: [...(known === null ? [] : [known.hostname]), ...machine, ...allowedHosts],
    prefix: known?.pathname.replace(/\/+$/, '') ?? '',
  };
}

/** Senders need a key that may send (`ingest`, `operator` or `admin`), unless the configuration leaves ingest open. */
export function ingestAuthorize(apiKeys: Pick<ApiKeys, 'authenticate'>, requireKey: boolean): Authorize {
  return async (request) => {
    const presented = /^Bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
    const principal = presented === undefined ? null : await apiKeys.authenticate(presented);
    if (principal === null) {
      if (!requireKey) return { allowed: true, actor: 'anonymous' };
      return {
        allowed: false,
        reason: 'unauthenticated',
        detail: 'an API key is needed: Authorization: Bearer KEY',
      };
    }
    if (requireKey && !maySend(principal.role)) {
      return {
        allowed: false,
        reason: 'forbidden',
        detail: 'sending telemetry and events needs a key with the role ingest',
      };
    }
    return { allowed: true, actor: principal.name };
  };
}
