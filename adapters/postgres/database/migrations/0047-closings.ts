// That a person closes what was handed over is stored like a stop, before any workflow is told.

import { statements } from './run.ts';

export const closings = statements(
  'alter table incident_stops drop constraint incident_stops_kind_check',
  `alter table incident_stops add constraint incident_stops_kind_check
    check (kind in ('take-over', 'abort', 'close'))`,
);
