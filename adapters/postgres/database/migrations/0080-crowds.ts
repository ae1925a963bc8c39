// What alerts of an open incident share with others, so that a storm finds it; and why each finding is in its incident,
// with what it says: a storm has more members than its record keeps.

import { statements } from './run.ts';

export const crowds = statements(
  `create table episode_marks (
    incident_id text not null references episodes,
    service text not null,
    mark text not null,
    at_ms bigint not null,
    primary key (incident_id, mark, service)
  )`,
  'create index episode_marks_by_mark on episode_marks (mark, at_ms)',
  'create index episode_marks_by_service on episode_marks (service, at_ms)',
  `alter table anomaly_assignments
    add column reason text, add column why text,
    add column finding_service text, add column finding_severity text, add column finding_title text`,
);
