// GET /api/v1/components: the parts Sentinel depends on, with what is wrong with each.

import { z } from 'zod';
import { pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { componentHealth } from '../schemas/health.ts';
import { pageOf } from '../schemas/page.ts';

export const components = route({
  method: 'GET',
  path: '/api/v1/components',
  permission: 'viewer',
  summary: 'Every dependency, reachable or not, with details.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(componentHealth) },
  handler: async ({ query, deps }) => ({
    json: pageOfAll('components', await deps.components(), ({ name }) => [name, ''], query),
  }),
});
