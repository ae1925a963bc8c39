// Where an incident stands among those with the same symptom, for one channel: whose conversation it belongs to, and whether
// people are called for it.

import { type Call, callFor } from '../../domain/incident/chain.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { IncidentReader } from '../ports/incidents.ts';
import type { Channel, Conversation, NotificationStore, TakenNotification } from './ports.ts';

export type Place = {
  readonly call: Call;
  readonly conversation: Conversation | null;
  readonly continued: boolean;
  readonly continuedIn: readonly string[];
  /** The incident before, whose message leads here. */
  readonly before: string | null;
};

/** Whom an incident has called hears the rest of it aloud, too. */
export async function placeIn(
  taken: TakenNotification,
  { name }: Channel,
  state: IncidentState,
  { incidents, store }: { readonly incidents: IncidentReader; readonly store: NotificationStore },
): Promise<Place> {
  const { earlier, continuedIn } = await incidents.chain(taken.incidentId);
  const memories = await store.told(name, [...earlier.map(({ incidentId }) => incidentId), ...continuedIn]);
  const told = earlier.filter(({ incidentId }) => memories.has(incidentId));
  const first = told[0]?.incidentId;
  const conversation =
    first === undefined ? null : { incidentId: first, memory: memories.get(first) ?? null };
  const calledBefore = taken.toldAgoMs !== null && !taken.quiet;
  const call: Call = calledBefore ? { kind: 'aloud', because: null } : callFor(state, told, taken.nowMs);
  const continued = continuedIn.some((id) => memories.has(id));
  return { call, conversation, continued, continuedIn, before: state.follows?.incidentId ?? null };
}
