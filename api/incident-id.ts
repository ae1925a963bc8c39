// Incident ids contain slashes; in URLs and in the terminal they have a short form (domain/incident/incident-id.ts).

export { incidentIdFrom as fromUrlId, shortIncidentId as toUrlId } from '../domain/incident/incident-id.ts';
