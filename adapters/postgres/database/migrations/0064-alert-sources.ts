// Who tells of an alert: whoever says what fires rather than what begins and ends is asked for what it said before.

import { statements } from './run.ts';

export const alertSources = statements(
  'alter table alerts add column source text',
  `create index alerts_firing_by_source on alerts (source) where state = 'firing'`,
);
