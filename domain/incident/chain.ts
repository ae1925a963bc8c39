// One page for a symptom that comes and goes: an incident that follows another belongs to the conversation of the first, and
// whether people are called again for it is decided here, the same for every channel. Pure.

import { moreSevere, symptomsGone } from './anomalies.ts';
import { ordinal } from './follows.ts';
import type { IncidentState } from './state.ts';

/** An incident of the chain that ended before; first first. */
export type EarlierIncident = Pick<
  IncidentState,
  'incidentId' | 'severity' | 'outcome' | 'end' | 'openedAtMs' | 'closedAtMs'
>;

/** Where an incident stands among those with the same symptom. */
export type Chain = {
  readonly earlier: readonly EarlierIncident[];
  /** Incidents that follow this one, oldest first. */
  readonly continuedIn: readonly string[];
};

/**
 * Whether a delivery interrupts people. `aloud`: `because` says why they are called again in a conversation that they know; null
 * for a first page. `quietly`: added to the conversation; `lookAgainAtMs` is when that is to be judged again without any news.
 */
export type Call =
  | { readonly kind: 'aloud'; readonly because: string | null }
  | { readonly kind: 'quietly'; readonly lookAgainAtMs: number | null };

/** What comes back this many times is told once more: it will not go away by itself. */
export const flappingTimes = 3;

/** A symptom that lasts is not "the same again", however long the ones before it were there. */
const longestQuietMs = 15 * 60_000;
const shortestQuietMs = 60_000;

/** `told`: those of the chain that this channel was told of; with none there is no conversation to belong to. */
export function callFor(state: IncidentState, told: readonly EarlierIncident[], nowMs: number): Call {
  const previous = told.at(-1);
  if (state.follows === undefined || previous === undefined) return { kind: 'aloud', because: null };
  const because = reasonToCall(state, told, previous, nowMs);
  if (because !== null) return { kind: 'aloud', because };
  const waits = state.status !== 'closed' && !symptomsGone(state);
  return { kind: 'quietly', lookAgainAtMs: waits ? state.openedAtMs + quietMs(told) : null };
}

function reasonToCall(
  state: IncidentState,
  told: readonly EarlierIncident[],
  previous: EarlierIncident,
  nowMs: number,
): string | null {
  const times = state.follows?.times ?? 1;
  const gravest = told.reduce((most, one) => (moreSevere(one.severity, most.severity) ? one : most));
  if (moreSevere(state.severity, gravest.severity))
    return `it is ${state.severity} now, and was ${gravest.severity} before`;
  if (endedByPerson(previous)) return 'it is back after a person had closed it';
  if (times === flappingTimes) return `it is flapping, the ${ordinal(times)} time now, and needs a person`;
  if (state.status === 'closed') return null;
  // Only people can answer, and a question has its deadline.
  if (state.status === 'awaiting-approval' || state.held !== undefined) return 'a decision is needed';
  if (nowMs >= state.openedAtMs + quietMs(told) && !symptomsGone(state))
    return 'it stays this time: it has lasted longer than before';
  return null;
}

/** A person said that it is over: that it is not is news to them. */
function endedByPerson({ outcome, end }: EarlierIncident): boolean {
  if (end !== undefined) return end === 'closed-by-person';
  return outcome === 'aborted' || outcome === 'taken-over';
}

/** What goes away like the ones before it did is no reason to wake anybody; the longest of them is the measure. */
function quietMs(told: readonly EarlierIncident[]): number {
  const longest = Math.max(
    ...told.map(({ openedAtMs, closedAtMs }) => (closedAtMs ?? openedAtMs) - openedAtMs),
  );
  return Math.min(longestQuietMs, Math.max(shortestQuietMs, longest));
}
