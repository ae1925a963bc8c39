// What is taken from the inbox, and for how long.

import { type Kysely, sql } from 'kysely';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { ChangeEvent } from '../../../domain/observation.ts';
import type { TakenItem } from '../../../ingest/ports.ts';
import { databaseNow } from '../clock.ts';
import type { Schema } from '../database/schema.ts';

/**
 * A process that ends with an item in hand may have been ended by anything. So it is no attempt of the item, but the next
 * one takes it alone, and each time its lease is twice as long: what does end every process harms nothing else meanwhile.
 * Set aside, for people, is only what so many processes in a row ended with, over so long.
 */
const maxLost = 20;
const minLostMs = 3 * 86_400_000;
const longestLeaseMs = 3_600_000;

/** Of how many times as many as are taken it is looked which belong together. */
const servicesAmong = 8;

/**
 * The items of the services that have waited longest, and what else waits of the same services: an incident hears of many at once.
 * Nobody is passed by twice.
 */
export async function take(
  db: Kysely<Schema>,
  limit: number,
  leaseMs: number,
  leftOut: readonly string[],
): Promise<readonly TakenItem[]> {
  const some = (oldest: number | null) => takeAmong(db, oldest, { limit, leaseMs, leftOut });
  const taken = await some(limit * servicesAmong);
  // All of these may wait for one that is not due yet.
  const rows = taken.length > 0 ? taken : await some(null);
  return rows.flatMap((row) => (row.dead ? [] : [itemOf(row)]));
}

type Row = {
  readonly id: string;
  readonly kind: string;
  readonly body: Anomaly | ChangeEvent;
  readonly attempts: number;
  /** Given up. */
  readonly dead: boolean;
};

/** Looks at so many of the oldest only; null: at all of them. */
async function takeAmong(
  db: Kysely<Schema>,
  oldest: number | null,
  {
    limit,
    leaseMs,
    leftOut,
  }: { readonly limit: number; readonly leaseMs: number; readonly leftOut: readonly string[] },
): Promise<readonly Row[]> {
  const due = sql`status = 'pending' and available_at_ms <= ${databaseNow}`;
  const givenUp = sql<boolean>`taken and lost + 1 >= ${maxLost} and received_at_ms < ${databaseNow} - ${minLostMs}`;
  // SKIP LOCKED: processes that take at the same time do not wait for each other.
  const { rows } = await sql<Row>`
    with free as materialized (
      select seq, coalesce(service, id) as service, taken, available_at_ms
      from (
        select seq, ordering_key, service, id, taken, available_at_ms
        from inbox where ${due} and coalesce(service, id) <> all(${leftOut}::text[])
        order by seq limit ${oldest}) as item
      where not exists (
        select 1 from inbox as earlier
        where earlier.ordering_key = item.ordering_key and earlier.status = 'pending' and earlier.seq < item.seq)),
    suspect as materialized (
      select seq from free where taken order by available_at_ms, seq limit 1),
    innocent as (
      select seq, min(seq) over (partition by service) as first
      from free where not taken and not exists (select 1 from suspect)),
    chosen as (
      (select seq from innocent order by first, seq limit ${limit}) union all select seq from suspect),
    picked as (
      select seq from inbox where seq in (select seq from chosen) and ${due} for update skip locked),
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
  return rows;
}

function itemOf(row: Row): TakenItem {
  const { id, attempts } = row;
  return row.kind === 'anomaly'
    ? { id, kind: 'anomaly', anomaly: row.body as Anomaly, attempts }
    : { id, kind: 'change', change: row.body as ChangeEvent, attempts };
}
