// One address for people and telemetry: ingest's paths go to ingest, everything else to the API.

import { hostname } from 'node:os';
import type { From } from '../../api/http/client-address.ts';
import { isLoopback } from '../../api/http/loopback.ts';
import type { Config } from '../../config/load.ts';
import { isForIngest } from '../../ingest/http.ts';

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
