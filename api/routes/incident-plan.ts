// GET /api/incidents/:id/plan: every plan that was made, with what policy said; `current` is the one to decide on.

import { z } from 'zod';
import { incidentParams } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { approvalState } from '../schemas/incident.ts';
import { hashedPlan, verdict } from '../schemas/plan.ts';
import { sha256 } from '../schemas/scope.ts';

export const incidentPlan = route({
  method: 'GET',
  path: '/api/incidents/:id/plan',
  permission: 'viewer',
  summary: 'Plans of an incident with their verdicts; `current` is the hash of the latest.',
  params: incidentParams,
  answers: {
    200: z.strictObject({
      current: sha256.nullable(),
      approval: approvalState,
      plans: z.array(z.strictObject({ hashedPlan, verdict: verdict.nullable() })),
    }),
  },
  handler: async ({ params, deps }) => {
    const { state } = await requireIncident(deps.incidents, params.id);
    const { plans } = await deps.incidents.details(params.id);
    return { json: { current: state.hashedPlan?.planHash ?? null, approval: state.approval, plans } };
  },
});
