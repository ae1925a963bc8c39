// What is put into the inbox, whole requests at a time: each is stored as a whole or not at all.

import { type Kysely, sql } from 'kysely';
import type { Inbox, InboxItem } from '../../../ingest/ports.ts';
import { firesOnId, rememberAlerts, type Settled, settle } from '../alert-occurrences.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { createGrouped } from '../grouped.ts';
import { inParts } from '../parts.ts';
import { json, storable } from '../text.ts';
import { transact } from '../transact.ts';

/**
 * Requests that come together share a transaction. One with more than this has one of its own, so that it holds nobody up. What
 * waits is as much as is stored in about a second.
 */
const maxGroupItems = 256;
const maxWaitingItems = 10_000;

export function createPut(db: Kysely<Schema>): Inbox['put'] {
  const put = createGrouped(
    (requests: readonly (readonly InboxItem[])[]) => transact(db, (trx) => putAll(trx, requests)),
    {
      sizeOf: (items) => items.length,
      maxGroupSize: maxGroupItems,
      maxWaitingSize: maxWaitingItems,
      lingerMs: 25,
    },
  );
  return (items) => (items.length > maxGroupItems ? putAlone(db, items) : put(items));
}

async function putAlone(db: Kysely<Schema>, items: readonly InboxItem[]): Promise<number> {
  const [added = 0] = await transact(db, (trx) => putAll(trx, [items]));
  return added;
}

/** How many items of each request were new. Of what several have, the first one brought it. */
async function putAll(
  trx: Kysely<Schema>,
  requests: readonly (readonly InboxItem[])[],
): Promise<readonly number[]> {
  const settled = await settle(trx, requests);
  const ended = await endedIncidents(trx, settled.requests);
  const given = settled.requests.map(({ items }) => items.map((item) => inboxRow(item, ended)));
  const fresh = await store(trx, given.flat(), settled.alerts);
  const repeats = new Map<string, number>();
  const again = (id: string): void => void repeats.set(id, (repeats.get(id) ?? 0) + 1);
  const counts = settled.requests.map(({ absorbed }, index) => {
    let added = 0;
    for (const { id } of given[index] ?? [])
      if (fresh.delete(id)) added += 1;
      else again(id);
    for (const { id } of absorbed) again(storable(id));
    return added;
  });
  await countRepeats(trx, repeats);
  return counts;
}

/** Both in one statement as far as there are both; the ids of items that were not there. */
async function store(
  trx: Kysely<Schema>,
  items: readonly ReturnType<typeof inboxRow>[],
  alerts: Settled['alerts'],
): Promise<Set<string>> {
  const fresh = new Set<string>();
  const parts = inParts(items);
  const ofAlerts = inParts(alerts);
  for (const [index, rows] of parts.entries()) {
    const told = ofAlerts[index];
    const withAlerts =
      told === undefined ? trx : trx.with('told', (db) => rememberAlerts(db as Kysely<Schema>, told));
    const added = await withAlerts
      .insertInto('inbox')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    for (const { id } of added) fresh.add(id);
  }
  for (const rows of ofAlerts.slice(parts.length)) await rememberAlerts(trx, rows).execute();
  return fresh;
}

/** Incidents that are closed, by the firing finding among these that belongs to them: told again, it is news. */
async function endedIncidents(
  trx: Kysely<Schema>,
  requests: Settled['requests'],
): Promise<ReadonlyMap<string, string>> {
  const begun = new Set(requests.flatMap((one) => one.begun));
  const firing = requests.flatMap(({ items }) => items.filter(isFiring));
  const ids = firing.flatMap(({ anomaly: { id } }) => (begun.has(id) ? [] : [storable(id)]));
  if (ids.length === 0) return new Map();
  const rows = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['anomaly_id', 'episodes.incident_id'])
    .where(sql<boolean>`anomaly_id = any(${ids}::text[])`)
    .where('closed_at_ms', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.anomaly_id, row.incident_id]));
}

function isFiring(item: InboxItem): item is Extract<InboxItem, { kind: 'anomaly' }> {
  return item.kind === 'anomaly' && item.anomaly.state === 'firing';
}

/** A beginning before its end, and the occurrences of an alert one after the other. */
function orderingKey(item: InboxItem): string {
  if (item.kind === 'change') return `change/${item.change.id}`;
  const { id, detector, seriesKey } = item.anomaly;
  return detector === 'external' ? `anomaly/${seriesKey}` : `anomaly/${id}`;
}

/** In the order of the ids, so that two senders of the same items do not wait for each other in a circle. */
async function countRepeats(trx: Kysely<Schema>, repeats: ReadonlyMap<string, number>): Promise<void> {
  if (repeats.size === 0) return;
  const ids = [...repeats.keys()];
  await sql`
    with held as (select id from inbox where id = any(${ids}::text[]) order by id for update)
    update inbox set repeats = repeats + times, repeated_at_ms = ${databaseNow}
    from held join unnest(${ids}::text[], ${[...repeats.values()]}::int[]) as told (id, times) using (id)
    where inbox.id = held.id`.execute(trx);
}

function inboxRow(item: InboxItem, ended: ReadonlyMap<string, string>) {
  const body = item.kind === 'anomaly' ? item.anomaly : item.change;
  const incidentId = isFiring(item) ? ended.get(storable(item.anomaly.id)) : undefined;
  return {
    id: incidentId === undefined ? storable(item.id) : firesOnId(body.id, incidentId),
    kind: item.kind,
    ordering_key: storable(orderingKey(item)),
    body: json(body),
    service: storable('scope' in body ? body.scope.service : body.service),
    status: 'pending' as const,
    received_at_ms: databaseNow,
    available_at_ms: 0,
    event_id: item.eventId === undefined ? null : storable(item.eventId),
  };
}
