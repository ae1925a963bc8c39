// ServiceReader: names and call edges, as the service graph and past incidents know them.

import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { readCursor, writeCursor } from '../../api/cursor.ts';
import type { ServiceReader } from '../../api/ports/services.ts';
import type { Schema } from './database/schema.ts';
import { withinReach } from './reach.ts';
import { storable } from './text.ts';

const position = [z.string(), z.string()] as const;

export function createServiceReader(db: Kysely<Schema>): ServiceReader {
  return {
    async list(environment, limit, cursor, reach) {
      const after = cursor === null ? null : readCursor('services', position, cursor);
      const only = environment === null ? sql`true` : sql`environment = ${storable(environment)}`;
      const rest =
        after === null
          ? sql`true`
          : sql`(environment, service) > (${storable(after[0])}, ${storable(after[1])})`;
      // "C": the order of the cursor must not depend on the language of the server.
      const { rows } = await sql<{ environment: string; service: string; seen_at_ms: number }>`
        select environment, service, max(seen_at_ms)::bigint as seen_at_ms from (
          select environment collate "C" as environment, caller collate "C" as service, seen_at_ms from service_edges
          union all select environment collate "C", callee collate "C", seen_at_ms from service_edges
          union all select environment collate "C", service collate "C", opened_at_ms from incidents) as known
        where ${only} and ${rest} and ${reach === undefined ? sql`true` : withinReach(reach)}
        group by environment, service order by environment, service limit ${limit + 1}`.execute(db);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const edges = await edgesOf(db, page);
      return {
        items: page.map(({ environment: where, service, seen_at_ms: seenAtMs }) => {
          const here = edges.filter((edge) => edge.environment === where);
          return {
            environment: where,
            service,
            calls: here.filter(({ caller }) => caller === service).map(({ callee }) => callee),
            calledBy: here.filter(({ callee }) => callee === service).map(({ caller }) => caller),
            seenAtMs,
          };
        }),
        nextCursor:
          rows.length > limit && last !== undefined
            ? writeCursor('services', [last.environment, last.service])
            : null,
      };
    },
  };
}

async function edgesOf(
  db: Kysely<Schema>,
  services: readonly { readonly environment: string; readonly service: string }[],
) {
  if (services.length === 0) return [];
  const names = [...new Set(services.map(({ service }) => service))];
  const environments = [...new Set(services.map(({ environment }) => environment))];
  return db
    .selectFrom('service_edges')
    .select(['environment', 'caller', 'callee'])
    .where('environment', 'in', environments)
    .where(({ or, eb }) => or([eb('caller', 'in', names), eb('callee', 'in', names)]))
    .orderBy('caller')
    .orderBy('callee')
    .execute();
}
