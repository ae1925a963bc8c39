// GET /api/v1/incidents: newest first, by filter, page by page.

import { z } from 'zod';
import { incidentStatuses } from '../../domain/incident/status.ts';
import { environment, oneLine, pageQuery, yesOrNo } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { presentSummary } from '../present.ts';
import { incidentSummary } from '../schemas/incident.ts';
import { pageOf } from '../schemas/page.ts';

export const incidentList = route({
  method: 'GET',
  path: '/api/v1/incidents',
  permission: 'viewer',
  summary: 'Incidents, newest first.',
  query: z.strictObject({
    ...pageQuery,
    status: z.enum(incidentStatuses).optional(),
    open: yesOrNo.optional(),
    environment: environment.optional(),
    service: oneLine(200).optional(),
    severity: z.enum(['info', 'warning', 'critical']).optional(),
  }),
  answers: { 200: pageOf(incidentSummary) },
  handler: async ({ query: { limit, cursor, ...filter }, deps }) => {
    const { items, nextCursor } = await deps.incidents.list(filter, limit, cursor ?? null);
    return { json: { items: items.map(presentSummary), nextCursor } };
  },
});
