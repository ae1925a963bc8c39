// POST /api/v1/incidents/:id/approvals: a person's yes or no to exactly one plan.

import { z } from 'zod';
import { decideOnPlan } from '../decisions.ts';
import { decisionProblem } from '../errors.ts';
import { freeText, incidentParams, planHash } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { sha256 } from '../schemas/scope.ts';

export const decideApproval = route({
  method: 'POST',
  path: '/api/v1/incidents/:id/approvals',
  permission: 'operator',
  summary: 'Approves or rejects the plan with this hash; a rejection needs a reason.',
  params: incidentParams,
  body: z
    .strictObject({
      planHash,
      decision: z.enum(['approve', 'reject']),
      reason: freeText(2000).optional(),
    })
    .refine(({ decision, reason }) => decision === 'approve' || reason !== undefined, {
      path: ['reason'],
      error: 'is needed to reject',
    })
    .meta({
      anyOf: [{ properties: { decision: { const: 'approve' } } }, { required: ['reason'] }],
    }),
  example: {
    planHash: 'ab12'.repeat(16),
    decision: 'approve',
    reason: 'the release is the cause',
  },
  answers: {
    200: z.strictObject({
      approvalId: z.string(),
      planHash: sha256,
      actor: z.string(),
      decision: z.enum(['approve', 'reject']),
      reason: z.string(),
      repeated: z.boolean(),
      delivered: z.boolean(),
    }),
  },
  problems: ['conflict', 'expired'],
  handler: async ({ params, body, principal, log, deps }) => {
    const { decision, reason = '' } = body;
    const result = await decideOnPlan(
      { incidentId: params.id, planHash: body.planHash, principal, decision, reason },
      { ...deps, log },
    );
    if (!result.recorded) throw decisionProblem(result.reason, result.detail);
    return { json: { ...result.decision, repeated: result.repeated, delivered: result.delivered } };
  },
});
