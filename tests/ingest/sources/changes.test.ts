/** What is a change, and when two messages are about the same one. */
import { describe, expect, test } from 'vitest';
import { ownOfSources } from '../../../ingest/sources/index.ts';
import { TestApp } from '../support/app.ts';
import { defaultSettings, defaultSources } from '../support/memory.ts';
import type { WayHarness } from './harness.ts';
import { flux, github, gitlab } from './harnesses/changes.ts';

type Body = Record<string, unknown>;

function appFor({ signature }: WayHarness, settings = defaultSettings): TestApp {
  const secrets = { [signature?.variable ?? '']: signature?.secrets[0] ?? '' };
  const sources =
    settings === defaultSettings
      ? defaultSources(secrets)
      : ownOfSources(settings, (variable) => secrets[variable] ?? null);
  return new TestApp({ sources });
}

async function told(
  app: TestApp,
  way: WayHarness,
  body: Body,
  headers: Readonly<Record<string, string>> = {},
) {
  const text = JSON.stringify(body);
  const response = await app.post(way.path, text, { ...way.prove(text), ...headers });
  return (await response.json()) as { accepted: number; duplicates: number; ignored?: string };
}

const stored = ({ inbox }: TestApp) =>
  [...inbox.stored.values()].flatMap(({ item }) => (item.kind === 'change' ? [item.change] : []));

const withState = (state: string): Body => {
  const body = github.firing('A') as Body;
  return { ...body, deployment_status: { ...(body.deployment_status as Body), state } };
};

describe('GitHub', () => {
  test('a deployment is one change, from its beginning on', async () => {
    const app = appFor(github);
    expect(await told(app, github, withState('queued'))).toMatchObject({
      accepted: 0,
      ignored: expect.any(String),
    });
    expect(await told(app, github, withState('in_progress'))).toMatchObject({ accepted: 1 });
    expect(await told(app, github, withState('success'))).toMatchObject({ accepted: 0, duplicates: 1 });
    expect(stored(app)).toMatchObject([
      {
        type: 'release',
        attributes: {
          version: 'v2.4.1',
          revision: '9049f1265b7d61be4a8904a9a27120d2064dab3b',
          repository: 'acme/orders',
        },
      },
    ]);
  });

  test('the ping and other events are fine, and tell of nothing', async () => {
    const app = appFor(github);
    const zen = { zen: 'Keep it logically awesome.', hook_id: 1 };
    expect(await told(app, github, zen, { 'x-github-event': 'ping' })).toMatchObject({
      accepted: 0,
      ignored: expect.any(String),
    });
    expect(stored(app)).toEqual([]);
  });

  test('is placed as the configuration says', async () => {
    const place = { service: 'order-api', environment: 'live' };
    const services = { 'acme/orders': place };
    const app = appFor(github, { ...defaultSettings, github: { ...defaultSettings.github, services } });
    await told(app, github, withState('success'));
    expect(stored(app)).toMatchObject([place]);
  });
});

test.each([
  ['2026-01-31 09:30:00 +0200', '2026-01-31T07:30:00.000Z'],
  ['2026-01-31 07:30:00 UTC', '2026-01-31T07:30:00.000Z'],
  ['2026-01-31T09:30:00.5+02:00', '2026-01-31T07:30:00.500Z'],
])('GitLab writes %s', async (given, expected) => {
  const app = appFor(gitlab);
  app.clock.current = Date.parse('2026-01-31T08:00:00Z');
  await told(app, gitlab, { ...gitlab.firing('A'), status_changed_at: given });
  expect(stored(app).map(({ atMs }) => new Date(atMs).toISOString())).toEqual([expected]);
});

test('GitLab: an instant that is none is now', async () => {
  const app = appFor(gitlab);
  await told(app, gitlab, { ...gitlab.firing('A'), status_changed_at: 'yesterday' });
  expect(stored(app).map(({ atMs }) => atMs)).toEqual([app.clock.current]);
});

test('Flux: a revision is one change, however often it is told, and what failed or only looked is none', async () => {
  const app = appFor(flux);
  const applied = flux.firing('A') as Body;
  const again = { ...applied, timestamp: '2026-01-31T09:30:00Z', message: 'once more' };
  const failed = { ...applied, reason: 'UpgradeFailed', severity: 'error' };
  const looked = { ...applied, involvedObject: { kind: 'GitRepository', name: 'orders', namespace: 'shop' } };
  const answers = [];
  for (const body of [applied, again, failed, looked]) answers.push(await told(app, flux, body));
  expect(answers).toMatchObject([
    { accepted: 1 },
    { accepted: 0, duplicates: 1 },
    { accepted: 0, ignored: expect.any(String) },
    { accepted: 0, ignored: expect.any(String) },
  ]);
});
