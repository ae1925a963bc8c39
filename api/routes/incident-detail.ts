// GET /api/v1/incidents/:id: one incident with everything it knows about itself.

import { incidentParams } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { presentSummary, requireIncident } from '../present.ts';
import { incident } from '../schemas/incident.ts';

export const incidentDetail = route({
  method: 'GET',
  path: '/api/v1/incidents/:id',
  permission: 'viewer',
  summary: 'One incident: summary and state.',
  params: incidentParams,
  answers: { 200: incident },
  handler: async ({ params, deps }) => {
    const [{ summary, state }, { continuedIn }] = await Promise.all([
      requireIncident(deps.incidents, params.id),
      deps.incidents.chain(params.id),
    ]);
    return { json: { ...presentSummary(summary), continuedIn, state } };
  },
});
