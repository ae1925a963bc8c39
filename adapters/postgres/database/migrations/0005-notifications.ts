// Who was told what. `changed_xid` says which transaction changed an incident last: unlike a clock or a counter it can be
// compared with the transactions that were still running at a look, so no change is ever passed over (see notifications.ts).
// Also the requests of Slack that were answered, so that a replayed one is known.

import { statements } from './run.ts';

export const notifications = statements(
  'alter table incidents add column changed_xid xid8 not null default pg_current_xact_id()',
  'create index incidents_changed on incidents (changed_xid)',
  `create table notification_channels (
    name text primary key,
    since_ms bigint not null,
    noticed_xid xid8 not null
  )`,
  `create table notifications (
    channel text not null references notification_channels,
    incident_id text not null references incidents,
    wanted_seq integer not null,
    delivered_seq integer not null default 0,
    memory json,
    told_at_ms bigint,
    attempts integer not null default 0,
    failing_since_ms bigint,
    noted_since_ms bigint,
    last_error text,
    next_at_ms bigint not null default 0,
    lease text,
    locked_until_ms bigint not null default 0,
    primary key (channel, incident_id)
  )`,
  'create index notifications_due on notifications (channel, next_at_ms) where delivered_seq < wanted_seq',
  'create table slack_requests (signature text primary key, seen_at_ms bigint not null)',
  'create index slack_requests_by_age on slack_requests (seen_at_ms)',
);
