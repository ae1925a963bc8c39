// A kill switch remembers the role of whoever engaged it: what an admin stopped an operator does not start again. Switches from
// before are taken for an admin's.

import { statements } from './run.ts';

export const switchRole = statements(
  `alter table kill_switch add column by_role text not null default 'admin'`,
  'alter table kill_switch alter column by_role drop default',
);
