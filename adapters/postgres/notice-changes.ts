// Which incidents changed since a channel last looked. A look remembers its snapshot, which says of every transaction
// whether it had committed by then; so the next look finds just what has committed since, in whatever order. Looking at a
// change twice does nothing.

import { type Kysely, sql } from 'kysely';
import type { Schema } from './database/schema.ts';

/** Incidents are dated by the clocks of workers, channels by the database's. */
const clockSkewMs = 60_000;

/** Marks what changed as wanted by the channel, and moves its position on. Inside a transaction. */
export async function noticeChanges(trx: Kysely<Schema>, channel: string): Promise<void> {
  const position = await sql<{ from: string; ahead: boolean }>`
    select noticed::text as from, pg_snapshot_xmax(noticed) > pg_snapshot_xmax(pg_current_snapshot()) as ahead
    from notification_channels where name = ${channel}`.execute(trx);
  const [at] = position.rows;
  if (at === undefined) return;
  if (at.ahead) return startOver(trx, channel);
  // One statement, so that the changes and the position belong to the same snapshot. Rows in the order of their key:
  // two dispatchers that look at the same time must not lock them crosswise.
  await sql`
    with changed as (
      select id, last_seq from incidents
      where changed_xid >= pg_snapshot_xmin(${at.from}::pg_snapshot)
        and not pg_visible_in_snapshot(changed_xid, ${at.from}::pg_snapshot)
      order by id),
    wanted as (
      insert into notifications (channel, incident_id, wanted_seq)
      select ${channel}, id, last_seq from changed
      on conflict (channel, incident_id) do update set
        wanted_seq = excluded.wanted_seq,
        -- News may be urgent, so a cooldown is judged again; a pause after a failure stays.
        next_at_ms = case when notifications.attempts = 0 then 0 else notifications.next_at_ms end
        where notifications.wanted_seq < excluded.wanted_seq)
    update notification_channels set noticed = pg_current_snapshot()
    where name = ${channel} and exists (select 1 from changed)`.execute(trx);
}

/**
 * A dump restored into another server brings numbers of transactions that have not happened there. Everything that
 * changed since the channel was configured is looked at once more; the foreign numbers count as long ago.
 */
async function startOver(trx: Kysely<Schema>, channel: string): Promise<void> {
  await sql`
    update incidents set changed_xid = '0'
    where changed_xid > pg_snapshot_xmax(pg_current_snapshot())`.execute(trx);
  await sql`
    insert into notifications (channel, incident_id, wanted_seq)
    select name, id, last_seq from incidents
    join notification_channels on name = ${channel} and updated_at_ms >= since_ms - ${clockSkewMs}::bigint
    order by id
    on conflict (channel, incident_id) do update set wanted_seq = excluded.wanted_seq
      where notifications.wanted_seq < excluded.wanted_seq`.execute(trx);
  await sql`
    update notification_channels set noticed = pg_current_snapshot() where name = ${channel}`.execute(trx);
}
