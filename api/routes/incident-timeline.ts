// GET /api/incidents/:id/timeline: the events in order; asking again with `after` follows a running incident.

import { z } from 'zod';
import { incidentParams, wholeNumber } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { incidentEvent } from '../schemas/event.ts';

export const incidentTimeline = route({
  method: 'GET',
  path: '/api/incidents/:id/timeline',
  permission: 'viewer',
  summary: 'Events of an incident in order, from the one after `after`; `nextAfter` asks for what follows.',
  params: incidentParams,
  query: z.strictObject({
    after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
      .prefault('0')
      .meta({ type: 'integer', minimum: 0, default: 0 }),
    limit: wholeNumber(1, 1000)
      .prefault('200')
      .meta({ type: 'integer', minimum: 1, maximum: 1000, default: 200 }),
  }),
  answers: { 200: z.strictObject({ items: z.array(incidentEvent), nextAfter: z.int() }) },
  handler: async ({ params, query: { after, limit }, deps }) => {
    const items = await deps.incidents.timeline(params.id, after, limit);
    if (items.length === 0) await requireIncident(deps.incidents, params.id);
    return { json: { items, nextAfter: items.at(-1)?.seq ?? after } };
  },
});
