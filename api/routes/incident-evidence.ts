// GET /api/v1/incidents/:id/evidence: what the diagnoses stand on, and the postmortem's draft.

import { z } from 'zod';
import { incidentParams, pageQuery } from '../http/fields.ts';
import { byNumber, pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { diagnosis, evidence } from '../schemas/analysis.ts';
import { outsideView } from '../schemas/outside.ts';
import { pageOf } from '../schemas/page.ts';

export const incidentEvidence = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/evidence',
  permission: 'viewer',
  summary: 'Evidence and diagnosis of an incident, and its draft postmortem.',
  params: incidentParams,
  query: z.strictObject(pageQuery),
  answers: {
    200: pageOf(evidence).extend({
      diagnosis: diagnosis.nullable(),
      postmortem: z.string().nullable(),
      outside: z.array(outsideView),
    }),
  },
  handler: async ({ params, query, deps }) => {
    const { state } = await requireIncident(deps.incidents, params.id);
    const [{ evidence: found, postmortem }, outside] = await Promise.all([
      deps.incidents.details(params.id),
      deps.incidents.outside(params.id),
    ]);
    const page = pageOfAll('evidence', found, byNumber, query);
    return { json: { ...page, diagnosis: state.diagnosis, postmortem, outside: [...outside] } };
  },
});
