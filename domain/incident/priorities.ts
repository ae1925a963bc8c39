// Which tasks go first while many incidents wait for the same workers: an outage of a region opens a thousand at once. Temporal
// takes the lowest number first, and the oldest of the same number; a server without priorities (`matching.useNewMatcher`) takes the
// oldest. Only tasks that wait are ordered: a quiet Sentinel is not touched by it.
//
// Opening incidents goes before analysing others, so that all of them are seen soon; and what has been begun is carried on before
// more is begun, so that plans do not wait behind the analysis of everybody else, and a worker has few incidents in hand at a time.

import type { Severity } from '../scope.ts';

type Priority = { readonly priorityKey: 1 | 2 | 3 | 4 | 5 };

/** The record, the gate, effects and looks at them: what is seen, what is safe, what is half done. */
export const first: Priority = { priorityKey: 1 };

/** The next step of what has been explained. */
export const next: Priority = { priorityKey: 2 };

/** What nobody waits for: another look at what nothing was found in, the story of what is over. */
export const last: Priority = { priorityKey: 5 };

/** An analysis. One that is repeated, because the first found nothing to do, can wait. */
export function ofAnalysis(severity: Severity, isRepeated: boolean): Priority {
  return isRepeated && severity !== 'critical' ? last : ofIncident(severity);
}

/** An incident as a whole: its workflow, and every activity that has no other. */
export function ofIncident(severity: Severity): Priority {
  return severity === 'critical' ? { priorityKey: 3 } : { priorityKey: 4 };
}
