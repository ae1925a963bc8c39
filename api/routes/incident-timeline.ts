// GET /api/v1/incidents/:id/timeline: the events in order; asking again with `after` follows a running incident.

import { z } from 'zod';
import { readCursor, writeCursor } from '../cursor.ts';
import { incidentParams, pageQuery, wholeNumber } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { incidentEvent } from '../schemas/event.ts';
import { pageOf } from '../schemas/page.ts';

export const incidentTimeline = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/timeline',
  permission: 'viewer',
  summary: 'Events of an incident in order, starting after `after`; pass `nextAfter` later for new ones.',
  params: incidentParams,
  query: z.strictObject({
    ...pageQuery,
    after: wholeNumber(0, 999_999_999)
      .prefault('0')
      .meta({ type: 'integer', minimum: 0, maximum: 999_999_999, default: 0 }),
    limit: wholeNumber(1, 1000)
      .prefault('200')
      .meta({ type: 'integer', minimum: 1, maximum: 1000, default: 200 }),
  }),
  answers: {
    200: pageOf(incidentEvent).extend({
      nextAfter: z.int().meta({ description: 'Send it as `after`, now or later, for what came since.' }),
    }),
  },
  handler: async ({ params, query: { after, limit, cursor }, deps }) => {
    const from = cursor === undefined ? after : readCursor('timeline', [z.int().min(0)], cursor)[0];
    const found = await deps.incidents.timeline(params.id, from, limit + 1);
    if (found.length === 0) await requireIncident(deps.incidents, params.id);
    const items = found.slice(0, limit);
    const nextAfter = items.at(-1)?.seq ?? from;
    const nextCursor = found.length > limit ? writeCursor('timeline', [nextAfter]) : null;
    return { json: { items, nextCursor, nextAfter } };
  },
});
