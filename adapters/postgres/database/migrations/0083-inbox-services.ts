// What waits is found by the service it is about: what belongs to one incident is taken together. Rows of before, and those that a
// process of before writes, have none and stand for themselves.

import { statements } from './run.ts';

export const inboxServices = statements(
  'alter table inbox add column service text',
  `create index inbox_pending_service on inbox ((coalesce(service, id)), seq) where status = 'pending'`,
);
