// GET /api/v1/services: what is known of the services of each environment, and who calls whom.

import { z } from 'zod';
import { environment, pageQuery } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { KnownService } from '../ports/services.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const service = named<KnownService>()(
  'Service',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    calls: z.array(z.string()),
    calledBy: z.array(z.string()),
    seenAtMs: instantMs,
  }),
);

export const serviceList = route({
  method: 'GET',
  path: '/api/v1/services',
  permission: 'viewer',
  summary: 'Services seen in calls or incidents, with their callers and callees.',
  query: z.strictObject({ ...pageQuery, environment: environment.optional() }),
  answers: { 200: pageOf(service) },
  handler: async ({ query, deps }) => ({
    json: await deps.services.list(query.environment ?? null, query.limit, query.cursor ?? null),
  }),
});
