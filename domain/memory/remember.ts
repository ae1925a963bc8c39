// What is remembered of an incident: what showed it first, in words without names and numbers, and how it ended. Text from outside is
// redacted and bounded here, whoever reads it later.

import type { Common } from '../alerts/common.ts';
import type { Anomaly } from '../detection/anomaly.ts';
import { shown } from '../diagnosis/names.ts';
import { earlierAttempts } from '../incident/earlier-attempts.ts';
import type { IncidentEvent } from '../incident/events.ts';
import type { IncidentState } from '../incident/state.ts';
import { redact } from '../redaction/redact.ts';
import { plainLine } from '../text.ts';
import { descriptionOf } from './description.ts';
import type { RememberedEnd, RememberedIncident } from './port.ts';

const longestTitle = 200;
const longestWords = 200;
const mostTried = 3;

/** What an incident looks like from outside: by its first finding about its own service. */
export function lookOf(
  service: string,
  anomalies: readonly Anomaly[],
): { readonly title: string; readonly description: string; readonly common: Common } | null {
  const own = anomalies.filter(({ scope }) => scope.service === service);
  const [first] = own.toSorted(
    (one, other) => one.detectedMs - other.detectedMs || (one.id < other.id ? -1 : 1),
  );
  if (first === undefined) return null;
  const { title = first.summary, common = {} } = first;
  const clean = redact(title);
  const description = descriptionOf({ service, title: clean, common });
  return description === '' ? null : { title: plainLine(clean, longestTitle), description, common };
}

/** One that was opened for this finding; null when it says nothing. */
export function openedFor(anomaly: Anomaly, incidentId: string): RememberedIncident | null {
  const { environment, service } = anomaly.scope;
  const look = lookOf(service, [anomaly]);
  return look === null
    ? null
    : { incidentId, environment, service, ...look, openedAtMs: anomaly.onsetMs, end: null };
}

/** One that has ended, from its record; null when nothing can be said of what showed it. */
export function ended(state: IncidentState, timeline: readonly IncidentEvent[]): RememberedIncident | null {
  const { environment, service } = state.scope;
  const look = lookOf(service, Object.values(state.anomalies));
  if (look === null || state.outcome === null || state.closedAtMs === null) return null;
  const end: RememberedEnd = {
    outcome: state.outcome,
    atMs: state.closedAtMs,
    cause: causeOf(state),
    tried: earlierAttempts(timeline, Number.POSITIVE_INFINITY)
      .slice(-mostTried)
      .map(({ tried, cameOf }) => ({
        tried: plainLine(tried, longestWords),
        cameOf: plainLine(cameOf, longestWords),
      })),
  };
  return { incidentId: state.incidentId, environment, service, ...look, openedAtMs: state.openedAtMs, end };
}

/** The best hypothesis, unless the analysis itself did not trust it. */
function causeOf({ diagnosis }: IncidentState): RememberedEnd['cause'] {
  const [best] = diagnosis?.inconclusive === false ? diagnosis.hypotheses : [];
  return best === undefined ? null : { cause: best.cause, service: shown(best.scope.service) };
}
