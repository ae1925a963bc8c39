// GET /api/v1/incidents/:id/actions: every effect that passed the gate, and what became of it.

import { z } from 'zod';
import { intentStatuses } from '../../domain/remediation/intent.ts';
import { incidentParams, pageQuery } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { EffectRecord } from '../ports/effects.ts';
import { requireIncident } from '../present.ts';
import { direction } from '../schemas/event.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { actionId, actionParameters, targetRef } from '../schemas/plan.ts';
import { instantMs, sha256 } from '../schemas/scope.ts';

const effect = named<EffectRecord>()(
  'Effect',
  z.strictObject({
    id: z.string(),
    planHash: sha256,
    step: z.number(),
    direction,
    undoes: z.string().nullable().meta({ description: 'The effect that a compensation undoes.' }),
    action: actionId,
    target: targetRef,
    executor: z.string(),
    parameters: actionParameters,
    fence: z.number().meta({ description: 'Grows with every lease of the target.' }),
    status: z.enum(intentStatuses),
    result: z.string().nullable(),
    writtenAtMs: instantMs,
    sentAtMs: instantMs.nullable(),
    updatedAtMs: instantMs,
  }),
);

export const incidentActions = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/actions',
  permission: 'viewer',
  summary: 'Effects of an incident in the order they passed the gate, with their outcomes.',
  params: incidentParams,
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(effect) },
  handler: async ({ params, query: { limit, cursor }, deps }) => {
    const page = await deps.incidents.effects(params.id, limit, cursor ?? null);
    if (page.items.length === 0) await requireIncident(deps.incidents, params.id);
    return { json: page };
  },
});
