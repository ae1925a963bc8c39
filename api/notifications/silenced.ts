// Whether what there is to tell waits, because people silence all of the incident.

import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { Silences } from '../ports/silences.ts';
import type { Duty } from './routing.ts';

type Telling = {
  readonly incidentId: string;
  /** After what the channel was told. */
  readonly events: readonly IncidentEvent[];
  readonly told: boolean;
  /** People are called now who were left alone until then. */
  readonly calls: boolean;
  readonly duty: Extract<Duty, { kind: 'tell' }>;
};

/**
 * True while it calls somebody, and a silence says not to. A channel that knows of the incident goes on showing what becomes of it, its
 * end among that; and what was left half done in the world is always told.
 */
export async function waitsForSilence(
  { incidentId, events, told, calls, duty }: Telling,
  silences: Pick<Silences, 'ofIncident'>,
): Promise<boolean> {
  const callsNobody = told && !calls && duty.moments.every((moment) => moment === 'closed');
  if (callsNobody || events.some(leavesSomething)) return false;
  return (await silences.ofIncident(incidentId)).notifications !== null;
}

function leavesSomething(event: IncidentEvent): boolean {
  return (
    (event.type === 'handed-over' || event.type === 'incident-closed') && event.leftInPlace !== undefined
  );
}
