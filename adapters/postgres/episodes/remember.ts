// What correlation and diagnosis need to remember of an environment: who calls whom, and who changed what.

import type { Kysely } from 'kysely';
import type { Edge } from '../../../domain/correlation/service-graph.ts';
import type { ChangeEvent } from '../../../domain/observation.ts';
import { databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { inParts } from '../parts.ts';
import { json, storable } from '../text.ts';

/** Every batch of traces names the same edges again; they are written at most this often. */
const refreshAfterMs = 60_000;

export async function rememberEdges(
  db: Kysely<Schema>,
  environment: string,
  edges: readonly Edge[],
): Promise<void> {
  if (edges.length === 0) return;
  const nowMs = await databaseNowMs(db);
  const clean = edges.map(({ caller, callee }) => ({ caller: storable(caller), callee: storable(callee) }));
  // One row each, in one order: two processes that remember the same edges cannot wait for each other.
  const rows = new Map(clean.map((edge) => [JSON.stringify([edge.caller, edge.callee]), edge]));
  const sorted = [...rows.entries()].toSorted(([left], [right]) => (left < right ? -1 : 1));
  for (const some of inParts(sorted)) {
    await db
      .insertInto('service_edges')
      .values(
        some.map(([, { caller, callee }]) => ({
          environment: storable(environment),
          caller,
          callee,
          seen_at_ms: nowMs,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['environment', 'caller', 'callee'])
          .doUpdateSet({ seen_at_ms: nowMs })
          .where('service_edges.seen_at_ms', '<', nowMs - refreshAfterMs),
      )
      .execute();
  }
}

/** The first report of a change stays; the same id again is the same change. */
export async function rememberChange(db: Kysely<Schema>, change: ChangeEvent): Promise<void> {
  await db
    .insertInto('changes')
    .values({
      id: storable(change.id),
      environment: storable(change.environment),
      service: storable(change.service),
      at_ms: Math.round(change.atMs),
      body: json(change),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}
