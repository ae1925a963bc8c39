// How far the links of the audit have been checked, so that a check that looks at a bounded number of them goes on where the last
// one stopped. It only spreads the work: a whole verification reads everything and does not ask for it.

import { statements } from './run.ts';

export const auditCheck = statements(`create table audit_check (
    only_one boolean primary key default true check (only_one),
    position bigint not null,
    hash bytea not null,
    at_ms bigint not null
  )`);
