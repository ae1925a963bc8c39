// GET /api/v1/approvals/pending: the open questions, those with the nearest deadline first.

import { z } from 'zod';
import { pageQuery } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { toUrlId } from '../incident-id.ts';
import { pageOf } from '../schemas/page.ts';
import { role } from '../schemas/plan.ts';
import { instantMs, sha256 } from '../schemas/scope.ts';

const pendingApproval = z
  .strictObject({
    incidentId: z.string(),
    ref: z.string(),
    planHash: sha256,
    role,
    quorum: z.int(),
    approvals: z.int(),
    requestedAtMs: instantMs,
    deadlineMs: instantMs,
    because: z.string().nullable().meta({
      description: 'Why it is asked although the plan was granted before; null the first time.',
    }),
  })
  .meta({ id: 'PendingApproval' });

export const pendingApprovals = route({
  method: 'GET',
  path: '/api/v1/approvals/pending',
  permission: 'viewer',
  summary: 'Pending approvals, nearest deadline first.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(pendingApproval) },
  handler: async ({ query: { limit, cursor }, deps }) => {
    const { items, nextCursor } = await deps.approvals.pending(limit, cursor ?? null);
    return {
      json: {
        items: items.map((approval) => ({ ...approval, ref: toUrlId(approval.incidentId) })),
        nextCursor,
      },
    };
  },
});
