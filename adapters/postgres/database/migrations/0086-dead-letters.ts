// Who replayed which dead letter, and which of the records that were sent for it is the one that counts. A record is known by the
// place it had first, and by how often it had failed.

import { statements } from './run.ts';

export const deadLetters = statements(
  `create table dead_letter_replays (
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    failures integer not null,
    by_actor text not null,
    begun_at_ms bigint not null,
    sent_at_ms bigint,
    taken_partition integer,
    taken_offset bigint,
    primary key (topic, partition, record_offset, failures)
  )`,
  'alter table inbox add column replays integer not null default 0',
  `create index inbox_dead on inbox (seq) where status = 'dead'`,
);
