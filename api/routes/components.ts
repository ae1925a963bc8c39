// GET /api/components: the parts Sentinel stands on, with what is wrong with each.

import { route } from '../http/route.ts';

export const components = route({
  method: 'GET',
  path: '/api/components',
  permission: 'viewer',
  summary: 'Every part Sentinel stands on, reachable or not, with details.',
  handler: async ({ deps }) => ({ json: { items: await deps.components() } }),
});
