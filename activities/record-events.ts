// Takes the incident's events into the store, and counts what they say.

import type { IncidentEvent } from '../domain/incident/events.ts';
import { evolve } from '../domain/incident/evolve.ts';
import type { IncidentState } from '../domain/incident/state.ts';
import type { ActivityDeps } from './deps.ts';
import type { Metrics } from './ports.ts';
import type { Activities } from './types.ts';

export function createRecordEvents({
  incidents,
  metrics,
}: Pick<ActivityDeps, 'incidents' | 'metrics'>): Activities['recordEvents'] {
  return async ({ incidentId, events, throughSeq, lost, state: given }) => {
    const stored = await incidents.state(incidentId);
    const storedSeq = stored?.lastSeq ?? 0;
    const expectedSeq = Math.max(storedSeq, lost?.throughSeq ?? 0) + 1;
    const firstSeq = events[0]?.seq ?? throughSeq + 1;
    if (firstSeq > expectedSeq) return { recorded: false, storedSeq };
    if (events.length === 0) return { recorded: true };
    const state = lost === undefined ? stateAfter(incidentId, stored, events) : given;
    if (state === undefined)
      throw new Error(`${incidentId}: its record cannot go on after a gap without a state`);
    await incidents.recordEvents(incidentId, events, state, lost?.throughSeq);
    for (const event of events) countEvent(event, state, metrics);
    return { recorded: true };
  };
}

/** The state is not carried through the history with every event: it is what the store has, and what follows. */
function stateAfter(
  incidentId: string,
  stored: IncidentState | null,
  events: readonly IncidentEvent[],
): IncidentState {
  const storedSeq = stored?.lastSeq ?? 0;
  const state = events
    .filter(({ seq }) => seq > storedSeq)
    .reduce<IncidentState | null>((before, event) => evolve(before, event, incidentId), stored);
  if (state === null) throw new Error(`${incidentId}: its first event must say that it was opened`);
  return state;
}

function countEvent(event: IncidentEvent, state: IncidentState, metrics: Metrics): void {
  switch (event.type) {
    case 'incident-opened':
      metrics.count('sentinel_incidents_opened_total', { severity: event.severity });
      metrics.observe('sentinel_incident_detection_seconds', {}, seconds(state.openedAtMs - state.onsetMs));
      return;
    case 'decided':
      metrics.count('sentinel_policy_verdicts_total', { verdict: event.verdict.kind });
      return;
    case 'model-consulted':
      metrics.count('sentinel_model_consultations_total', {
        relation: event.diagnosis?.model?.relation ?? 'unavailable',
      });
      return;
    case 'gate-refused':
      metrics.count('sentinel_gate_refusals_total', { reason: event.reason });
      return;
    case 'verified':
      metrics.count('sentinel_verifications_total', { outcome: event.result.outcome });
      return;
    case 'incident-closed': {
      const { outcome } = event;
      metrics.count('sentinel_incidents_total', { outcome });
      metrics.observe(
        'sentinel_incident_duration_seconds',
        { outcome },
        seconds(event.atMs - state.openedAtMs),
      );
      return;
    }
    default:
      return;
  }
}

function seconds(ms: number): number {
  return Math.max(0, ms) / 1_000;
}
