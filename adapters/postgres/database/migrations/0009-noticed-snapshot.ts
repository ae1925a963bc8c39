// A channel remembers what it had seen at its last look, not only the oldest transaction that was running then: numbers of
// transactions belong to the whole server, so one that is open for long in another database would make a new channel
// tell of incidents that were over before it existed.

import { statements } from './run.ts';

export const noticedSnapshot = statements(
  'alter table notification_channels add column noticed pg_snapshot',
  "update notification_channels set noticed = (noticed_xid::text || ':' || noticed_xid::text || ':')::pg_snapshot",
  'alter table notification_channels alter column noticed set not null',
  'alter table notification_channels drop column noticed_xid',
);
