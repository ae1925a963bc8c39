// Inbox: what was accepted from outside and is not worked off yet. An item leaves it only as `done` or, with its reason,
// as `dead`; a process that dies in between loses nothing, because its lock runs out.

import { type Kysely, sql } from 'kysely';
import type { Anomaly } from '../../domain/detection/anomaly.ts';
import type { ChangeEvent } from '../../domain/observation.ts';
import type { FiringAlerts, Inbox, InboxItem, TakenItem } from '../../ingest/ports.ts';
import { firesOnId, firingFrom, settle } from './alert-occurrences.ts';
import { databaseNow } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { createGrouped } from './grouped.ts';
import { inParts } from './parts.ts';
import { json, storable } from './text.ts';
import { transact } from './transact.ts';

/**
 * A process that ends with an item in hand may have been ended by anything. So it is no attempt of the item, but the next
 * one takes it alone, and each time its lease is twice as long: what does end every process harms nothing else meanwhile.
 * Set aside, for people, is only what so many processes in a row ended with, over so long.
 */
const maxLost = 20;
const minLostMs = 3 * 86_400_000;
const longestLeaseMs = 3_600_000;

/**
 * Requests that come together share a transaction. One with more than this has one of its own, so that it holds nobody up. What
 * waits is as much as is stored in about a second.
 */
const maxGroupItems = 256;
const maxWaitingItems = 10_000;

export function createInbox(db: Kysely<Schema>): Inbox & FiringAlerts {
  const put = createGrouped(
    (requests: readonly (readonly InboxItem[])[]) => transact(db, (trx) => putAll(trx, requests)),
    { sizeOf: (items) => items.length, maxGroupSize: maxGroupItems, maxWaitingSize: maxWaitingItems },
  );
  async function finish(ids: readonly string[], reason: string | null): Promise<void> {
    await db
      .updateTable('inbox')
      .set({ status: 'done', reason, finished_at_ms: databaseNow })
      .where(oneOf(ids))
      .where('status', '=', 'pending')
      .execute();
  }
  return {
    firing: (environment, source) => firingFrom(db, environment, source),

    put: (items) => (items.length > maxGroupItems ? putAlone(db, items) : put(items)),

    async take(limit, leaseMs) {
      const given = sql`status = 'pending' and available_at_ms <= ${databaseNow}
        and not exists (
          select 1 from inbox as earlier
          where earlier.ordering_key = item.ordering_key and earlier.status = 'pending' and earlier.seq < item.seq)`;
      const givenUp = sql<boolean>`taken and lost + 1 >= ${maxLost} and received_at_ms < ${databaseNow} - ${minLostMs}`;
      // SKIP LOCKED: processes that take at the same time get different items instead of waiting for each other.
      const { rows } = await sql<{
        id: string;
        kind: string;
        body: Anomaly | ChangeEvent;
        attempts: number;
        dead: boolean;
      }>`
        with suspect as (
          select seq from inbox as item where taken and ${given}
          order by available_at_ms, seq limit 1 for update skip locked),
        oldest as (
          select seq, coalesce(item.service, item.id) as service from inbox as item
          where not taken and not exists (select 1 from suspect) and ${given}
          order by seq limit ${limit} for update skip locked),
        services as (select service, min(seq) as first from oldest group by service),
        innocent as (
          select item.seq from services join inbox as item on coalesce(item.service, item.id) = services.service
          where not taken and ${given}
          order by services.first, item.seq limit ${limit} for update of item skip locked),
        picked as (select seq from suspect union all select seq from innocent),
        claimed as (
          update inbox set
            available_at_ms = ${databaseNow} + least(${longestLeaseMs}::bigint,
              ${leaseMs}::bigint * (1 << case when taken then least(lost + 1, 12) else 0 end)),
            attempts = case when taken then attempts else attempts + 1 end,
            lost = case when taken then lost + 1 else lost end,
            taken = true,
            status = case when ${givenUp} then 'dead' else 'pending' end,
            reason = case when ${givenUp} then 'every process that took it ended' else reason end,
            finished_at_ms = case when ${givenUp} then ${databaseNow} end
          from picked where inbox.seq = picked.seq
          returning inbox.seq, id, kind, body, attempts, status = 'dead' as dead)
        select id, kind, body, attempts, dead from claimed order by seq`.execute(db);
      return rows.flatMap((row) => (row.dead ? [] : [itemOf(row)]));
    },

    done: (...ids) => finish(ids, null),
    ignored: (ids, reason) => finish(ids, storable(reason)),

    async failed(ids, reason, retryAtMs) {
      const outcome =
        retryAtMs === null
          ? ({ status: 'dead', finished_at_ms: databaseNow } as const)
          : { available_at_ms: Math.round(retryAtMs) };
      await db
        .updateTable('inbox')
        .set({ ...outcome, reason: storable(reason), taken: false, lost: 0 })
        .where(oneOf(ids))
        .where('status', '=', 'pending')
        .execute();
    },
  };
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
  const ended = await endedIncidents(
    trx,
    settled.flatMap(({ items }) => items),
  );
  const given = settled.map(({ items }) => items.map((item) => inboxRow(item, ended)));
  const fresh = new Set<string>();
  for (const rows of inParts(given.flat())) {
    const added = await trx
      .insertInto('inbox')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning('id')
      .execute();
    for (const { id } of added) fresh.add(id);
  }
  const repeats = new Map<string, number>();
  const counts = settled.map(({ absorbed }, index) => {
    const ids = new Set(given[index]?.map(({ id }) => id));
    const added = ids.intersection(fresh);
    for (const id of added) fresh.delete(id);
    const known = absorbed.map(({ id }) => storable(id));
    for (const id of ids.difference(added).union(new Set(known))) repeats.set(id, (repeats.get(id) ?? 0) + 1);
    return added.size;
  });
  await countRepeats(trx, repeats);
  return counts;
}

function oneOf(ids: readonly string[]) {
  return sql<boolean>`id = any(${ids.map(storable)}::text[])`;
}

/** Incidents that are closed, by the firing finding among these that belongs to them: told again, it is news. */
async function endedIncidents(
  trx: Kysely<Schema>,
  items: readonly InboxItem[],
): Promise<ReadonlyMap<string, string>> {
  const ids = items.flatMap((item) => (isFiring(item) ? [storable(item.anomaly.id)] : []));
  if (ids.length === 0) return new Map();
  const rows = await trx
    .selectFrom('anomaly_assignments')
    .innerJoin('episodes', 'episodes.incident_id', 'anomaly_assignments.incident_id')
    .select(['anomaly_id', 'episodes.incident_id'])
    .where('anomaly_id', 'in', ids)
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

function itemOf(row: { id: string; kind: string; body: Anomaly | ChangeEvent; attempts: number }): TakenItem {
  const { id, attempts } = row;
  return row.kind === 'anomaly'
    ? { id, kind: 'anomaly', anomaly: row.body as Anomaly, attempts }
    : { id, kind: 'change', change: row.body as ChangeEvent, attempts };
}
