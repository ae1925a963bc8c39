// POST /api/v1/effects/:id/settle: a person says what became of an effect that nobody could tell of.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { effectParams, freeText } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';

const refusals = {
  'not-open': 'the outcome of this effect is known; there is nothing to settle',
  'under-way':
    'Sentinel is still finding out what became of this effect; take the incident over or wait for its end',
} as const;

export const settleEffect = route({
  method: 'POST',
  path: '/api/v1/effects/:id/settle',
  permission: 'operator',
  summary:
    'Settles an effect of unknown outcome after somebody checked the target; the target is free again afterwards.',
  params: effectParams,
  body: z.strictObject({
    happened: z.boolean({ error: 'expected true or false' }),
    reason: freeText(2000),
  }),
  example: { happened: false, reason: 'the release is still v2, and the deployment log has nothing' },
  answers: { 200: z.strictObject({ settled: z.literal(true) }) },
  problems: ['not-found', 'conflict'],
  handler: async ({ params, body, principal, log, deps }) => {
    const result = await deps.effects.settle({ effectId: params.id, principal, ...body });
    if (!result.settled) {
      if (result.reason === 'unknown') throw new ApiProblem('not-found', `there is no effect ${params.id}`);
      if (result.reason === 'out-of-reach')
        throw new OutOfReach(principal.reach ?? {}, 'the target of this effect');
      throw new ApiProblem('conflict', refusals[result.reason]);
    }
    log.warn({ effectId: params.id, happened: body.happened }, 'effect settled by a person');
    return { json: { settled: true as const } };
  },
});
