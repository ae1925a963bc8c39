// A plan may be asked about again, under stricter terms and with the reason why; the votes given before stay.

import { statements } from './run.ts';

export const askedAgain = statements(
  'alter table approval_requests add column round integer not null default 1 check (round >= 1)',
  'alter table approval_requests add column because text',
);
