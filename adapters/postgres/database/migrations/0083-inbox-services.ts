// What waits in the inbox is taken by the service it is about: what belongs to one incident together. Rows of before, and those
// that a process of before writes, have none and stand for themselves.

import { statements } from './run.ts';

export const inboxServices = statements('alter table inbox add column service text');
