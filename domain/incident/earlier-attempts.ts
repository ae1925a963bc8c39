// What an incident tried before an analysis and what came of it, from its own record: names and numbers, no text of people.

import type { IncidentEvent } from './events.ts';
import { stepText } from './words.ts';

/** What was tried in this incident before, in sentences made of names and numbers. */
export type EarlierAttempt = { readonly attempt: number; readonly tried: string; readonly cameOf: string };

/** Attempts before the `attempt`th analysis began; later events change nothing, so that a retry asks the same. */
export function earlierAttempts(
  timeline: readonly IncidentEvent[],
  attempt: number,
): readonly EarlierAttempt[] {
  const begun = timeline.findIndex(
    (event) => event.type === 'enrichment-started' && event.attempt === attempt,
  );
  const before = begun === -1 ? timeline : timeline.slice(0, begun);
  return before.flatMap((event) => {
    if (event.type !== 'planned' || event.attempt >= attempt) return [];
    const { cause, steps } = event.hashedPlan.plan;
    return {
      attempt: event.attempt,
      tried: `against ${cause}: ${steps.map(stepText).join(', then ')}`,
      cameOf: outcomeOf(before, event.attempt),
    };
  });
}

function outcomeOf(events: readonly IncidentEvent[], attempt: number): string {
  const verified = events.findLast((event) => event.type === 'verified' && event.attempt === attempt);
  const begun = events.findIndex((event) => event.type === 'enrichment-started' && event.attempt === attempt);
  const ended = events.findIndex((event) => event.type === 'enrichment-started' && event.attempt > attempt);
  const applied = events
    .slice(begun, ended === -1 ? undefined : ended)
    .some((event) => event.type === 'effect-applied' && event.direction === 'forward');
  if (!applied) return 'it was not carried out';
  if (verified?.type !== 'verified') return 'it was carried out; whether it helped was not measured';
  return `it was carried out; afterwards ${verified.result.outcome}: ${verified.result.reason}`;
}
