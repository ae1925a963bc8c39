// GET and POST /api/v1/kill-switch: while it is engaged for an environment (or `*`), no effect passes the gate.

import { z } from 'zod';
import { reaches } from '../../domain/policy/reach.ts';
import type { ApiDeps } from '../deps.ts';
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
    releasedBy: z
      .enum(['operator', 'admin'])
      .meta({ description: 'The least role that may release it: `admin` for what an admin has engaged.' }),
  })
  .meta({ id: 'KillSwitch' });

export const killSwitchList = route({
  method: 'GET',
  path: '/api/v1/kill-switch',
  permission: 'viewer',
  summary: 'The kill switch of every environment it was ever set for; `*` means all.',
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
    'Engages or releases the kill switch of an environment, or of all with `*`. If an admin engaged it, only an admin can release it.',
  body: z.strictObject({
    environment: environment.default('*'),
    engaged: z.boolean({ error: 'expected true or false' }),
    reason: freeText(2000),
  }),
  example: { environment: 'production', engaged: true, reason: 'maintenance' },
  answers: { 200: z.strictObject({ environment: z.string(), engaged: z.boolean() }) },
  handler: async ({ body, principal, log, deps }) => {
    // What is not reached is refused, and audited, by the store; whether it exists is not told.
    const isReached = reaches(principal.reach, body.environment, null);
    if (body.engaged && isReached) await requireKnown(body.environment, deps);
    const result = await deps.killSwitch.set(body.environment, body.engaged, principal, body.reason);
    if (!result.set) throw new ApiProblem('forbidden', `${result.detail}.`, { reason: result.reason });
    log.warn({ environment: body.environment, engaged: body.engaged }, 'kill switch set');
    return { json: { environment: body.environment, engaged: body.engaged } };
  },
});

/** A switch for a misspelt environment would stop nothing, and look as if it did. Known is what is configured or was heard of. */
async function requireKnown(name: string, deps: ApiDeps): Promise<void> {
  if (name === '*') return;
  const configured = [...deps.infrastructure.environments, ...Object.keys(deps.policy.environments)];
  if (configured.includes(name)) return;
  if ((await deps.services.list(name, 1, null)).items.some((one) => one.environment === name)) return;
  const [switches, services] = await Promise.all([
    deps.killSwitch.list(),
    deps.services.list(null, 200, null),
  ]);
  const heard = [...switches, ...services.items]
    .map(({ environment: one }) => one)
    .filter((one) => one !== '*');
  if (switches.some(({ environment: one }) => one === name)) return;
  const known = [...new Set([...configured, ...heard])].sort();
  const message = `is not known; there is ${known.length === 0 ? 'none yet' : known.join(', ')}, and * for all`;
  throw new ApiProblem('invalid-input', `environment ${message}`, {
    errors: [{ field: 'environment', message }],
  });
}
