// GET /api/v1/infrastructure-status: the things Sentinel could act on, as their executors see them now.

import { z } from 'zod';
import { availabilities, availabilityOf } from '../../domain/inventory/availability.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { environment, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { pageOf } from '../schemas/page.ts';
import { targetState } from '../schemas/plan.ts';

const observed = z
  .strictObject({
    health: z.enum(availabilities).meta({
      description: 'As many replicas serve as are wanted, fewer, none, or none are wanted (`stopped`).',
    }),
    runningReplicas: z.int(),
    state: targetState,
  })
  .meta({ id: 'ObservedTarget' });

export const infrastructureStatus = route({
  method: 'GET',
  path: '/api/v1/infrastructure-status',
  permission: 'viewer',
  summary: 'Targets of every executor, as it sees them now; executors that time out are `missing`.',
  query: z.strictObject({ ...pageQuery, environment: environment.optional() }),
  answers: {
    200: pageOf(observed).extend({
      missing: z.array(z.strictObject({ environment: z.string(), executor: z.string(), reason: z.string() })),
    }),
  },
  handler: async ({ query: { environment: only, ...page }, deps: { infrastructure } }) => {
    const asked = infrastructure.environments.filter((name) => only === undefined || name === only);
    const seen = await Promise.all(
      asked.map(async (name) => ({ name, ...(await infrastructure.observe(name)) })),
    );
    const targets = seen.flatMap((one) => one.targets.map(withHealth));
    const missing = seen.flatMap((one) => one.missing.map((each) => ({ environment: one.name, ...each })));
    return { json: { ...pageOfAll('targets', targets, placeOf, page), missing } };
  },
});

function withHealth(state: TargetState) {
  const runningReplicas = state.replicas.filter((replica) => replica.state === 'running').length;
  return { health: availabilityOf(state), runningReplicas, state } as const;
}

function placeOf({ state }: { readonly state: TargetState }): readonly [string, string] {
  const { environment, service, resource = '' } = state.target;
  return [environment, `${service} ${state.executor} ${resource}`.trimEnd()];
}
