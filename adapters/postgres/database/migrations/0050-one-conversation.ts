// Incidents that follow one another are told in one conversation: whether one was told without calling anybody, and when that
// is looked at again without any news. An incident that has ended is asked which one continues it.

import { statements } from './run.ts';

export const oneConversation = statements(
  'alter table notifications add column quiet boolean not null default false',
  'alter table notifications add column look_again_at_ms bigint',
  `create index notifications_to_look_at on notifications (channel, look_again_at_ms)
    where look_again_at_ms is not null`,
  'create index episodes_by_followed on episodes (follows) where follows is not null',
);
