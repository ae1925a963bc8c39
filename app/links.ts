// Where people find an incident in their browser.

import { toUrlId } from '../api/incident-id.ts';
import type { Config } from '../config/load.ts';

/** Null when nobody can know the address: a port that is chosen at start, and no `server.publicUrl`. */
export function incidentUrl({ server }: Config, incidentId: string): string | null {
  const { publicUrl, host, port } = server;
  if (publicUrl === undefined && port === 0) return null;
  const base = publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return `${base.replace(/\/+$/, '')}/incidents/${toUrlId(incidentId)}`;
}
