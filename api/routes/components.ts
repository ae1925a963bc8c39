// GET /api/components: the parts Sentinel stands on, with what is wrong with each.

import { z } from 'zod';
import { route } from '../http/route.ts';
import { componentHealth } from '../schemas/health.ts';

export const components = route({
  method: 'GET',
  path: '/api/components',
  permission: 'viewer',
  summary: 'Every part Sentinel stands on, reachable or not, with details.',
  answers: { 200: z.strictObject({ items: z.array(componentHealth) }) },
  handler: async ({ deps }) => ({ json: { items: await deps.components() } }),
});
