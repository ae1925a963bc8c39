// Small changes of shape between the ports and the wire.

import { ApiProblem } from './errors.ts';
import { toUrlId } from './incident-id.ts';
import type { IncidentReader, IncidentSummary } from './ports/incidents.ts';

/** `ref` is the id as it stands in URLs and on command lines. */
export function presentSummary(summary: IncidentSummary): IncidentSummary & { readonly ref: string } {
  return { ...summary, ref: toUrlId(summary.id) };
}

/** The incident, or ApiProblem 404. */
export async function requireIncident(
  incidents: IncidentReader,
  id: string,
): Promise<NonNullable<Awaited<ReturnType<IncidentReader['get']>>>> {
  const found = await incidents.get(id);
  if (found === null)
    throw new ApiProblem('not-found', `There is no incident ${toUrlId(id)}.`, { reason: 'unknown-incident' });
  return found;
}
