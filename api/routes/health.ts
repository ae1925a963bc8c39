// GET /health: the process answers. GET /ready: it can do its work.

import { z } from 'zod';
import { route } from '../http/route.ts';

export const health = route({
  method: 'GET',
  path: '/health',
  permission: 'public',
  summary: 'Liveness: answers without looking at anything.',
  answers: { 200: z.strictObject({ status: z.literal('ok') }) },
  handler: async () => ({ json: { status: 'ok' } }),
});

const readiness = z.strictObject({
  status: z.enum(['ready', 'not-ready']),
  components: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), required: z.boolean() })),
});

/** Says which part is missing, not where it runs or why: anybody may ask. */
export const ready = route({
  method: 'GET',
  path: '/ready',
  permission: 'public',
  summary: 'Readiness: 503 while a required part cannot be reached.',
  answers: { 200: readiness, 503: readiness },
  handler: async ({ deps }) => {
    const components = await deps.components();
    const isReady = components.every(({ ok, required }) => ok || !required);
    const shown = components.map(({ name, ok, required }) => ({ name, ok, required }));
    return isReady
      ? { json: { status: 'ready', components: shown } }
      : { status: 503, json: { status: 'not-ready', components: shown } };
  },
});
