// One valid call of every route: what the tests of permissions and of bad input start from.

import { routes } from '../../api/routes/index.ts';
import { exampleSilence, exampleTerms } from '../support/memory-silences.ts';
import type { Call } from './client.ts';
import { createWorld, type World } from './in-memory.ts';
import { addIncident, planHash, ref } from './incidents.ts';

type ValidCall = {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Record<string, unknown>;
};

const agentId = '3b0c7e0e-6c1d-4b7e-9a51-0f0a8f2a7c11';
const page = { limit: '10' };
const filters = {
  status: 'closed',
  open: 'true',
  environment: 'production',
  service: 'orders',
  severity: 'critical',
};

export const validCalls: Readonly<Record<string, ValidCall>> = {
  'GET /api/v1/incidents': { path: '/api/v1/incidents', query: { limit: '10', ...filters } },
  'GET /api/v1/incidents/:id': { path: `/api/v1/incidents/${ref}` },
  'GET /api/v1/incidents/:id/members': { path: `/api/v1/incidents/${ref}/members`, query: { limit: '5' } },
  'GET /api/v1/incidents/:id/timeline': {
    path: `/api/v1/incidents/${ref}/timeline`,
    query: { after: '0', limit: '5' },
  },
  'GET /api/v1/incidents/:id/timeline/stream': {
    path: `/api/v1/incidents/${ref}/timeline/stream`,
    query: { after: '1' },
  },
  'GET /api/v1/stream': { path: '/api/v1/stream', query: { after: '1' } },
  'GET /api/v1/incidents/:id/evidence': { path: `/api/v1/incidents/${ref}/evidence`, query: page },
  'GET /api/v1/incidents/:id/plan': { path: `/api/v1/incidents/${ref}/plan`, query: page },
  'GET /api/v1/incidents/:id/actions': { path: `/api/v1/incidents/${ref}/actions`, query: page },
  'GET /api/v1/actions': { path: '/api/v1/actions', query: page },
  'POST /api/v1/policies/evaluate': {
    path: '/api/v1/policies/evaluate',
    body: {
      steps: [{ action: 'restart', environment: 'production', service: 'orders', risk: 'low' }],
      missing: ['history'],
      contested: false,
    },
  },
  'POST /api/v1/codec/decode': {
    path: '/api/v1/codec/decode',
    body: { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'Ingi' }] },
  },
  'GET /api/v1/series': {
    path: '/api/v1/series',
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
  'GET /api/v1/dead-letters': {
    path: '/api/v1/dead-letters',
    query: {
      ...page,
      kind: 'kafka',
      topic: 'sentinel.alerts',
      reason: 'not-json',
      since: '2026-01-01T00:00:00Z',
      until: '2026-01-02T00:00:00Z',
      replayed: 'false',
    },
  },
  'GET /api/v1/dead-letters/:id': { path: '/api/v1/dead-letters/kafka-0-42' },
  'POST /api/v1/dead-letters/replay': {
    path: '/api/v1/dead-letters/replay',
    body: { ids: ['kafka-0-42'], note: 'repaired' },
  },
  'GET /api/v1/explain': { path: '/api/v1/explain', query: { id: 'release-42' } },
  'GET /api/v1/services': { path: '/api/v1/services', query: { ...page, environment: 'production' } },
  'GET /api/v1/infrastructure-status': {
    path: '/api/v1/infrastructure-status',
    query: { ...page, environment: 'production' },
  },
  'GET /api/v1/inventory': { path: '/api/v1/inventory', query: { ...page, environment: 'production' } },
  'GET /api/v1/resource-usage': {
    path: '/api/v1/resource-usage',
    query: { ...page, environment: 'production' },
  },
  'GET /health/detailed': { path: '/health/detailed' },
  'GET /api/v1/incidents/:id/analysis': { path: `/api/v1/incidents/${ref}/analysis` },
  'POST /api/v1/incidents/:id/approvals': {
    path: `/api/v1/incidents/${ref}/approvals`,
    body: { planHash, decision: 'approve', reason: 'looks right' },
  },
  'POST /api/v1/incidents/:id/take-over': {
    path: `/api/v1/incidents/${ref}/take-over`,
    body: { reason: 'I am on it' },
  },
  'POST /api/v1/incidents/:id/abort': { path: `/api/v1/incidents/${ref}/abort`, body: { reason: 'a test' } },
  'POST /api/v1/incidents/:id/close': {
    path: `/api/v1/incidents/${ref}/close`,
    body: { reason: 'known, and harmless' },
  },
  'POST /api/v1/incidents/:id/notes': {
    path: `/api/v1/incidents/${ref}/notes`,
    body: { text: 'the database was slow too', noteId: 'note-1' },
  },
  'GET /api/v1/approvals/pending': { path: '/api/v1/approvals/pending', query: { limit: '10' } },
  'GET /api/v1/kill-switch': { path: '/api/v1/kill-switch', query: page },
  'GET /api/v1/silences': { path: '/api/v1/silences', query: { ...page, state: 'active' } },
  'POST /api/v1/silences': { path: '/api/v1/silences', body: { ...exampleTerms } },
  'GET /api/v1/silences/:id': { path: '/api/v1/silences/silence-3f2a9c0011' },
  'POST /api/v1/silences/:id': { path: '/api/v1/silences/silence-3f2a9c0011', body: { ...exampleTerms } },
  'POST /api/v1/silences/:id/end': {
    path: '/api/v1/silences/silence-3f2a9c0011/end',
    body: { reason: 'the load test is over' },
  },
  'POST /api/v1/silences/preview': {
    path: '/api/v1/silences/preview',
    body: { matchers: exampleTerms.matchers },
  },
  'GET /api/v1/incidents/:id/silenced': { path: `/api/v1/incidents/${ref}/silenced` },
  'GET /api/v1/silenced': {
    path: '/api/v1/silenced',
    query: { environment: 'production', service: 'orders' },
  },
  'GET /api/v1/track-record': { path: '/api/v1/track-record', query: { ...page, days: '7' } },
  'GET /api/v1/breakers': { path: '/api/v1/breakers', query: page },
  'POST /api/v1/breakers/reset': {
    path: '/api/v1/breakers/reset',
    body: { environment: 'production', action: '*', reason: 'the check was broken' },
  },
  'POST /api/v1/effects/:id/settle': {
    path: `/api/v1/effects/intent-${'0'.repeat(40)}/settle`,
    body: { happened: true, reason: 'the release is v1' },
  },
  'GET /api/v1/incidents/:id/standing': { path: `/api/v1/incidents/${ref}/standing`, query: page },
  'POST /api/v1/effects/:id/roll-back': {
    path: `/api/v1/effects/intent-${'0'.repeat(40)}/roll-back`,
    body: { reason: 'the release was fine' },
  },
  'POST /api/v1/kill-switch': {
    path: '/api/v1/kill-switch',
    body: { environment: 'production', engaged: true, reason: 'maintenance' },
  },
  'GET /api/v1/keys': { path: '/api/v1/keys', query: page },
  'POST /api/v1/keys': { path: '/api/v1/keys', body: { name: 'ci', role: 'viewer' } },
  'DELETE /api/v1/keys/:keyId': { path: '/api/v1/keys/key-viewer' },
  'POST /api/v1/login-link': { path: '/api/v1/login-link', body: { path: '/approvals' } },
  'GET /api/v1/audit/verification': { path: '/api/v1/audit/verification' },
  'GET /api/v1/audit': {
    path: '/api/v1/audit',
    query: {
      actor: 'a',
      action: 'b',
      subject: 'c',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00+01:00',
    },
  },
  'POST /api/v1/slack/events': { path: '/api/v1/slack/events' },
  'POST /api/v1/agent/hello': {
    path: '/api/v1/agent/hello',
    body: {
      ...{ protocol: 1, host: 'web1', version: '0.1.0', journal: agentId, clockMs: 1_700_000_000_000 },
      executors: [{ name: 'docker', type: 'docker', actions: ['restart'], environments: ['production'] }],
    },
  },
  'POST /api/v1/agent/next': { path: '/api/v1/agent/next', body: { session: agentId, holding: [agentId] } },
  'POST /api/v1/agent/permit': {
    path: '/api/v1/agent/permit',
    body: { session: agentId, id: agentId, first: true },
  },
  'POST /api/v1/agent/answer': {
    path: '/api/v1/agent/answer',
    body: { session: agentId, id: agentId, answer: { ok: true, value: [] } },
  },
  'GET /api/v1/components': { path: '/api/v1/components', query: page },
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
  world.silenced.silences.push(exampleSilence());
  world.breakers.push({
    environment: 'production',
    action: '*',
    openedAtMs: 0,
    reason: '3 of 12 did not help',
  });
  world.deadLetters.push({
    ...{ id: 'kafka-0-42', kind: 'kafka', source: 'sentinel.alerts/3/7', topic: 'sentinel.alerts' },
    ...{ key: 'production/orders', reason: 'not-json', detail: 'Unexpected token', failures: 1, atMs: 0 },
    ...{ replayedAtMs: null, replayedBy: null },
  });
  return world;
}
