// GET /api/v1/incidents/:id/members: everything that was folded into an incident, and why. Its record keeps the first thousand.

import { z } from 'zod';
import { joinReasons } from '../../domain/correlation/join-reasons.ts';
import { incidentParams, pageQuery } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { IncidentMember } from '../ports/members.ts';
import { requireIncident } from '../present.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs, severity } from '../schemas/scope.ts';

const reason = z.enum(joinReasons).nullable();

const member = named<IncidentMember>()(
  'IncidentMember',
  z.strictObject({
    anomalyId: z.string(),
    service: z.string().nullable().meta({ description: 'Null: it was assigned before this was kept.' }),
    severity: severity.nullable(),
    title: z.string().nullable(),
    reason,
    why: z.string().nullable().meta({ description: 'For people.' }),
    assignedAtMs: instantMs,
    recorded: z.boolean().meta({ description: 'It is in the timeline, which keeps the first thousand.' }),
  }),
);

export const incidentMembers = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/members',
  permission: 'viewer',
  summary: 'Every alert and anomaly that was folded into an incident, and why.',
  params: incidentParams,
  query: z.strictObject(pageQuery),
  answers: {
    200: pageOf(member).extend({
      byReason: z
        .array(z.strictObject({ reason, members: z.int(), services: z.int() }))
        .meta({ description: 'Of all members, the most frequent reason first.' }),
    }),
  },
  handler: async ({ params, query: { limit, cursor }, deps }) => {
    await requireIncident(deps.incidents, params.id);
    return { json: await deps.incidents.members(params.id, limit, cursor ?? null) };
  },
});
