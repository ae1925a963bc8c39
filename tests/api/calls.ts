// One valid call of every route: what the tests of permissions and of bad input start from.

import { routes } from '../../api/routes/index.ts';
import type { Call } from './client.ts';
import { createWorld, type World } from './in-memory.ts';
import { addIncident, planHash, ref } from './incidents.ts';

type ValidCall = {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Record<string, unknown>;
};

const page = { limit: '10' };
const filters = {
  status: 'closed',
  open: 'true',
  environment: 'production',
  service: 'orders',
  severity: 'critical',
};

export const validCalls: Readonly<Record<string, ValidCall>> = {
  'GET /api/incidents': { path: '/api/incidents', query: { limit: '10', ...filters } },
  'GET /api/incidents/:id': { path: `/api/incidents/${ref}` },
  'GET /api/incidents/:id/timeline': {
    path: `/api/incidents/${ref}/timeline`,
    query: { after: '0', limit: '5' },
  },
  'GET /api/incidents/:id/timeline/stream': {
    path: `/api/incidents/${ref}/timeline/stream`,
    query: { after: '1' },
  },
  'GET /api/stream': { path: '/api/stream', query: { after: '1' } },
  'GET /api/incidents/:id/evidence': { path: `/api/incidents/${ref}/evidence`, query: page },
  'GET /api/incidents/:id/plan': { path: `/api/incidents/${ref}/plan`, query: page },
  'GET /api/incidents/:id/actions': { path: `/api/incidents/${ref}/actions`, query: page },
  'GET /api/actions': { path: '/api/actions', query: page },
  'POST /api/policies/evaluate': {
    path: '/api/policies/evaluate',
    body: {
      steps: [{ action: 'restart', environment: 'production', service: 'orders', risk: 'low' }],
      missing: ['history'],
      contested: false,
    },
  },
  'GET /api/series': {
    path: '/api/series',
    query: {
      kind: 'metrics',
      environment: 'production',
      service: 'orders',
      metric: 'process.memory.usage',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00+01:00',
      points: '100',
    },
  },
  'GET /api/services': { path: '/api/services', query: { ...page, environment: 'production' } },
  'GET /api/infrastructure-status': {
    path: '/api/infrastructure-status',
    query: { ...page, environment: 'production' },
  },
  'GET /health/detailed': { path: '/health/detailed' },
  'GET /api/incidents/:id/analysis': { path: `/api/incidents/${ref}/analysis` },
  'POST /api/incidents/:id/approvals': {
    path: `/api/incidents/${ref}/approvals`,
    body: { planHash, decision: 'approve', reason: 'looks right' },
  },
  'POST /api/incidents/:id/take-over': {
    path: `/api/incidents/${ref}/take-over`,
    body: { reason: 'I am on it' },
  },
  'POST /api/incidents/:id/abort': { path: `/api/incidents/${ref}/abort`, body: { reason: 'a test' } },
  'POST /api/incidents/:id/notes': {
    path: `/api/incidents/${ref}/notes`,
    body: { text: 'the database was slow too', noteId: 'note-1' },
  },
  'GET /api/approvals/pending': { path: '/api/approvals/pending', query: { limit: '10' } },
  'GET /api/kill-switch': { path: '/api/kill-switch', query: page },
  'POST /api/kill-switch': {
    path: '/api/kill-switch',
    body: { environment: 'production', engaged: true, reason: 'maintenance' },
  },
  'GET /api/keys': { path: '/api/keys', query: page },
  'POST /api/keys': { path: '/api/keys', body: { name: 'ci', role: 'viewer' } },
  'DELETE /api/keys/:keyId': { path: '/api/keys/key-viewer' },
  'POST /api/login-link': { path: '/api/login-link', body: { path: '/approvals' } },
  'GET /api/audit': {
    path: '/api/audit',
    query: {
      actor: 'a',
      action: 'b',
      subject: 'c',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00+01:00',
    },
  },
  'POST /api/slack/events': { path: '/api/slack/events' },
  'GET /api/components': { path: '/api/components', query: page },
  'GET /health': { path: '/health' },
  'GET /ready': { path: '/ready' },
  'GET /metrics': { path: '/metrics' },
  'GET /openapi.json': { path: '/openapi.json' },
  'GET /docs': { path: '/docs' },
  'GET /docs/style.css': { path: '/docs/style.css' },
};

export type RouteCase = {
  readonly name: string;
  readonly route: (typeof routes)[number];
  readonly valid: ValidCall;
};

/** Every route with its valid call; a route without one fails here, so none can stay untested. */
export const routeCases: readonly RouteCase[] = routes.map((route) => {
  const name = `${route.method} ${route.path}`;
  const valid = validCalls[name];
  if (valid === undefined) throw new Error(`tests/api/calls.ts has no valid call of ${name}`);
  return { name, route, valid };
});

export function toRequest(
  { route, valid }: RouteCase,
  changes: Partial<ValidCall> = {},
): [path: string, call: Call] {
  const { path, query, body } = { ...valid, ...changes };
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
  return [`${path}${search}`, { method: route.method, ...(body === undefined ? {} : { body }) }];
}

/** A world with one incident that waits for approval. */
export function worldWithIncident(): World {
  const world = createWorld();
  addIncident(world);
  return world;
}
