// GET /api/approvals/pending: the open questions, those with the nearest deadline first.

import { z } from 'zod';
import { pageQuery } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { toUrlId } from '../incident-id.ts';
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
  })
  .meta({ id: 'PendingApproval' });

export const pendingApprovals = route({
  method: 'GET',
  path: '/api/approvals/pending',
  permission: 'viewer',
  summary: 'Approvals people are asked for now, nearest deadline first.',
  query: z.strictObject({ limit: pageQuery.limit }),
  answers: { 200: z.strictObject({ items: z.array(pendingApproval) }) },
  handler: async ({ query, deps }) => {
    const pending = await deps.approvals.pending(query.limit);
    const items = pending
      .map((approval) => ({ ...approval, ref: toUrlId(approval.incidentId) }))
      .sort((a, b) => a.deadlineMs - b.deadlineMs);
    return { json: { items } };
  },
});
