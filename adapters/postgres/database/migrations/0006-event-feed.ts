// One order over the events of all incidents, for readers that follow along (adapters/postgres/event-feed.ts).
//
// Positions are handed out before transactions commit, so a later position can become visible before an earlier one, and
// a reader that had passed it would never see the earlier one. Therefore every transaction announces, before it takes
// positions, that all of them will be above the newest position visible to it: a shared advisory lock whose number says
// so, held until its events are visible. Readers stay below what is announced. The lock never waits for anybody; only a
// transaction that adds events can hold the feed up, and Postgres ends one that is stuck (connect-server.ts).

import { statements } from './run.ts';

export const eventFeed = statements(
  'alter table incident_events add column position bigint',
  `update incident_events set position = ordered.position
    from (
      select incident_id, seq, row_number() over (order by at_ms, incident_id, seq) as position from incident_events
    ) ordered
    where incident_events.incident_id = ordered.incident_id and incident_events.seq = ordered.seq`,
  `alter table incident_events
    alter column position set not null,
    alter column position add generated always as identity`,
  `select setval(
    pg_get_serial_sequence('incident_events', 'position'),
    (select coalesce(max(position), 0) + 1 from incident_events), false)`,
  'create unique index incident_events_by_position on incident_events (position)',
  // 6007 tells these locks from others of the same database; the rest of the number is the position.
  `create function sentinel_announce_events() returns trigger language plpgsql as $$
  begin
    perform pg_advisory_xact_lock_shared(
      (6007::bigint << 48) | (select coalesce(max(position), 0) from incident_events));
    return null;
  end $$`,
  // Before the statement, so before any of its rows has a position.
  `create trigger incident_events_announced before insert on incident_events
    for each statement execute function sentinel_announce_events()`,
  'alter table incident_events enable always trigger incident_events_announced',
  // One row for each transaction that is adding events now; all positions it takes are above `floor`.
  `create view announced_events as
    select ((classid::bigint << 32) | objid::bigint) & ((1::bigint << 48) - 1) as floor
    from pg_locks
    where locktype = 'advisory' and objsubid = 1 and classid::bigint >> 16 = 6007
      and database = (select oid from pg_database where datname = current_database())`,
);
