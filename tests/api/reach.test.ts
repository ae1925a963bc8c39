// A key with a reach: every route that there is, asked with a key that does not reach the only incident. None may tell of it or
// change it; and a key that does reach it gets what it would get without limits.

import { describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { createRefusalAudit } from '../../api/http/refusal-audit.ts';
import type { Principal } from '../../api/ports/principal.ts';
import { depsWithin } from '../../api/reach/deps-within.ts';
import type { Reach } from '../../domain/policy/reach.ts';
import { exampleSilence } from '../support/memory-silences.ts';
import { type RouteCase, routeCases, toRequest, worldWithIncident } from './calls.ts';
import { clientOf } from './client.ts';
import type { World } from './in-memory.ts';
import { addIncident, happen, incidentId, modelTurn, planHash } from './incidents.ts';

const place = { environment: 'production', service: 'orders' };
const who = { keyId: 'key-admin', name: 'admin-person', role: 'admin', person: 'admin-person' } as const;

/** One incident, and everything that a route could tell of its service. */
function fullWorld(): World {
  const world = worldWithIncident();
  const asked = { role: 'operator', quorum: 1, approvals: 0, because: null } as const;
  world.pending = [{ incidentId, planHash, ...asked, requestedAtMs: 0, deadlineMs: 1_700_000_600_000 }];
  world.services = [{ ...place, calls: ['payments'], calledBy: [], seenAtMs: 0 }];
  world.modelTurns = [modelTurn({ prompt: 'why does orders fail?' })];
  const found = { provenance: 'measured', scope: place, fromMs: 0, toMs: 1, figures: {} } as const;
  world.evidence = [{ id: 'E1', source: 'history', finding: 'orders fails', ...found }];
  const step = { planHash, step: 0, direction: 'forward', undoes: null, action: 'restart' } as const;
  const state = { status: 'applied', result: null, writtenAtMs: 0, sentAtMs: 0, updatedAtMs: 0 } as const;
  world.effects = [
    { id: 'effect-1', ...step, ...state, target: place, executor: 'cluster', parameters: {}, fence: 1 },
  ];
  world.standing = [
    {
      ...{ effectId: 'effect-1', action: 'restart', status: 'applied', sinceMs: 0, target: place },
      ...{ undo: null, quorum: 1, objection: 'nothing to undo', request: null },
    },
  ];
  world.members.push({
    ...{ anomalyId: 'a-1', service: 'orders', severity: 'warning', title: 'slow', assignedAtMs: 0 },
    ...{ reason: 'opened', why: 'it is the first', recorded: true },
  });
  world.budgets = [
    {
      ...{
        ...place,
        kind: 'errors',
        objective: 0.9995,
        windowMs: 30 * 86_400_000,
        left: -0.25,
        burnHour: 14.44,
      },
      ...{ counted: 0.5, calls: 2_000, missed: 2, atMs: 0 },
    },
  ];
  world.series = [{ name: 'calls', labels: { service: 'orders' }, points: [] }];
  world.samples = [
    { ...place, instance: 'i-1', metric: 'system.cpu.utilization', attributes: '', atMs: 0, value: 0.5 },
  ];
  world.audit = [
    { seq: 1, atMs: 0, actor: 'a', action: 'b', subject: incidentId, reason: '', planHash, canonical: '{}' },
  ];
  const counts = { effects: 3, helped: 2, didNotHelp: 1, failed: 0, undone: 1, notUndone: 0, lastAtMs: 0 };
  world.actionRecords = [{ ...place, action: 'restart', ...counts }];
  world.breakers.splice(0, 1, {
    ...{ environment: 'production', action: '*' },
    openedAtMs: 0,
    reason: 'orders',
  });
  world.switches.push({
    environment: 'production',
    engaged: true,
    by: 'ada',
    reason: 'orders',
    atMs: 0,
    releasedBy: 'operator',
  });
  const refused = { signal: 'logs', reason: 'late', records: 1, example: '', firstAtMs: 0, lastAtMs: 0 };
  world.explained.set('release-42', { items: [], refused: [{ ...place, ...refused }] });
  world.silenced.findings.set('silence-3f2a9c0011', [
    {
      ...{ anomalyId: 'a-9', ...place, severity: 'warning', summary: 'slow' },
      ...{ firstAtMs: 0, lastAtMs: 0, dueAtMs: null },
    },
  ]);
  const occurrence = { startsAtMs: 0, endsAtMs: 1 };
  const held = { silence: exampleSilence(), occurrence };
  world.silenced.here = { notifications: held, incidents: null, actions: null };
  world.silenced.preview = {
    incidents: [{ incidentId, title: 'orders', ...place, severity: 'critical', matched: 1, findings: 1 }],
    of: 1,
  };
  const known = { release: 'v1', config: 'c1', supports: [] };
  world.observed = {
    targets: [{ target: place, executor: 'cluster', desiredReplicas: 1, replicas: [], ...known }],
    missing: [],
  };
  return world;
}

async function ask(routeCase: RouteCase, reach: Reach | undefined) {
  const world = fullWorld();
  const made = { name: 'limited', role: 'admin', ...(reach === undefined ? {} : { reach }) } as const;
  const { key } = await world.deps.apiKeys.create(made, who);
  const before = changesOf(world);
  // The valid call of the list filters by everything at once, and finds nothing.
  const isList = routeCase.name === 'GET /api/v1/incidents';
  const [path, call] = toRequest(routeCase, isList ? { query: { limit: '10' } } : {});
  const answer = await clientOf(world)(path, { ...call, key });
  const settled = routeCase.name.endsWith('/settle') && answer.status === 200;
  const tells = answer.status < 300 && /orders/.test(answer.text);
  return { answer, tells, changes: settled || changesOf(world) !== before };
}

/** What the ports were told to do, and which keys hold. */
function changesOf(world: World): string {
  const { told, undelivered, switches, silenced, stops, breakers, rolledBack, begun, replayed } = world;
  return JSON.stringify([
    told,
    undelivered,
    switches,
    silenced.silences,
    [...stops],
    breakers,
    rolledBack,
    begun,
    replayed,
  ]);
}

/** What agents say needs their own keys, which have no reach: no other key is answered there, whatever it reaches. */
const asked = routeCases.filter(({ route }) => route.permission !== 'public' && route.permission !== 'agent');

describe('a key that does not reach the incident', () => {
  test.each(asked)('$name tells nothing of it and changes nothing', async (routeCase) => {
    const { answer, tells, changes } = await ask(routeCase, { environments: ['staging'] });
    expect([200, 201, 403, 404]).toContain(answer.status);
    if (answer.status === 403) expect(answer.json).toMatchObject({ reason: 'out-of-reach' });
    expect({ tells, changes }).toEqual({ tells: false, changes: false });
  });

  test.each(asked)('$name neither, when it reaches another service of the environment', async (routeCase) => {
    const { tells, changes } = await ask(routeCase, { environments: ['production'], services: ['pay*'] });
    // That nothing runs in an environment is told to all who reach anything there.
    const isOfAll = ['GET /api/v1/kill-switch', 'GET /api/v1/breakers'].includes(routeCase.name);
    expect({ tells, changes }).toEqual({ tells: isOfAll, changes: false });
  });
});

/** Of all environments at once. */
const onlyWithoutLimits = [
  'GET /api/v1/keys',
  'POST /api/v1/keys',
  'DELETE /api/v1/keys/:keyId',
  'GET /api/v1/audit/verification',
  'GET /api/v1/audit',
  'POST /api/v1/codec/decode',
  'GET /api/v1/dead-letters',
  'GET /api/v1/dead-letters/:id',
  'POST /api/v1/dead-letters/replay',
];

/** Neither tell of a service nor change anything of one, whoever asks: the proof above says nothing about them. */
const ofNoEnvironment = [
  // The first frame of a stream tells nothing yet; the rest of it is below.
  'GET /api/v1/incidents/:id/timeline/stream',
  'GET /api/v1/stream',
  'GET /api/v1/actions',
  'POST /api/v1/policies/evaluate',
  'POST /api/v1/login-link',
  'GET /api/v1/components',
  'GET /health/detailed',
];

test('every other route tells of the incident or changes it for a key that reaches it', async () => {
  const silent: string[] = [];
  for (const routeCase of asked) {
    const { answer, tells, changes } = await ask(routeCase, { environments: ['prod*'] });
    if (onlyWithoutLimits.includes(routeCase.name)) {
      expect(answer.status, routeCase.name).toBe(403);
      continue;
    }
    expect(answer.status, routeCase.name).toBeLessThan(300);
    if (!tells && !changes) silent.push(routeCase.name);
  }
  expect(silent).toEqual(ofNoEnvironment);
});

test('a trial of policy is about environments that the key reaches', async () => {
  const routeCase = asked.find(({ name }) => name === 'POST /api/v1/policies/evaluate');
  if (routeCase === undefined) throw new Error('the route is gone');
  expect((await ask(routeCase, { environments: ['staging'] })).answer.status).toBe(403);
  expect((await ask(routeCase, { environments: ['production'] })).answer.status).toBe(200);
});

test('what was refused for its reach is audited', async () => {
  const world = fullWorld();
  const noted: { action: string; reason: string; actor: string }[] = [];
  const { key } = await world.deps.apiKeys.create(
    { name: 'limited', role: 'viewer', reach: { environments: ['staging'] } },
    who,
  );
  const refusals = createRefusalAudit(
    { append: async (entry) => void noted.push(entry) },
    { nowMs: Date.now, log: world.deps.log },
  );
  const app = createApp({ ...world.deps, refusals });
  const answer = await app.request('/api/v1/incidents/production.orders.3f2a9c00-1', {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(answer.status).toBe(403);
  expect(noted).toMatchObject([{ action: 'access.refuse', reason: 'refused: out-of-reach' }]);
});

describe('pages', () => {
  const pages = [
    '/',
    '/incidents',
    '/incidents/production.orders.3f2a9c00-1',
    '/approvals',
    '/series',
    '/audit',
  ];

  async function page(path: string, reach: Reach | undefined): Promise<{ status: number; text: string }> {
    const world = fullWorld();
    const made = { name: 'limited', role: 'admin', ...(reach === undefined ? {} : { reach }) } as const;
    const { key } = await world.deps.apiKeys.create(made, who);
    const session = await world.dashboard.deps.sessions.open(key);
    const app = createApp(world.deps);
    const headers = { cookie: `sentinel-local=${session?.token}`, accept: 'text/html' };
    const answer = await app.request(`http://localhost${path}`, { headers });
    return { status: answer.status, text: (await answer.text()).replaceAll(encodeURI(path), '') };
  }

  test('budgets are of services that the key reaches', async () => {
    const { budgets } = depsWithin({ reach: { environments: ['staging'] } }, fullWorld().deps);
    expect(await budgets.budgets('production', 'orders')).toEqual([]);
    expect(await fullWorld().deps.budgets.budgets('production', 'orders')).toHaveLength(1);
  });

  test.each(pages)('%s tells nothing of what the key does not reach', async (path) => {
    const unlimited = await page(path, undefined);
    expect(unlimited.status).toBe(200);
    expect(unlimited.text).toMatch(/orders/);
    const { status, text } = await page(path, { environments: ['staging'] });
    expect([200, 403]).toContain(status);
    expect(text).not.toMatch(/orders|production/);
  });
});

describe('the stream of all incidents', () => {
  test('leaves out what the key does not reach, stored and new, and goes on', async () => {
    const world = fullWorld();
    const reader = (reach: Reach): { readonly principal: Principal; address: string; session: null } => ({
      principal: { ...who, reach },
      address: 'here',
      session: null,
    });
    const other = 'incident/staging/cart/1';
    const read = world.deps.streams.news(reader({ environments: ['staging'] }), 0).body?.getReader();
    if (read === undefined) throw new Error('the stream has no body');
    addIncident(world, {
      incidentId: other,
      scope: { environment: 'staging', service: 'cart' },
      title: 'Errors in cart',
    });
    let text = '';
    const readUntil = async (words: string): Promise<void> => {
      while (!text.includes(words)) {
        const { value, done } = await read.read();
        if (done) throw new Error('the stream ended');
        text += new TextDecoder().decode(value);
      }
    };
    await readUntil('Errors in cart');
    // From here on everything is new: what is not for this reader comes between two events that are.
    happen(world, { type: 'note-added', noteId: 'n1', actor: 'ann', text: 'in production' });
    happen(world, { type: 'note-added', noteId: 'n2', actor: 'ann', text: 'in staging' }, other);
    await readUntil('"type":"note-added"');
    await read.cancel();
    await world.deps.streams.close();
    expect(text).toContain('Errors in cart');
    expect(text).not.toContain('orders');
  });
});
