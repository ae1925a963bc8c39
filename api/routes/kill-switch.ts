// GET and POST /api/v1/kill-switch: while it is engaged for an environment (or `*`), no effect passes the gate.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { environment, freeText, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const killSwitch = z
  .strictObject({
    environment: z.string(),
    engaged: z.boolean(),
    by: z.string(),
    reason: z.string(),
    atMs: instantMs,
  })
  .meta({ id: 'KillSwitch' });

export const killSwitchList = route({
  method: 'GET',
  path: '/api/v1/kill-switch',
  permission: 'viewer',
  summary: 'The kill switch of every environment it was ever set for; `*` stands for all.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(killSwitch) },
  handler: async ({ query, deps }) => {
    const switches = await deps.killSwitch.list();
    return { json: pageOfAll('kill-switch', switches, ({ environment: name }) => [name, ''], query) };
  },
});

export const killSwitchSet = route({
  method: 'POST',
  path: '/api/v1/kill-switch',
  permission: 'operator',
  summary:
    'Engages or releases the kill switch of an environment, or of all with `*`; what an admin engaged only an admin releases.',
  body: z.strictObject({
    environment: environment.default('*'),
    engaged: z.boolean({ error: 'expected true or false' }),
    reason: freeText(2000),
  }),
  example: { environment: 'production', engaged: true, reason: 'maintenance' },
  answers: { 200: z.strictObject({ environment: z.string(), engaged: z.boolean() }) },
  handler: async ({ body, principal, log, deps }) => {
    const result = await deps.killSwitch.set(body.environment, body.engaged, principal, body.reason);
    if (!result.set) throw new ApiProblem('forbidden', `${result.detail}.`, { reason: result.reason });
    log.warn({ environment: body.environment, engaged: body.engaged }, 'kill switch set');
    return { json: { environment: body.environment, engaged: body.engaged } };
  },
});
