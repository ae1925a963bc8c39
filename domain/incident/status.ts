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
export type IncidentOutcome = (typeof incidentOutcomes)[number];
