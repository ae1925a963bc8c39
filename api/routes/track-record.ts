// GET /api/v1/track-record, GET and POST /api/v1/breakers: what became of Sentinel's effects, and what follows when too many
// of them do not help.

import { z } from 'zod';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import { environment, freeText, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const dayMs = 86_400_000;
const mostRows = 5_000;
const count = z.int().min(0);

const actionRecord = z
  .strictObject({
    environment: z.string(),
    service: z.string(),
    action: z.string(),
    effects: count.meta({ description: 'Effects whose outcome is known.' }),
    helped: count,
    didNotHelp: count,
    failed: count,
    undone: count.meta({ description: 'Rollbacks of this action that were done.' }),
    notUndone: count.meta({ description: 'Rollbacks of this action that failed.' }),
    lastAtMs: instantMs,
  })
  .meta({ id: 'ActionRecord' });

export const trackRecord = route({
  method: 'GET',
  path: '/api/v1/track-record',
  permission: 'viewer',
  summary: "What became of Sentinel's actions and rollbacks, by environment, service and action.",
  query: z.strictObject({
    ...pageQuery,
    days: z.coerce.number().int().min(1).max(366).default(30).meta({ description: 'How far back.' }),
  }),
  answers: { 200: pageOf(actionRecord) },
  handler: async ({ query, deps }) => {
    const records = await deps.trackRecord.since(deps.clock.nowMs() - query.days * dayMs, mostRows);
    const key = (one: (typeof records)[number]) =>
      [one.environment, JSON.stringify([one.service, one.action])] as const;
    return { json: pageOfAll('track-record', records, key, query) };
  },
});

const breaker = z
  .strictObject({
    environment: z.string(),
    action: z.string().meta({ description: '`*` is for all actions of the environment.' }),
    openedAtMs: instantMs,
    reason: z.string(),
  })
  .meta({ id: 'Breaker' });

export const breakerList = route({
  method: 'GET',
  path: '/api/v1/breakers',
  permission: 'viewer',
  summary: 'The breakers that are open because too many actions did not help; only a person resets them.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(breaker) },
  handler: async ({ query, deps }) => {
    const open = await deps.trackRecord.openBreakers();
    return { json: pageOfAll('breakers', open, (one) => [one.environment, one.action], query) };
  },
});

export const breakerReset = route({
  method: 'POST',
  path: '/api/v1/breakers/reset',
  permission: 'operator',
  summary:
    'Resets a breaker: actions run again as policy allows, and what did not help before no longer counts.',
  body: z.strictObject({
    environment,
    action: z.enum([...actionIds, '*']).default('*'),
    reason: freeText(2000),
  }),
  example: {
    environment: 'production',
    action: 'restart',
    reason: 'the health check was broken, not the restarts',
  },
  answers: {
    200: z.strictObject({
      reset: z.boolean().meta({ description: 'False: no such breaker is open.' }),
    }),
  },
  handler: async ({ body, principal, log, deps }) => {
    const result = await deps.trackRecord.reset({ ...body, principal });
    if (!result.reset && result.reason === 'out-of-reach')
      throw new OutOfReach(principal.reach ?? {}, `the environment ${body.environment}`);
    if (result.reset)
      log.warn({ environment: body.environment, action: body.action }, 'breaker reset by a person');
    return { json: { reset: result.reset } };
  },
});
