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
  'handed-over',
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

/** How the work of Sentinel ends while the incident goes on. */
export type HandedOverOutcome = Extract<IncidentOutcome, 'escalated' | 'taken-over'>;

/** How an incident ended that a person had in hand: what fired is over, or a person closed it. */
export const handedOverEnds = ['cleared', 'closed-by-person'] as const;
export type HandedOverEnd = (typeof handedOverEnds)[number];
