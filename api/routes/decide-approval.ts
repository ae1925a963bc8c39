// POST /api/incidents/:id/approvals: a person's yes or no to exactly one plan.
//
// The decision is recorded first (Postgres is the authority) and told to the workflow second. A workflow that cannot
// be told now is no error for the caller: the record stays undelivered, and api/redelivery.ts hands it over.

import { z } from 'zod';
import { deliver } from '../delivery.ts';
import { decisionProblem } from '../errors.ts';
import { freeText, incidentParams, planHash } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { sha256 } from '../schemas/scope.ts';

export const decideApproval = route({
  method: 'POST',
  path: '/api/incidents/:id/approvals',
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
    const result = await deps.approvals.decide({
      incidentId: params.id,
      planHash: body.planHash,
      principal,
      decision,
      reason,
    });
    if (!result.recorded) {
      deps.metrics.count('sentinel_approval_decisions_total', { decision, result: result.reason });
      throw decisionProblem(result.reason, result.detail);
    }
    deps.metrics.count('sentinel_approval_decisions_total', {
      decision,
      result: result.repeated ? 'repeated' : 'recorded',
    });
    const delivered = await deliver(params.id, result.decision, { ...deps, log });
    return { json: { ...result.decision, repeated: result.repeated, delivered } };
  },
});
