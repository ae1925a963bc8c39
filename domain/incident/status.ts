// Words for where an incident is in its life, and how it ended.

export const incidentStatuses = [
  'detected',
  'enriching',
  'diagnosing',
  'planning',
  'deciding',
  'awaiting-approval',
  'executing',
  'verifying',
  'compensating',
  'closed',
] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

export const incidentOutcomes = [
  'resolved',
  'escalated',
  'self-recovered',
  'suppressed',
  'taken-over',
  'aborted',
] as const;
/** `abort` ends the work and undoes what did not help; `take-over` ends it and leaves everything as it is. */
export const stopKinds = ['take-over', 'abort'] as const;
export type StopKind = (typeof stopKinds)[number];

export type IncidentOutcome = (typeof incidentOutcomes)[number];
