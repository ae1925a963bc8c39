// `sentinel silence` and `sentinel maintenance` against the API with its ports in memory.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { createWorld, type World } from '../api/in-memory.ts';
import { exampleSilence } from '../support/memory-silences.ts';
import { here } from './run-sentinel.ts';

let world: World;
let server: HttpServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-cli-silences-'));
  server = await startHttp({
    fetch: (request) => createApp(world.deps as ApiDeps).fetch(request),
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  world = createWorld();
});

const run = (...words: string[]) =>
  here(words, {
    cwd: folder,
    env: { SENTINEL_URL: server.url, SENTINEL_API_KEY: world.keys.operator },
  });

test('add makes one as it was said, and end ends it', async () => {
  const added = await run(
    ...['silence', 'add', 'service=checkout', 'environment=~"prod.*"'],
    ...['--from', '2023-11-14T22:00:00Z', '--for', '2h', '--reason', 'load test', '--ticket', 'OPS-7'],
  );
  expect(added).toMatchObject({ code: 0 });
  expect(added.stdout).toMatch(/^Added silence-0\.\n/);
  expect(world.silenced.silences).toMatchObject([
    {
      kind: 'silence',
      matchers: [
        { label: 'service', is: '=', value: 'checkout' },
        { label: 'environment', is: '=~', value: 'prod.*' },
      ],
      schedule: { kind: 'once', startsAtMs: 1_699_999_200_000, endsAtMs: 1_700_006_400_000 },
      ...{ silences: ['notifications', 'incidents', 'actions'], ticket: 'OPS-7', reason: 'load test' },
    },
  ]);
  expect(await run('silence', 'end', 'silence-0', '--reason', 'done')).toMatchObject({
    code: 0,
    stdout: 'Ended silence-0.\n',
  });
  expect(world.silenced.silences[0]?.ended).toMatchObject({ reason: 'done' });
  expect((await run('silence', 'list')).stdout).toBe('None.\n');
  expect((await run('silence', 'list', '--all')).stdout).toContain('silence-0  expired');
});

test('maintenance comes every week at a local time, and stops what it says only', async () => {
  const added = await run(
    ...['maintenance', 'add', 'service=db', '--weekly', 'sat,sun', '--at', '02:30', '--for', '90m'],
    ...['--zone', 'Europe/Berlin', '--only', 'incidents,actions', '--reason', 'vacuum'],
    ...['--from', '2023-11-01T00:00:00Z'],
  );
  expect(added.stderr).toBe('');
  expect(world.silenced.silences).toMatchObject([
    {
      ...{ kind: 'maintenance', silences: ['incidents', 'actions'] },
      schedule: { kind: 'weekly', days: ['sat', 'sun'], at: '02:30', minutes: 90, timeZone: 'Europe/Berlin' },
    },
  ]);
  const listed = await run('maintenance', 'list');
  expect(listed.stdout).toContain('begins 2023-11-18T01:30:00Z');
  expect(listed.stdout).toContain('Sun, Sat 02:30 for 90 min (Europe/Berlin)');
  expect((await run('silence', 'list')).stdout).toBe('None.\n');
});

test.each([
  [['service'], 'is no matcher'],
  [['service=x', '--until', '2030-01-01T00:00:00Z', '--for', '1h'], 'when it ends'],
  [['service=x'], 'when it ends'],
  [['service=x', '--for', 'soon'], 'Expected a duration'],
  [['service=x', '--until', 'tomorrow'], 'Expected a time'],
])('add %j is a mistake in use', async (words, said) => {
  const { code, stderr } = await run('silence', 'add', ...words, '--reason', 'x');
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(said) });
  expect(world.silenced.silences).toEqual([]);
});

test('what the API refuses is said, and refused', async () => {
  const { code, stderr } = await run('silence', 'add', 'service=~.*', '--for', '9000d', '--reason', 'x');
  expect({ code, stderr }).toMatchObject({ stderr: expect.stringContaining('would silence everything') });
  expect(code).not.toBe(0);
});

test('show tells who wanted what, and what was silenced; terminal escapes do not get through', async () => {
  world.silenced.silences.push(exampleSilence({ reason: 'load \u001b[2Jtest' }));
  world.silenced.findings.set('silence-3f2a9c0011', [
    {
      ...{ anomalyId: 'a', environment: 'production', service: 'orders', severity: 'critical' },
      ...{ summary: 'errors up', firstAtMs: 1_700_000_000_000, lastAtMs: 1_700_000_000_000, dueAtMs: null },
    },
  ]);
  const { stdout } = await run('silence', 'show', 'silence-3f2a9c0011');
  expect(stdout).toContain('environment="production", service="orders"');
  expect(stdout).toContain('by ada: load  [2Jtest (OPS-7)');
  expect(stdout).toContain('critical production/orders: errors up (since 2023-11-14T22:13:20Z, over)');
});

test('--preview makes nothing and says what it would be about', async () => {
  world.silenced.preview = {
    incidents: [
      {
        ...{ incidentId: 'i', title: 'Errors', environment: 'production', service: 'orders' },
        ...{ severity: 'critical', matched: 1, findings: 2 },
      },
    ],
    of: 3,
  };
  const { stdout } = await run('silence', 'add', 'service=orders', '--preview', '--reason', 'x');
  expect(stdout).toBe('production/orders  Errors: 1 of 2 findings\n');
  expect(world.silenced.silences).toEqual([]);
});
