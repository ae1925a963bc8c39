// GET /api/v1/incidents/:id/standing: what Sentinel did and still stands. POST /api/v1/effects/:id/roll-back: an admin asks that it is
// undone.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { effectParams, freeText, incidentParams, pageQuery } from '../http/fields.ts';
import { byNumber, pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import type { OpenRollback, RollbackRefusal, StandingEffect } from '../ports/rollbacks.ts';
import { requireIncident } from '../present.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';
import { requestRollback } from '../rollbacks.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { actionId, targetRef } from '../schemas/plan.ts';
import { instantMs } from '../schemas/scope.ts';

const openRollback = named<OpenRollback>()(
  'OpenRollback',
  z.strictObject({
    requestId: z.string(),
    by: z.array(z.string()).meta({ description: 'Who has asked for it and counts.' }),
    quorum: z.number(),
    expiresAtMs: instantMs,
  }),
);

const standingEffect = named<StandingEffect>()(
  'StandingEffect',
  z.strictObject({
    effectId: z.string(),
    action: actionId,
    target: targetRef,
    status: z.enum(['applied', 'uncertain', 'sent']),
    sinceMs: instantMs,
    undo: z
      .string()
      .nullable()
      .meta({ description: 'What undoing it does; null where there is no way back.' }),
    quorum: z.number().meta({ description: 'How many admins have to ask for a rollback.' }),
    objection: z
      .string()
      .nullable()
      .meta({ description: 'Why it cannot be rolled back; null where it can.' }),
    request: openRollback
      .nullable()
      .meta({ description: 'A rollback that was asked for and has not ended.' }),
  }),
);

export const standingEffects = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/standing',
  permission: 'viewer',
  summary: 'Effects of an incident that still stand, and whether each can be rolled back.',
  params: incidentParams,
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(standingEffect) },
  handler: async ({ params, query, deps }) => {
    await requireIncident(deps.incidents, params.id);
    return { json: pageOfAll('standing', await deps.rollbacks.standing(params.id), byNumber, query) };
  },
});

export const rollBackEffect = route({
  method: 'POST',
  path: '/api/v1/effects/:id/roll-back',
  permission: 'admin',
  summary: 'Asks that an effect is undone. A high-risk undo needs a second admin to ask, too.',
  params: effectParams,
  body: z.strictObject({ reason: freeText(2000) }),
  example: { reason: 'the release was fine, the database was not' },
  answers: {
    200: z.strictObject({
      granted: z.boolean().meta({ description: 'Enough people have asked: it is being carried out.' }),
      repeated: z.boolean(),
      tookOver: z
        .boolean()
        .meta({ description: 'Sentinel was at work on the incident; whoever asked has it in hand now.' }),
      request: openRollback,
    }),
  },
  problems: ['not-found', 'conflict'],
  handler: async ({ params, body, principal, log, deps }) => {
    const result = await requestRollback({ effectId: params.id, principal, ...body }, { ...deps, log });
    if (!result.recorded) {
      const { reason, detail } = result;
      if (reason === 'out-of-reach') throw new OutOfReach(principal.reach ?? {}, 'the target of this effect');
      throw new ApiProblem(kinds[reason], detail, { reason });
    }
    const { repeated, tookOver, request, order } = result;
    return { json: { granted: order !== null, repeated, tookOver, request } };
  },
});

const kinds = {
  'unknown-effect': 'not-found',
  'role-too-low': 'forbidden',
  'not-standing': 'conflict',
  'under-way': 'conflict',
  'no-inverse': 'conflict',
  'not-last': 'conflict',
} as const satisfies Record<Exclude<RollbackRefusal, 'out-of-reach'>, string>;
