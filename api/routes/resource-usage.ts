// GET /api/v1/resource-usage: how full the machines of the services are now.

import { z } from 'zod';
import type { Usage } from '../../domain/infrastructure/usage.ts';
import { environment, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { readResources, type ServiceResources } from '../resource-usage.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const usage = named<Usage>()(
  'Usage',
  z.strictObject({
    share: z
      .number()
      .nullable()
      .meta({ description: '`used` of `limit`, 0..1, of the instance that is closest to its limit.' }),
    used: z.number().nullable().meta({ description: 'Cores, or bytes.' }),
    limit: z.number().nullable(),
  }),
);

const resources = named<ServiceResources>()(
  'ServiceResources',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    instances: z.int(),
    cpu: usage.nullable(),
    memory: usage.nullable(),
    disk: usage.nullable(),
    network: z.strictObject({ receivedPerSecond: z.number(), sentPerSecond: z.number() }).nullable(),
    containers: z
      .strictObject({ running: z.int(), wanted: z.int() })
      .nullable()
      .meta({ description: 'As executors see them; null where no executor does.' }),
    seenAtMs: instantMs.nullable(),
  }),
);

export const resourceUsage = route({
  method: 'GET',
  path: '/api/v1/resource-usage',
  permission: 'viewer',
  summary: 'CPU, memory, disk, network and containers of every service, over the last 15 minutes.',
  query: z.strictObject({ ...pageQuery, environment: environment.optional() }),
  answers: {
    200: pageOf(resources).extend({
      missing: z.array(z.strictObject({ source: z.string(), reason: z.string() })),
    }),
  },
  handler: async ({ query: { environment: only, ...page }, deps }) => {
    const { services, missing } = await readResources(deps);
    const asked = services.filter((row) => only === undefined || row.environment === only);
    return { json: { ...pageOfAll('resources', asked, placeOf, page), missing } };
  },
});

function placeOf({ environment: name, service }: ServiceResources): readonly [string, string] {
  return [name, service];
}
