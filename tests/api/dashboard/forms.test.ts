// What can be changed from a page: only by a page of ours, only with the role, and only what is still the case.

import { describe, expect, test } from 'vitest';
import { decisionRefusals } from '../../../api/ports/approvals.ts';
import type { EffectRecord } from '../../../api/ports/effects.ts';
import type { StandingEffect } from '../../../api/ports/rollbacks.ts';
import { exampleSilence } from '../../support/memory-silences.ts';
import { worldWithIncident } from '../calls.ts';
import { clientOf } from '../client.ts';
import { incidentId, planHash, ref } from '../incidents.ts';
import { loggedIn } from './browser.ts';

const forms = [
  {
    path: `/incidents/${ref}/decision`,
    fields: { planHash, decision: 'approve' },
    lands: `/incidents/${ref}?done=approved`,
  },
  {
    path: `/incidents/${ref}/decision`,
    fields: { planHash, decision: 'reject', reason: 'no' },
    lands: `/incidents/${ref}?done=rejected`,
  },
  {
    path: `/incidents/${ref}/note`,
    fields: { text: 'seen\r\nbefore' },
    lands: `/incidents/${ref}?done=noted`,
  },
  {
    path: `/incidents/${ref}/take-over`,
    fields: { reason: 'mine' },
    lands: `/incidents/${ref}?done=taken-over`,
  },
  { path: `/incidents/${ref}/close`, fields: { reason: 'known' }, lands: `/incidents/${ref}?done=closed` },
  { path: `/incidents/${ref}/abort`, fields: { reason: 'a drill' }, lands: `/incidents/${ref}?done=aborted` },
  {
    path: `/incidents/${ref}/settle`,
    fields: { effect: `intent-${'0'.repeat(40)}`, happened: 'true', reason: 'it runs r1' },
    lands: `/incidents/${ref}?done=settled`,
  },
  {
    path: `/incidents/${ref}/settle`,
    fields: { effect: `intent-${'0'.repeat(40)}`, happened: 'false', reason: 'still r2' },
    lands: `/incidents/${ref}?done=settled`,
  },
  {
    path: `/incidents/${ref}/roll-back`,
    fields: { effect: `intent-${'0'.repeat(40)}`, reason: 'it was fine' },
    lands: `/incidents/${ref}?done=rollback-asked`,
    role: 'admin',
  },
  {
    path: '/silences',
    fields: {
      ...{ matchers: 'service="orders"\r\nenvironment=production', minutes: '60', reason: 'load test' },
      ...{ notifications: 'on', incidents: 'on', actions: 'on', ticket: '' },
    },
    lands: '/silences?done=silenced',
  },
  {
    path: '/silences',
    fields: {
      ...{
        matchers: 'service=db',
        minutes: '60',
        reason: 'vacuum',
        sat: 'on',
        at: '02:30',
        zone: 'Europe/Berlin',
      },
      ...{ incidents: 'on', actions: 'on' },
    },
    lands: '/silences?done=silenced',
  },
  {
    path: '/silences/end',
    fields: { id: 'silence-3f2a9c0011', reason: 'done' },
    lands: '/silences?done=silence-ended',
  },
  {
    path: '/breakers/reset',
    fields: { environment: 'production', action: '*', reason: 'the check was broken' },
    lands: '/actions?done=reset',
  },
  {
    path: '/kill-switch',
    fields: { environment: '*', engaged: 'true', reason: 'stop' },
    lands: '/?done=engaged',
  },
  {
    path: '/kill-switch',
    fields: { environment: 'production', engaged: 'false', reason: 'go' },
    lands: '/?done=released',
  },
] as const;

type Form = {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly lands: string;
  readonly role?: 'operator' | 'admin';
};

/** Everything that a form could have changed. */
const changesOf = (world: ReturnType<typeof worldWithIncident>) => [
  ...(world.breakers.length === 0 ? ['reset'] : []),
  ...world.told,
  ...world.switches,
  ...world.undelivered,
  ...world.settled,
  ...world.rolledBack,
  ...world.silenced.silences.filter(({ id, version }) => id !== exampleSilence().id || version > 1),
];

describe.each<Form>(forms)('$path $fields', ({ path, fields, lands, role = 'operator' }) => {
  test('does it, and says so on the page it leads to', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys[role]);
    const answer = await browser.post(path, { ...fields, csrf: browser.csrf() });
    expect({ status: answer.status, location: answer.location }).toEqual({ status: 303, location: lands });
    expect(changesOf(world).length).toBe(1);
    expect((await browser.get(lands)).text).toContain('class="notice"');
  });

  test.each([
    ['without its token', {}, {}],
    ['with the token of nobody', { csrf: 'x'.repeat(43) }, {}],
    ['from another site', null, { origin: 'https://evil.example' }],
    ['from a page without an origin', null, { origin: 'null' }],
    ['from a neighbour site', null, { 'sec-fetch-site': 'same-site' }],
  ] as const)('%s does nothing', async (_how, token, headers) => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.admin);
    const sent = token ?? { csrf: browser.csrf() };
    const answer = await browser.post(path, { ...fields, ...sent }, headers as Record<string, string>);
    expect(answer.status).toBe(403);
    expect(changesOf(world)).toEqual([]);
  });

  test('with the token of another session does nothing', async () => {
    const world = worldWithIncident();
    const other = await loggedIn(world, world.keys.admin);
    const browser = await loggedIn(world, world.keys.operator);
    expect((await browser.post(path, { ...fields, csrf: other.csrf() })).status).toBe(403);
    expect(changesOf(world)).toEqual([]);
  });

  test('a viewer is told which role it needs', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.viewer);
    const answer = await browser.post(path, { ...fields, csrf: browser.csrf() });
    expect(answer.status).toBe(403);
    expect(answer.text).toContain(`needs the role ${role}`);
    expect(changesOf(world)).toEqual([]);
  });

  test('a field that nobody knows is refused', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys[role]);
    const answer = await browser.post(path, { ...fields, extra: '1', csrf: browser.csrf() });
    expect(answer.status).toBe(400);
    expect(changesOf(world)).toEqual([]);
  });
});

describe('a decision', () => {
  test.each(decisionRefusals)(
    'that is refused (%s) shows a page that says so, and nothing is told',
    async (reason) => {
      const world = worldWithIncident();
      world.decide = () => ({ recorded: false, reason, detail: 'because of the test' });
      const browser = await loggedIn(world, world.keys.operator);
      const answer = await browser.post(`/incidents/${ref}/decision`, {
        planHash,
        decision: 'approve',
        csrf: browser.csrf(),
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get('content-type')).toContain('text/html');
      if (reason === 'stale-plan') {
        expect(answer.text).toContain('The plan has changed');
        expect(answer.text).toContain('Nothing was done');
      }
      expect(world.told).toEqual([]);
    },
  );

  test('to reject needs a reason', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.operator);
    const fields = { planHash, decision: 'reject', reason: '  ', csrf: browser.csrf() };
    const answer = await browser.post(`/incidents/${ref}/decision`, fields);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('is needed to reject');
    expect(changesOf(world)).toEqual([]);
  });

  test('is recorded under the name of the key', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.operator);
    await browser.post(`/incidents/${ref}/decision`, { planHash, decision: 'approve', csrf: browser.csrf() });
    expect(world.told).toEqual([{ incidentId, what: 'approve', by: 'operator-person' }]);
  });
});

describe('bodies that are no small forms', () => {
  test.each([
    ['JSON', '{"csrf":"x"}', 'application/json', 415],
    ['too large', `csrf=${'x'.repeat(70_000)}`, 'application/x-www-form-urlencoded', 413],
    ['a field twice', 'csrf=a&csrf=b', 'application/x-www-form-urlencoded', 400],
  ])('%s', async (_what, body, type, status) => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.admin);
    const { createApp } = await import('../../../api/app.ts');
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await createApp(world.deps).request('http://localhost/kill-switch', {
      method: 'POST',
      body,
      headers: { 'content-type': type, cookie },
    });
    expect(answer.status).toBe(status);
    expect(world.switches).toEqual([]);
  });
});

describe('the session and the REST API', () => {
  const cookieOf = async (world: ReturnType<typeof worldWithIncident>, key: string) => {
    const browser = await loggedIn(world, key);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return { cookie, csrf: browser.csrf() };
  };
  const call = (
    world: ReturnType<typeof worldWithIncident>,
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ) => clientOf(world)(`http://localhost${path}`, { key: null, headers, body });

  test('reading works with the cookie alone, with the role of the key', async () => {
    const world = worldWithIncident();
    const { cookie } = await cookieOf(world, world.keys.viewer);
    expect((await call(world, '/api/v1/incidents', { cookie })).status).toBe(200);
    expect((await call(world, '/api/v1/keys', { cookie })).status).toBe(403);
  });

  test('changing needs the token in a header', async () => {
    const world = worldWithIncident();
    const { cookie, csrf } = await cookieOf(world, world.keys.operator);
    const body = { engaged: true, reason: 'stop' };
    expect((await call(world, '/api/v1/kill-switch', { cookie }, body)).status).toBe(403);
    expect(
      (await call(world, '/api/v1/kill-switch', { cookie, 'x-csrf-token': 'guessed' }, body)).status,
    ).toBe(403);
    const foreign = { cookie, 'x-csrf-token': csrf, origin: 'https://evil.example' };
    expect((await call(world, '/api/v1/kill-switch', foreign, body)).status).toBe(403);
    expect(world.switches).toEqual([]);
    expect((await call(world, '/api/v1/kill-switch', { cookie, 'x-csrf-token': csrf }, body)).status).toBe(
      200,
    );
    expect(world.switches).toHaveLength(1);
  });

  test('a cookie that nobody knows is 401; a key goes before a cookie', async () => {
    const world = worldWithIncident();
    const cookie = `sentinel-local=${'x'.repeat(43)}`;
    expect((await call(world, '/api/v1/incidents', { cookie })).status).toBe(401);
    const authorization = `Bearer ${world.keys.viewer}`;
    expect((await call(world, '/api/v1/incidents', { cookie, authorization })).status).toBe(200);
  });
});

describe('an effect of unknown outcome', () => {
  const effect: EffectRecord = {
    ...{ id: `intent-${'0'.repeat(40)}`, planHash, step: 0, direction: 'forward', undoes: null },
    ...{ action: 'restart', target: { environment: 'production', service: 'orders' }, executor: 'mock' },
    ...{ parameters: {}, fence: 1, status: 'uncertain', result: 'nobody can tell' },
    ...{ writtenAtMs: 1, sentAtMs: 2, updatedAtMs: 3 },
  };
  const page = async (role: 'operator' | 'viewer', ...effects: readonly EffectRecord[]) => {
    const world = worldWithIncident();
    world.effects.push(...effects);
    return (await (await loggedIn(world, world.keys[role])).get(`/incidents/${ref}`)).text;
  };

  test('is asked about on the page of its incident, with both answers, of those who may answer', async () => {
    const asked = await page('operator', effect);
    expect(asked).toContain('Nobody can tell whether it happened');
    expect(asked).toContain(`action="/incidents/${ref}/settle"`);
    expect(asked).toContain('name="happened" value="true">It happened');
    expect(asked).toContain('name="happened" value="false"');
    const looked = await page('viewer', effect);
    expect(looked).toContain('Settling needs the role operator');
    expect(looked).not.toContain('/settle"');
  });

  test('once settled says by whom, and asks no more', async () => {
    const settled = await page('operator', {
      ...effect,
      status: 'failed',
      result: 'settled by ada: still r2',
    });
    expect(settled).toContain('did not happen: settled by ada: still r2');
    expect(settled).not.toContain('Nobody can tell whether it happened');
    expect(await page('operator', { ...effect, status: 'applied', result: 'done' })).not.toContain(
      'settled by',
    );
  });

  test('what is neither yes nor no settles nothing', async () => {
    const world = worldWithIncident();
    const browser = await loggedIn(world, world.keys.operator);
    const fields = { effect: effect.id, happened: 'perhaps', reason: 'hm', csrf: browser.csrf() };
    expect((await browser.post(`/incidents/${ref}/settle`, fields)).status).toBeGreaterThanOrEqual(400);
    expect(world.settled).toEqual([]);
  });
});

describe('what still stands', () => {
  const standing: StandingEffect = {
    ...{ effectId: `intent-${'0'.repeat(40)}`, action: 'scale', status: 'applied', sinceMs: 1 },
    ...{ target: { environment: 'production', service: 'orders' }, undo: '2 replicas again (scale)' },
    ...{ quorum: 2, objection: null, request: null },
  };
  const page = async (role: 'viewer' | 'admin', one: StandingEffect): Promise<string> => {
    const world = worldWithIncident();
    world.standing = [one];
    return (await (await loggedIn(world, world.keys[role])).get(`/incidents/${ref}`)).text;
  };
  const form = `action="/incidents/${ref}/roll-back"`;

  test('can be rolled back by an admin, who is told what that does and who has to ask', async () => {
    const asked = await page('admin', standing);
    expect(asked).toContain(form);
    expect(asked).toContain('2 replicas again (scale)');
    expect(asked).toContain('2 admins have to ask for it');
    const looked = await page('viewer', standing);
    expect(looked).toContain('Only an admin can ask for it');
    expect(looked).not.toContain(form);
  });

  test('has no control where it cannot be rolled back, or is being rolled back, and says so', async () => {
    const refused = await page('admin', {
      ...standing,
      objection: 'somebody <b>else</b> has changed it since',
    });
    expect(refused).toContain(
      'Cannot be rolled back: somebody &lt;b&gt;else&lt;/b&gt; has changed it since.',
    );
    expect(refused).not.toContain(form);
    const request = { requestId: 'r-1', quorum: 2, expiresAtMs: 1_700_000_100_000 };
    const half = await page('admin', { ...standing, request: { ...request, by: ['ada'] } });
    expect(half).toContain('Rollback asked for by ada (1 of 2)');
    expect(half).toContain(form);
    expect(await page('admin', { ...standing, request: { ...request, by: ['ada', 'bo'] } })).not.toContain(
      form,
    );
  });
});
