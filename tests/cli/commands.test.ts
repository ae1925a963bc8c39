// The command line against a real HTTP server with the ports in memory; every family of commands also as a real process.

import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createHostExecutor } from '../../adapters/host/executor.ts';
import { createApp } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import type { ExplainedItem } from '../../api/ports/explain.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { readConnection, writeConnection } from '../../app/left-connection.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import { createWorld, type World } from '../api/in-memory.ts';
import { addIncident, happen, hashedPlan, incidentId, modelTurn, planHash, ref } from '../api/incidents.ts';
import { callOf } from '../support/calls.ts';
import { here, sentinel, startSentinel } from './run-sentinel.ts';

const ann = { keyId: 'k', name: 'ann', role: 'admin', person: 'ann' } as const;

let world: World;
let server: HttpServer;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sentinel-cli-'));
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
  addIncident(world);
});

const asRole = (role: 'viewer' | 'operator' | 'admin' = 'operator') => ({
  cwd: folder,
  env: { SENTINEL_URL: server.url, SENTINEL_API_KEY: world.keys[role] },
});

describe('incident', () => {
  test('list shows one line for each, and the page as JSON', async () => {
    const [people, json, none] = await Promise.all([
      sentinel(['incident', 'list'], asRole('viewer')),
      here(['incident', 'list', '--json'], asRole('viewer')),
      here(['incident', 'list', '--status', 'closed'], asRole('viewer')),
    ]);
    expect(people.stdout).toMatch(
      /INCIDENT .*TITLE\nproduction.orders.3f2a9c00-1 .*critical .*awaiting-approval .*production\/orders .*Errors in orders\n$/,
    );
    expect(people.stdout).not.toContain('\u001b');
    expect(JSON.parse(json.stdout)).toMatchObject({
      items: [{ ref, status: 'awaiting-approval' }],
      nextCursor: null,
    });
    expect(none.stdout).toBe('No incidents.\n');
  });

  test('show tells of earlier incidents like it', async () => {
    const earlier = 'incident/production/orders/aaaaaaaa/1';
    world.evidence = [
      {
        ...{ id: 'M1', source: 'past incidents', provenance: 'memory', incidentId: earlier },
        ...{ scope: { environment: 'production', service: 'orders' }, fromMs: 0, toMs: 1, figures: {} },
        finding: 'Incident production.orders.aaaaaaaa-1 of orders, described alike (0.91)\u001b[2J',
      },
    ];
    const [people, json] = await Promise.all([
      here(['incident', 'show', ref], asRole('viewer')),
      here(['incident', 'show', ref, '--json'], asRole('viewer')),
    ]);
    expect(people.stdout).toMatch(
      /Similar: Incident production\.orders\.aaaaaaaa-1 of orders, described alike/,
    );
    expect(people.stdout).not.toContain('\u001b[2J');
    expect(JSON.parse(json.stdout)).toMatchObject({ similar: [{ incidentId: earlier }] });
    world.evidence = [];
  });

  test('show tells the story; terminal escapes in names do not get through', async () => {
    happen(world, {
      type: 'note-added',
      noteId: 'n',
      actor: 'eve',
      text: '\u001b[2Jgone\u0007\nsecond line',
    });
    const [people, json, missing] = await Promise.all([
      here(['incident', 'show', ref], asRole('viewer')),
      here(['incident', 'show', incidentId, '--json'], asRole('viewer')),
      here(['incident', 'show', 'ffff-9'], asRole('viewer')),
    ]);
    expect(people.stdout).toContain('Errors in orders');
    expect(people.stdout).toContain('Decide: sentinel approve production.orders.3f2a9c00-1');
    expect(people.stdout).toMatch(
      /rollback-release production\/orders release=v41 \(risk medium, 50 % of capacity, 0 s downtime, can be undone\)/,
    );
    expect(people.stdout).toContain('Note by eve:  [2Jgone second line');
    expect(people.stdout).not.toContain('\u001b');
    expect(JSON.parse(json.stdout)).toMatchObject({ ref, timeline: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] });
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: 'There is no incident ffff-9.\n' });
  });

  test('what still stands is listed with the command that takes it back, or with the reason why it cannot be', async () => {
    const effectId = `intent-${'0'.repeat(40)}`;
    const about = {
      status: 'applied',
      ...{ sinceMs: 1, quorum: 1, request: null },
      target: { environment: 'production', service: 'orders' },
    } as const;
    world.standing = [
      { ...about, effectId, action: 'scale', undo: '2 replicas again (scale)', objection: null },
      {
        ...{ ...about, effectId: `intent-${'1'.repeat(40)}`, action: 'restart' },
        ...{ undo: null, objection: 'restart on production/orders: nothing to undo' },
      },
    ];
    const { stdout } = await here(['incident', 'show', ref], asRole('viewer'));
    expect(stdout).toContain('Still stands: scale production/orders');
    expect(stdout).toContain(`sentinel effect rollback ${effectId} --reason …  (2 replicas again (scale))`);
    expect(stdout).toContain('cannot be rolled back: restart on production/orders: nothing to undo');
    const [asked, refused, operator] = await Promise.all([
      here(['effect', 'rollback', effectId, '--reason', 'it was fine'], asRole('admin')),
      here(['effect', 'rollback', `intent-${'e'.repeat(40)}`, '--reason', 'no'], asRole('admin')),
      here(['effect', 'rollback', effectId, '--reason', 'no'], asRole('operator')),
    ]);
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('It is being rolled back') });
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('nothing to undo') });
    expect(operator.code).not.toBe(0);
    expect(world.rolledBack).toEqual([{ effectId, by: 'admin-person', reason: 'it was fine' }]);
  });

  test('watch follows to the end, through a restart of the server', async () => {
    const watching = startSentinel(['incident', 'watch'], asRole('viewer'));
    await watching.until('Plan ab12ab12ab12');
    happen(world, {
      type: 'approval-requested',
      planHash,
      role: 'operator',
      quorum: 1,
      deadlineMs: 1_700_000_602_000,
    });
    await watching.until('Waiting for approval of ab12ab12ab12 by one operator, for 10 min');
    const { port } = new URL(server.url);
    // Streams stay closed: when the server is back it has to be asked.
    await world.deps.streams.close();
    await server.close();
    await watching.until('Sentinel does not answer; trying again.');
    server = await startHttp({
      fetch: (request) => createApp(world.deps as ApiDeps).fetch(request),
      host: '127.0.0.1',
      port: Number(port),
    });
    happen(world, {
      type: 'incident-closed',
      outcome: 'resolved',
      reason: 'the symptom is gone',
      actor: 'sentinel',
    });
    const { code, stdout } = await watching.done;
    expect(code).toBe(0);
    expect(stdout).toContain('Closed: resolved (the symptom is gone)');
  });

  test('watch reads the stream, and goes on where it was cut; nothing twice', async () => {
    world = createWorld({ pollMs: 1, longestMs: 20 });
    addIncident(world);
    const watching = startSentinel(['incident', 'watch', ref, '--json'], asRole('viewer'));
    const opened = () =>
      world.logged.filter(({ fields }) => fields.route === '/api/v1/incidents/:id/timeline/stream').length;
    await watching.until('"planned"');
    for (const text of ['one', 'two', 'three']) {
      happen(world, { type: 'note-added', noteId: text, actor: 'ann', text });
      await watching.until(`"text":"${text}"`);
      const before = opened();
      await expect.poll(opened).toBeGreaterThan(before);
    }
    happen(world, { type: 'incident-closed', outcome: 'resolved', reason: 'r', actor: 'a' });
    const { code, stdout } = await watching.done;
    expect(code).toBe(0);
    const seqs = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('watch whose key is revoked ends as refused', async () => {
    world = createWorld({ pollMs: 1, checkKeysMs: 1 });
    addIncident(world);
    const watching = startSentinel(['incident', 'watch', ref], asRole('viewer'));
    await watching.until('Plan ab12ab12ab12');
    await world.deps.apiKeys.revoke('key-viewer', ann);
    expect(await watching.done).toMatchObject({ code: 3, stderr: expect.stringContaining('revoked') });
  });

  test('watch --json gives one event per line', async () => {
    happen(world, { type: 'incident-closed', outcome: 'resolved', reason: 'r', actor: 'a' });
    const { stdout } = await here(['incident', 'watch', ref, '--json'], asRole('viewer'));
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(['incident-opened', 'planned', 'incident-closed']);
  });
});

describe('approve and reject', () => {
  test('approve shows the plan and decides on exactly that one', async () => {
    const ran = await sentinel(['approve', ref, '--reason', 'looks right'], asRole());
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain('Plan ab12ab12ab12 (risk medium): errors began with the release');
    expect(ran.stdout).toBe('Approved plan ab12ab12ab12.\n');
    expect(world.told).toEqual([{ incidentId, what: 'approve', by: 'operator-person' }]);
  });

  test('with --plan-hash only that plan, by its first digits', async () => {
    const [same, other, short] = await Promise.all([
      here(['approve', ref, '--plan-hash', 'AB12ab12', '--json'], asRole()),
      here(['approve', ref, '--plan-hash', 'ffffffff'], asRole()),
      here(['approve', ref, '--plan-hash', 'ab'], asRole()),
    ]);
    expect(JSON.parse(same.stdout)).toMatchObject({ planHash, delivered: true });
    expect(other).toMatchObject({ code: 3, stdout: '' });
    expect(other.stderr).toContain('The plan is now ab12ab12ab12, not ffffffff.');
    expect(short.code).toBe(2);
    expect(world.told).toHaveLength(1);
  });

  test('a decision that cannot be delivered now is recorded all the same', async () => {
    world.workflowAnswers = 'unreachable';
    const ran = await here(['reject', ref, '--reason', 'too risky now'], asRole());
    expect(ran.code).toBe(0);
    expect(ran.stdout).toBe(
      'Rejected plan ab12ab12ab12.\nRecorded. The incident picks it up as soon as it can be reached.\n',
    );
  });

  test('refusals end with 3 and the reason, wrong use with 2', async () => {
    world.decide = () => ({ recorded: false, reason: 'stale-plan', detail: 'The plan has changed.' });
    const [stale, staleJson, viewer, noReason, badId] = await Promise.all([
      here(['approve', ref], asRole()),
      sentinel(['approve', ref, '--json'], asRole()),
      here(['approve', ref], asRole('viewer')),
      here(['reject', ref], asRole()),
      here(['approve', '../../keys'], asRole()),
    ]);
    expect(stale).toMatchObject({ code: 3, stdout: '' });
    expect(stale.stderr).toContain('The plan has changed.');
    expect(JSON.parse(staleJson.stderr)).toMatchObject({ exitCode: 3, status: 409, reason: 'stale-plan' });
    expect(viewer.code).toBe(3);
    expect(viewer.stderr).toContain('This needs the role operator');
    expect(noReason).toMatchObject({ code: 2, stderr: expect.stringContaining("option '--reason <text>'") });
    expect(badId).toMatchObject({ code: 2, stderr: expect.stringContaining('is not an incident ID') });
  });

  test('without a plan there is nothing to approve', async () => {
    addIncident(world, { hashedPlan: null });
    expect(await here(['approve', ref], asRole())).toMatchObject({
      code: 3,
      stderr: 'The incident has no pending plan.\n',
    });
    expect(hashedPlan.planHash).toBe(planHash);
  });
});

describe('explain', () => {
  const item: ExplainedItem = {
    id: 'anomaly/external-1/firing',
    eventId: 'disk-7',
    kind: 'anomaly',
    state: 'firing',
    environment: 'production',
    service: 'orders',
    summary: 'ci reported on orders: disk is full',
    seriesKey: 'alert|production/orders|1',
    receivedAtMs: 1_700_000_000_000,
    repeats: 2,
    repeatedAtMs: 1_700_000_001_000,
    status: 'done',
    outcome: 'incident',
    attempts: 1,
    reason: null,
    nextAttemptAtMs: null,
    finishedAtMs: 1_700_000_002_000,
    incidentId,
    incidentTitle: 'Disk of orders',
    incidentClosedAtMs: null,
    incidentWhy: 'near cart in the service graph',
  };

  test('event: from its receipt to its incident, what was repeated, what was given up', async () => {
    const dead: ExplainedItem = {
      ...item,
      status: 'dead',
      outcome: 'dead-letter',
      attempts: 300,
      reason: 'no answer\u001b[31m',
      repeats: 0,
    };
    const nowhere = { ...item, incidentId: null };
    const change: ExplainedItem = {
      ...nowhere,
      kind: 'change',
      outcome: 'evidence',
      state: null,
      seriesKey: null,
    };
    const suppressed: ExplainedItem = {
      ...nowhere,
      outcome: 'suppressed',
      reason: 'it was silenced\u001b[0m',
    };
    const waiting: ExplainedItem = { ...nowhere, status: 'pending', outcome: 'waiting', attempts: 0 };
    const retried: ExplainedItem = { ...waiting, attempts: 2, reason: 'no store', nextAttemptAtMs: 0 };
    const items = [item, dead, change, suppressed, waiting, retried];
    world.explained.set('disk-7', { items, refused: [] });
    const [people, json, none] = await Promise.all([
      sentinel(['explain', 'event', 'disk-7'], asRole('viewer')),
      here(['explain', 'event', 'disk-7', '--json'], asRole('viewer')),
      here(['explain', 'event', 'never/sent'], asRole('viewer')),
    ]);
    expect(people.stdout).toContain(
      'alert (firing) of production/orders: ci reported on orders: disk is full\n',
    );
    expect(people.stdout).toContain('  received 2023-11-14T22:13:20.000Z\n  repeated 2 times');
    expect(people.stdout).toContain(
      `  incident ${incidentId} (open): Disk of orders; near cart in the service graph\n`,
    );
    expect(people.stdout).toContain('  given up after 300 attempts: no answer');
    expect(people.stdout).toContain('  kept as evidence for diagnoses\n');
    expect(people.stdout).toContain('  no incident: it was silenced');
    expect(people.stdout).toContain('  queued\n');
    expect(people.stdout).toContain(
      '  in progress after 2 attempts: no store, next attempt 1970-01-01T00:00:00.000Z\n',
    );
    expect(people.stdout).not.toContain('\u001b');
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: 'disk-7',
      items: [{ repeats: 2 }, ...items.slice(1).map(({ outcome }) => ({ outcome }))],
    });
    expect(none.stdout).toContain('Nothing with the ID never/sent was received');
  });

  test('telemetry: what of a service had no effect, and why', async () => {
    const row = { environment: 'e', service: 'orders', signal: 'traces', reason: 'late-span', records: 7 };
    const refused = [{ ...row, example: 'a span of orders', firstAtMs: 0, lastAtMs: 1_700_000_000_000 }];
    world.explained.set('orders', { items: [], refused });
    const found = await here(['explain', 'telemetry', 'orders'], asRole('viewer'));
    expect(found.stderr).toBe('');
    expect(found.stdout).toBe(
      'e/orders: 7 of traces rejected as late-span, last 2023-11-14T22:13:20.000Z, for example a span of orders\n',
    );
    const none = await here(['explain', 'telemetry', 'web'], asRole('viewer'));
    expect(none.stdout).toBe('No telemetry from web was rejected in the last seven days.\n');
  });
});

test('pause and resume set the kill switch', async () => {
  const pause = await here(['pause', '--environment', 'production', '--reason', 'storm'], asRole());
  const resume = await here(['resume', '--json'], asRole());
  expect(pause.stdout).toBe('Paused in production: detection continues; no actions run.\n');
  expect(JSON.parse(resume.stdout)).toEqual({ environment: '*', engaged: false });
  expect(world.switches).toMatchObject([
    { environment: 'production', engaged: true, reason: 'storm', by: 'operator-person' },
    { environment: '*', engaged: false },
  ]);
});

test('the inventory says what each target is, why nothing acts on it, and which services have none', async () => {
  const target = { environment: 'production', service: 'mail', resource: 'docker/web1/mail' };
  const facts = { desiredReplicas: 0, replicas: [], release: 'r1', config: 'c1', supports: [] };
  const missing = [{ executor: 'kube', reason: 'no answer' }];
  world.observed = {
    targets: [{ target, executor: 'dock', ...facts, tier: '1', protected: 'frozen' }],
    missing,
  };
  world.services = [{ environment: 'production', service: 'billing', calls: [], calledBy: [], seenAtMs: 1 }];
  expect((await here(['inventory', 'production'], asRole('viewer'))).stdout).toBe(
    [
      'production/mail  docker/web1/mail  (stopped, 0 of 0 serving, executor dock, tier 1)',
      '  protected: frozen',
      'production/billing: no executor has this target',
      'Executor kube in production did not answer: no answer',
      '',
    ].join('\n'),
  );
  expect((await here(['inventory', 'elsewhere'], asRole('viewer'))).stdout).toBe(
    'No executor reports a target.\n',
  );
});

test('breakers are listed and reset, and the track record says how often actions helped', async () => {
  world.breakers.splice(0, 9, {
    environment: 'production',
    action: 'restart',
    openedAtMs: 0,
    reason: '3 of 12 failed',
  });
  const counts = { effects: 12, helped: 9, didNotHelp: 2, failed: 1, undone: 2, notUndone: 1, lastAtMs: 1 };
  world.actionRecords = [{ environment: 'production', service: 'orders', action: 'restart', ...counts }];
  const list = () => here(['breaker', 'list'], asRole('viewer'));
  expect((await list()).stdout).toBe('production  restart: 3 of 12 failed\n');
  const reset = ['breaker', 'reset', 'production', '--reason', 'the check was broken'];
  expect((await here(reset, asRole())).stdout).toMatch(/^No such breaker is open/);
  expect((await here([...reset, '--action', 'restart'], asRole())).stdout).toMatch(/^Reset\./);
  expect((await list()).stdout).toBe('No breaker is open.\n');
  expect((await here(['track-record'], asRole('viewer'))).stdout).toBe(
    'production/orders  restart: helped 9 of 12 (75 %); rolled back 2 of 3\n',
  );
});

test('keys are made, listed and revoked; only the key itself is on standard output', async () => {
  const made = await here(['key', 'create', 'ci', '--role', 'operator'], asRole('admin'));
  expect(made.stdout).toMatch(/^sk_[0-9a-f]{32}\n$/);
  const list = await here(['key', 'list', '--json'], asRole('admin'));
  const { items } = JSON.parse(list.stdout) as { items: { name: string; keyId: string }[] };
  const { keyId = '' } = items.find(({ name }) => name === 'ci') ?? {};
  const [table, revoked, role] = await Promise.all([
    here(['key', 'list'], asRole('admin')),
    here(['key', 'revoke', keyId], asRole('admin')),
    here(['key', 'create', 'x', '--role', 'root'], asRole('admin')),
  ]);
  expect(table.stdout).toContain('operator');
  const limited = [
    'key',
    'create',
    'agent',
    '--role',
    'ingest',
    '--environment',
    'prod*',
    '--expires-in',
    '90d',
  ];
  expect((await here(limited, asRole('admin'))).code).toBe(0);
  expect((await here(['key', 'list'], asRole('admin'))).stdout).toMatch(/ingest.* prod\*\/\* .* agent/);
  expect((await here([...limited.slice(0, -1), 'soon'], asRole('admin'))).code).toBe(2);
  expect(revoked.stdout).toBe(`Revoked ${keyId}.\n`);
  expect(role.code).toBe(2);
  expect(role.stderr).toContain('Allowed choices are ingest, agent, viewer, operator, admin');
});

describe('where Sentinel is', () => {
  test('what start left behind is used, and only this user can read it', async () => {
    const cwd = mkdtempSync(path.join(folder, 'left-'));
    const dataDir = path.join(cwd, '.sentinel');
    writeConnection(dataDir, { url: server.url, apiKey: world.keys.viewer });
    expect(statSync(path.join(dataDir, 'cli.json')).mode & 0o777).toBe(0o600);
    expect(readConnection(dataDir)).toEqual({ url: server.url, apiKey: world.keys.viewer });
    const ran = await sentinel(['incident', 'list', '--json'], { cwd });
    expect(JSON.parse(ran.stdout)).toMatchObject({ items: [{ ref }] });
  });

  test('its key is not sent to another address', async () => {
    const cwd = mkdtempSync(path.join(folder, 'other-'));
    writeConnection(path.join(cwd, '.sentinel'), { url: server.url, apiKey: world.keys.viewer });
    const ran = await here(['incident', 'list', '--url', 'http://127.0.0.1:9'], { cwd });
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('No API key for http://127.0.0.1:9');
  });

  test('nothing known, nothing reachable, not a Sentinel: each says what to do', async () => {
    const stranger = await startHttp({ fetch: () => new Response('<html>'), host: '127.0.0.1', port: 0 });
    const [unknown, unreachable, wrong, badUrl, json] = await Promise.all([
      here(['incident', 'list'], { cwd: mkdtempSync(path.join(folder, 'none-')) }),
      here(['incident', 'list', '--url', 'http://127.0.0.1:9', '--api-key', 'k'], { cwd: folder }),
      here(['incident', 'list', '--url', stranger.url, '--api-key', 'k'], { cwd: folder }),
      here(['incident', 'list', '--url', 'ftp://x', '--api-key', 'k'], { cwd: folder }),
      here(['incident', 'list', '--url', 'http://127.0.0.1:9', '--api-key', 'k', '--json'], {
        cwd: folder,
      }),
    ]);
    await stranger.close();
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('npm start') });
    expect(unreachable).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Cannot reach Sentinel at http://127.0.0.1:9'),
    });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('really a Sentinel?') });
    expect(badUrl).toMatchObject({ code: 2, stderr: expect.stringContaining('http:// or https://') });
    expect(JSON.parse(json.stderr)).toMatchObject({ exitCode: 1 });
  });
});

describe('config', () => {
  const write = (text: string): string => {
    const cwd = mkdtempSync(path.join(folder, 'config-'));
    writeFileSync(path.join(cwd, 'sentinel.yaml'), text);
    return cwd;
  };

  test('check says everything that is wrong, with lines', async () => {
    const [bad, badJson, good] = await Promise.all([
      sentinel(['config', 'check'], { cwd: write('server:\n  prt: 1\n') }),
      here(['config', 'check', '--json'], { cwd: write('server:\n  prt: 1\n') }),
      here(['config', 'check'], { cwd: write('server:\n  port: 1234\n') }),
    ]);
    expect(bad).toMatchObject({
      code: 1,
      stdout: 'sentinel.yaml:2: server.prt: unknown key; did you mean "port"?\n',
    });
    expect(JSON.parse(badJson.stdout)).toMatchObject({
      ok: false,
      problems: [{ line: 2, path: 'server.prt' }],
    });
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/sentinel\.yaml is valid\.\n$/) });
  });

  test('show hides secrets, schema is JSON Schema', async () => {
    const secret = `sntl_admin_${'x'.repeat(43)}`;
    const [show, schema] = await Promise.all([
      here(['config', 'show', '--json'], { cwd: write(''), env: { SENTINEL_ADMIN_KEY: secret } }),
      here(['config', 'schema'], { cwd: folder }),
    ]);
    expect(JSON.parse(show.stdout)).toMatchObject({
      incident: { settleMs: 3000 },
      secrets: { adminKey: '[secret]' },
    });
    expect(show.stdout).not.toContain(secret);
    expect(JSON.parse(schema.stdout)).toMatchObject({
      $schema: expect.stringContaining('json-schema.org'),
      type: 'object',
    });
  });
});

describe('doctor', () => {
  test('names what is missing and what to do, and fails', async () => {
    const cwd = mkdtempSync(path.join(folder, 'doctor-'));
    const { port } = new URL(server.url);
    const stranger = await startHttp({ fetch: () => new Response('hi'), host: '127.0.0.1', port: 0 });
    const text = [
      `server: { port: ${new URL(stranger.url).port} }`,
      'temporal: { address: "127.0.0.1:9" }',
      `clickhouse: { url: "http://127.0.0.1:${port}" }`,
      'executors: [{ name: practice, type: lab, url: "http://127.0.0.1:9", environments: [x] }]',
    ].join('\n');
    writeFileSync(path.join(cwd, 'sentinel.yaml'), text);
    const env = { SENTINEL_POSTGRES_URL: 'postgres://u:hunter2@127.0.0.1:9/x' };
    const [people, json] = await Promise.all([
      sentinel(['doctor'], { cwd, env }),
      here(['doctor', '--json'], { cwd, env }),
    ]);
    await stranger.close();
    expect(people.code).toBe(1);
    expect(people.stdout).toMatch(
      /MISSING Postgres: 127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\n\s+→ .*SENTINEL_POSTGRES_URL/,
    );
    expect(people.stdout).not.toContain('hunter2');
    const { findings } = JSON.parse(json.stdout) as { findings: { name: string; status: string }[] };
    const status = Object.fromEntries(findings.map((one) => [one.name, one.status]));
    expect(status).toMatchObject({
      Configuration: 'ok',
      Node: 'ok',
      Temporal: 'missing',
      Postgres: 'missing',
      ClickHouse: 'ok',
      'Executor practice': 'warning',
      [`Port ${new URL(stranger.url).port}`]: 'missing',
    });
  });

  test('a port where a Sentinel answers is fine', async () => {
    const cwd = mkdtempSync(path.join(folder, 'doctor-'));
    writeFileSync(
      path.join(cwd, 'sentinel.yaml'),
      `server: { port: ${new URL(server.url).port} }\ntemporal: { embedded: { port: 0, uiPort: 0 } }`,
    );
    const { stdout } = await here(['doctor'], { cwd });
    expect(stdout).toContain('Sentinel is already running on 127.0.0.1');
    expect(stdout).toContain('note    Executors: none');
  });

  test('a broken configuration is a finding, not a crash', async () => {
    const cwd = mkdtempSync(path.join(folder, 'doctor-'));
    writeFileSync(path.join(cwd, 'sentinel.yaml'), 'servr: {}');
    chmodSync(cwd, 0o755);
    const { code, stdout } = await here(['doctor'], { cwd });
    expect(code).toBe(1);
    expect(stdout).toContain(
      'MISSING Configuration: sentinel.yaml:1: servr: unknown key; did you mean "server"?',
    );
  });
});

test('help is 0, what does not exist is 2 with a suggestion', async () => {
  const [help, none, wrong, version] = await Promise.all([
    sentinel(['--help']),
    here([]),
    sentinel(['incidnt', 'list']),
    here(['--version']),
  ]);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Exit codes: 0 ok') });
  expect(none.code).toBe(2);
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean incident?') });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

describe('analyse', () => {
  test('shows prompt, answer, what was dropped and the cost; no escape of a model gets through', async () => {
    world.modelTurns = [modelTurn({ output: 'It is \u001b[31mred\u001b[0m', prompt: 'one\ntwo' })];
    const { stdout, code } = await here(['analyse', ref], asRole());
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/Analysis 1, turn 1: groq\/m-1\nanswer after 850 ms\ntokens 900 in, 100 out/);
    expect(stdout).toMatch(/Prompt\n {2}one\n {2}two\n/);
    expect(stdout).toMatch(/Dropped\n {2}unknown-evidence: E9\n/);
    expect(stdout).toMatch(/1 call, 0\.001 US dollars/);
  });

  test('is JSON on request, says so when no model was asked, and is not for viewers', async () => {
    const none = await here(['analyse', ref], asRole());
    expect(none.stdout).toBe('No model was asked about this incident.\n');
    const json = await here(['analyse', ref, '--json'], asRole());
    expect(JSON.parse(json.stdout)).toEqual({ diagnosis: null, turns: [], usd: 0 });
    expect((await here(['analyse', ref], asRole('viewer'))).code).toBe(3);
  });
});

describe.runIf(process.platform === 'linux')('sandbox', () => {
  test('lists what can be put back, and puts it back', async () => {
    const scratch = path.join(folder, 'scratch', 'orders');
    mkdirSync(scratch, { recursive: true });
    writeFileSync(path.join(scratch, 'a.tmp'), 'a');
    const settings = {
      ...{
        name: 'web1',
        host: 'web1',
        service: 'orders',
        folders: [scratch],
        patterns: ['*'],
        olderThanSeconds: 60,
      },
      ...{ limitBytes: 1_000, trashBytes: 1_000 },
    };
    const nowMs = Date.now() + 3_600_000;
    const executor = createHostExecutor(settings, { nowMs: () => nowMs });
    const target = { environment: 'e', service: 'orders', resource: 'host/web1' };
    const intent = { id: 'i', action: 'clear-sandbox', target } as unknown as Intent;
    const cleaned = await executor.begin(intent, callOf({ number: 1, notAfterMs: nowMs }));
    expect(cleaned).toMatchObject({ kind: 'done' });
    const file = path.join(folder, 'sandbox.yaml');
    const entry = `{ name: web1, type: host, environments: [e], host: web1, service: orders, folders: ['${scratch}'] }`;
    writeFileSync(file, `executors:\n  - ${entry}\n`);
    const run = (...args: string[]) => here(['sandbox', ...args, '--config', file], { cwd: folder });
    const { items } = JSON.parse((await run('list', 'web1', '--json')).stdout);
    expect(items).toMatchObject([{ folder: scratch, bytes: 1 }]);
    expect((await run('put-back', 'web1', items[0].cleanUp)).stdout).toBe('1 files are back.\n');
    expect(existsSync(path.join(scratch, 'a.tmp'))).toBe(true);
    expect((await run('list', 'web1')).stdout).toBe('Nothing can be put back.\n');
    expect(await run('put-back', 'web1', items[0].cleanUp)).toMatchObject({ code: 1 });
    expect((await run('list', 'other')).stderr).toContain('no executor "other" of type host');
  });
});
