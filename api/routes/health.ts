// GET /health: the process answers. GET /ready: it can do its work.

import { route } from '../http/route.ts';

export const health = route({
  method: 'GET',
  path: '/health',
  permission: 'public',
  summary: 'Liveness: answers without looking at anything.',
  handler: async () => ({ json: { status: 'ok' } }),
});

/** Says which part is missing, not where it runs or why: anybody may ask. */
export const ready = route({
  method: 'GET',
  path: '/ready',
  permission: 'public',
  summary: 'Readiness: 503 while a required part cannot be reached.',
  handler: async ({ deps }) => {
    const components = await deps.components();
    const isReady = components.every(({ ok, required }) => ok || !required);
    const shown = components.map(({ name, ok, required }) => ({ name, ok, required }));
    return {
      status: isReady ? 200 : 503,
      json: { status: isReady ? 'ready' : 'not-ready', components: shown },
    };
  },
});
