// GET /api/v1/inventory: what each target is, and which services have none.

import { z } from 'zod';
import { availabilities } from '../../domain/inventory/availability.ts';
import { environment, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { type InventoryRow, readInventory } from '../inventory.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { targetOwner } from '../schemas/plan.ts';

const row = named<InventoryRow>()(
  'InventoryTarget',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    key: z.string().meta({ description: 'What leases and limits go by: `docker/web1/orders`.' }),
    words: z.string(),
    executor: z.string(),
    availability: z
      .enum(availabilities)
      .meta({ description: 'As many replicas serve as are wanted, fewer, none, or none are wanted.' }),
    servingReplicas: z.int(),
    desiredReplicas: z.number(),
    rollout: z.string().nullable().meta({ description: 'How far a rollout in progress is.' }),
    owner: targetOwner
      .nullable()
      .meta({ description: 'The controller that would take back the actions it `reverts`.' }),
    team: z.string().nullable(),
    tier: z.string().nullable(),
    protected: z.string().nullable().meta({ description: 'Why nothing may act on it.' }),
    unresolved: z
      .string()
      .nullable()
      .meta({ description: 'Why Sentinel would not act on it for its service.' }),
  }),
);

export const inventoryList = route({
  method: 'GET',
  path: '/api/v1/inventory',
  permission: 'viewer',
  summary: 'Every target with what is known of it, and the services that have none, with the reason.',
  query: z.strictObject({ ...pageQuery, environment: environment.optional() }),
  answers: {
    200: pageOf(row).extend({
      without: z.array(z.strictObject({ environment: z.string(), service: z.string(), reason: z.string() })),
      missing: z.array(z.strictObject({ environment: z.string(), executor: z.string(), reason: z.string() })),
    }),
  },
  handler: async ({ query: { environment: only, ...page }, deps }) => {
    const { targets, without, missing } = await readInventory(deps, only);
    return { json: { ...pageOfAll('inventory-targets', targets, placeOf, page), without, missing } };
  },
});

function placeOf({ environment: where, service, executor, key }: InventoryRow): readonly [string, string] {
  return [where, `${service} ${executor} ${key}`];
}
