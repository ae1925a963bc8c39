// GET /health: the process answers. GET /ready: it can do its work.

import { z } from 'zod';
import { route } from '../http/route.ts';
import { componentHealth } from '../schemas/health.ts';
import { instantMs } from '../schemas/scope.ts';

export const health = route({
  method: 'GET',
  path: '/health',
  permission: 'public',
  unlimited: true,
  summary: 'Liveness: answers without checking anything.',
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
  summary: 'Readiness: 503 while a required dependency is unreachable.',
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

const queues = z
  .strictObject({
    inboxPending: z.int(),
    inboxDead: z.int().meta({ description: 'Accepted, but not worked off after many tries.' }),
    inboxOldestMs: instantMs.nullable(),
    decisionsUndelivered: z.int(),
    approvalsPending: z.int(),
    incidentsOpen: z.int(),
    historyRows: z
      .int()
      .nullable()
      .meta({ description: 'Rows of telemetry that wait in this process to be written.' }),
  })
  .meta({ id: 'Queues' });

/** Always 200: it is read when something is wrong. */
export const healthDetailed = route({
  method: 'GET',
  path: '/health/detailed',
  permission: 'viewer',
  summary: 'Every dependency with its latency, queue lengths, version and uptime.',
  answers: {
    200: z.strictObject({
      status: z.enum(['ready', 'not-ready']),
      version: z.string(),
      node: z.string(),
      role: z.string(),
      startedAtMs: instantMs,
      uptimeSeconds: z.int(),
      components: z.array(componentHealth),
      queues: queues.nullable().meta({ description: 'Null while the store cannot be asked.' }),
    }),
  },
  handler: async ({ deps, log }) => {
    const { version, role, startedAtMs } = deps.about;
    const [components, depths] = await Promise.all([
      deps.components(),
      deps.queues.depths().catch((error: unknown) => {
        log.warn({ err: error }, 'could not count what waits');
        return null;
      }),
    ]);
    const isReady = components.every(({ ok, required }) => ok || !required);
    return {
      json: {
        status: isReady ? 'ready' : 'not-ready',
        version,
        node: deps.about.node,
        role,
        startedAtMs,
        uptimeSeconds: Math.max(0, Math.floor((deps.clock.nowMs() - startedAtMs) / 1000)),
        components,
        queues: depths,
      },
    };
  },
});
