// GET /api/v1/incidents/:id/plan: every plan that was made, with what policy said; `current` is the one to decide on.

import { z } from 'zod';
import { incidentParams, pageQuery } from '../http/fields.ts';
import { byNumber, pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { approvalState } from '../schemas/incident.ts';
import { pageOf } from '../schemas/page.ts';
import { hashedPlan, verdict } from '../schemas/plan.ts';
import { sha256 } from '../schemas/scope.ts';

const judgedPlan = z.strictObject({ hashedPlan, verdict: verdict.nullable() }).meta({ id: 'JudgedPlan' });

export const incidentPlan = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/plan',
  permission: 'viewer',
  summary: 'Plans of an incident with their verdicts; `current` is the hash of the latest.',
  params: incidentParams,
  query: z.strictObject(pageQuery),
  answers: {
    200: pageOf(judgedPlan).extend({ current: sha256.nullable(), approval: approvalState }),
  },
  handler: async ({ params, query, deps }) => {
    const { state } = await requireIncident(deps.incidents, params.id);
    const { plans } = await deps.incidents.details(params.id);
    const page = pageOfAll('plans', plans, byNumber, query);
    return { json: { ...page, current: state.hashedPlan?.planHash ?? null, approval: state.approval } };
  },
});
