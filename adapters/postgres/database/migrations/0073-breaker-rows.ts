// Which effects a row of failures counts, so that one that turns out not to have failed is taken out of the row it was counted
// in, and of no later one.

import { statements } from './run.ts';

export const breakerRows = statements(
  'alter table breaker add column row_id bigint not null default 0',
  'alter table effect_outcomes add column counted_in_row bigint',
);
