/** docker-compose.yml, started as the README says: an alert becomes an incident, which survives whatever is stopped. */
import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { docker, dockerFails, dockerWith } from './support/docker.ts';

const project = `sentinel-test-${randomUUID().slice(0, 8)}`;
const files = ['-f', 'docker-compose.yml', '-f', 'tests/image/support/compose.override.yml'];
const compose = (...args: readonly string[]) =>
  dockerWith({ SENTINEL_TEST_IMAGE: inject('image') }, 'compose', '-p', project, ...files, ...args);
const up = () => compose('up', '-d', '--wait', '--wait-timeout', '600');
const sentinel = (...args: readonly string[]) => compose('exec', '-T', 'api', 'sentinel', ...args);
const secret = (name: string) => compose('exec', '-T', 'api', 'cat', `/secrets/${name}`);
const addressOf = async (service: string, port: number) =>
  `http://${await compose('port', service, String(port))}`;

type Incident = { readonly title: string; readonly ref: string; readonly openedAtMs: number };
const incidents = async () =>
  (JSON.parse(await sentinel('incident', 'list', '--json')) as { items: Incident[] }).items;

beforeAll(async () => {
  await up().catch(async (error: Error) => {
    const { text } = await dockerFails('compose', '-p', project, 'logs', '--tail', '25');
    throw new Error(`${error.message}\n${text}`);
  });
});
afterAll(() => compose('down', '--volumes', '--remove-orphans'));

async function send(id: string, service: string): Promise<number> {
  const event = {
    kind: 'alert',
    status: 'firing',
    id,
    service,
    severity: 'critical',
    title: `${service}: disk is full`,
  };
  const answer = await fetch(`${await addressOf('ingest', 4500)}/api/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await secret('admin-key')}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [event] }),
  });
  return answer.status;
}

test.each([
  ['api', ['temporal', 'postgres', 'clickhouse']],
  ['ingest', ['temporal', 'postgres', 'clickhouse', 'kafka']],
])('the role %s says what it is connected to', async (service, servers) => {
  const address = await addressOf(service, 4500);
  const connected = async () => {
    const answer = await fetch(`${address}/ready`);
    const { components } = (await answer.json()) as { components: { name: string; ok: boolean }[] };
    return [answer.status, ...components.filter(({ ok }) => ok).map(({ name }) => name)];
  };
  // A consumer joins its group some seconds after its process is ready.
  await expect.poll(connected, { timeout: 120_000 }).toEqual(expect.arrayContaining([200, ...servers]));
});

test('nothing is reached from beyond this machine', async () => {
  const ids = (await compose('ps', '-q')).split('\n');
  const published = await docker(
    'inspect',
    '-f',
    '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}',
    ...ids,
  );
  const addresses = published.split(/\s+/).filter((address) => address !== '');
  expect(addresses.length).toBeGreaterThanOrEqual(4);
  expect(new Set(addresses)).toEqual(new Set(['127.0.0.1']));
});

test("Temporal's Web UI is not shown under the name of a web page", async () => {
  const { hostname, port } = new URL(await addressOf('api', 8233));
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'attacker.example' };
    request({ hostname, port, path: '/api/v1/namespaces', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .once('error', reject)
      .end();
  });
  expect(status).toBe(421);
});

test('Temporal and the databases see no secret but their own', async () => {
  for (const [service, own] of [
    ['temporal', 'temporal'],
    ['clickhouse', 'clickhouse'],
    ['postgres', 'postgres sentinel temporal'],
  ])
    expect((await compose('exec', '-T', service as string, 'ls', '/secrets')).split('\n').join(' ')).toBe(
      own,
    );
});

test('an alert becomes an incident that the API, the pages and Temporal show', async () => {
  expect(await send('disk-1', 'orders')).toBe(202);
  await expect.poll(incidents, { timeout: 180_000 }).toMatchObject([{ title: 'orders: disk is full' }]);
  const headers = { authorization: `Bearer ${await secret('admin-key')}` };
  const [incident] = await incidents();
  const api = await fetch(`${await addressOf('api', 4500)}/api/v1/incidents/${incident?.ref}`, { headers });
  expect([api.status, await api.text()]).toEqual([200, expect.stringContaining('orders: disk is full')]);
  const ui = await fetch(`${await addressOf('api', 8233)}/api/v1/namespaces/default/workflows`);
  expect(await ui.text()).toContain('incident/production/orders/');
});

test('a worker that is killed comes back by itself, and what came meanwhile is not lost', async () => {
  const before = await incidents();
  const [worker = ''] = (await compose('ps', '-q', 'worker')).split('\n');
  // From inside: an engine does not restart what it was told to kill.
  await compose('exec', '-T', 'worker', 'sh', '-c', 'kill -9 $(cat /proc/1/task/1/children)').catch(() => {});
  expect(await send('disk-2', 'payments')).toBe(202);
  await expect.poll(incidents, { timeout: 180_000 }).toHaveLength(before.length + 1);
  expect(Number(await docker('inspect', '-f', '{{.RestartCount}}', worker))).toBeGreaterThan(0);
});

test('down and up again keeps incidents and secrets', async () => {
  const before = await incidents();
  const names = ['admin-key', 'postgres-url', 'clickhouse', 'payload-keys'];
  const secrets = await Promise.all(names.map(secret));
  await compose('down');
  await up();
  expect(await Promise.all(names.map(secret))).toEqual(secrets);
  expect((await incidents()).map(({ ref }) => ref)).toEqual(before.map(({ ref }) => ref));
});
