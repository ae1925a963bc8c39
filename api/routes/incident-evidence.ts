// GET /api/incidents/:id/evidence: what the diagnoses stand on, and the postmortem's draft.

import { z } from 'zod';
import { incidentParams } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { diagnosis, evidence } from '../schemas/analysis.ts';

export const incidentEvidence = route({
  method: 'GET',
  path: '/api/incidents/:id/evidence',
  permission: 'viewer',
  summary: 'Evidence of an incident with its diagnosis, and the draft of its postmortem.',
  params: incidentParams,
  answers: {
    200: z.strictObject({
      evidence: z.array(evidence),
      diagnosis: diagnosis.nullable(),
      postmortem: z.string().nullable(),
    }),
  },
  handler: async ({ params, deps }) => {
    const { state } = await requireIncident(deps.incidents, params.id);
    const { evidence, postmortem } = await deps.incidents.details(params.id);
    return { json: { evidence, diagnosis: state.diagnosis, postmortem } };
  },
});
