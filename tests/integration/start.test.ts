// `sentinel start` with everything embedded, as a new user runs it: it comes up, says clearly why it cannot, leaves
// nothing behind, and finds its incidents again.

import { lstat, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readState } from '../../adapters/temporal-dev-server/state-file.ts';
import { freePort } from '../../lab/run/sentinel-process.ts';
import { call, connect, methods } from '../ingest/support/grpc.ts';
import { gauge, metricsRequest, nano, toProtobuf } from '../ingest/support/otlp.ts';
import { temporaryFolder } from './support/folder.ts';
import {
  embeddedSettings,
  launch,
  newAdminKey,
  type Sentinel,
  type Settings,
  startUp,
} from './support/sentinel.ts';
import { eventually } from './support/wait.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('a Sentinel with everything embedded', () => {
  const adminKey = newAdminKey();
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let settings: Settings;
  let sentinel: Sentinel;
  let grpcPort: number;

  beforeAll(async () => {
    folder = await temporaryFolder('start');
    const embedded = await embeddedSettings();
    grpcPort = await freePort();
    settings = { ...embedded, server: { ...(embedded.server as object), grpcPort } };
    sentinel = await startUp(folder.path, settings, { adminKey });
  });
  afterAll(async () => {
    await sentinel?.end();
    await folder?.remove();
  });

  test('is ready, with every part it stands on', async () => {
    await eventually('every part to be well', async () => {
      const { status, components } = await sentinel.health();
      expect(status).toBe('ready');
      // Whether Sentinel keeps up is shown as well; on a busy machine it may not.
      expect(components.filter(({ name }) => name !== 'own lag')).toEqual([
        { name: 'incident workflows', ok: true, required: false },
        { name: 'temporal', ok: true, required: true },
        { name: 'postgres', ok: true, required: true },
        { name: 'clickhouse', ok: true, required: false },
        { name: 'temporal search attributes', ok: true, required: true },
        { name: 'postgres durability', ok: true, required: false },
      ]);
      expect(components.map(({ name }) => name)).toContain('own lag');
      return true;
    });
  });

  test('shows its own metrics', async () => {
    const answer = await fetch(`${sentinel.url}/metrics`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toContain('# TYPE sentinel_ingest_requests_total counter');
    expect(await sentinel.metric('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  test('says where it takes OTLP over gRPC, and takes it there from a program of this machine', async () => {
    await sentinel.running.until(`OTLP over gRPC     http://127.0.0.1:${grpcPort}`);
    const client = connect(grpcPort);
    const point = gauge('pool.used', { asDouble: 7, timeUnixNano: nano(Date.now()) });
    const { code, message } = await call(
      client,
      methods.metrics,
      toProtobuf('metrics', metricsRequest([point])),
    );
    client.close();
    expect([code, message]).toEqual([0, '']);
    expect(await sentinel.metric('sentinel_ingest_observations_total', { signal: 'metrics' })).toBe(1);
  });

  test('leaves the command line its address, and the key that the operator gave in no file', async () => {
    const left = JSON.parse(await readFile(join(folder.path, 'data', 'cli.json'), 'utf8'));
    expect(left).toEqual({ url: sentinel.url });
  });

  test('keeps its files for this user only', async () => {
    const data = join(folder.path, 'data');
    // Embedded Postgres gives its files modes of its own; nobody gets to them through this folder.
    expect((await lstat(data)).mode & 0o777).toBe(0o700);
    for (const name of [
      'cli.json',
      'temporal/temporal.log',
      'temporal/temporal.db',
      'temporal/temporal.state.json',
    ]) {
      expect({ name, mode: (await lstat(join(data, name))).mode & 0o777 }).toEqual({ name, mode: 0o600 });
    }
  });

  test('a second one on the same data says who is there, and the first does not notice', async () => {
    const second = { ...settings, server: { host: '127.0.0.1', port: await freePort() } };
    const temporalPid = readState(join(folder.path, 'data', 'temporal'))?.pid ?? 0;
    const { running } = await launch(join(folder.path, 'second'), {
      ...second,
      dataDir: join(folder.path, 'data'),
    });
    const { code, stderr } = await running.done;
    expect(code).toBe(1);
    expect(stderr).toContain(`in use by process ${sentinel.pid}`);
    expect(isAlive(temporalPid)).toBe(true);
    await eventually('the first to be ready', async () => (await fetch(`${sentinel.url}/ready`)).ok);
  });

  test('stopped and started again: its incidents go on, and what it was told is known', async () => {
    const alert = { id: 'a1', service: 'orders', title: 'orders do not arrive' };
    expect((await sentinel.admin.request('POST', '/api/v1/trigger-alert', alert)).status).toBe(202);
    const before = await eventually('an incident', async () => (await sentinel.admin.incidents())[0] ?? null);

    const { code, stderr } = await sentinel.stop();
    expect(stderr).toContain('SIGTERM: stopping');
    expect(code).toBe(0);
    expect(readState(join(folder.path, 'data', 'temporal'))).toBeUndefined();

    sentinel = await startUp(folder.path, settings, { adminKey });
    const again = await sentinel.admin.incidents();
    expect(again.map(({ id }) => id)).toEqual([before.id]);
    const repeated = await sentinel.admin.request('POST', '/api/v1/trigger-alert', alert);
    expect(repeated.body).toMatchObject({ accepted: 0, duplicates: 1 });
    const ended = await eventually(
      'it to be handed over',
      async () => (await sentinel.admin.incidents()).find(({ outcome }) => outcome !== null) ?? null,
    );
    expect(ended).toMatchObject({ id: before.id, outcome: 'escalated' });
  });
});

test('a port in use: says so, ends with 1, and leaves nothing running', async ({ onTestFinished }) => {
  const folder = await temporaryFolder('port');
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    other.close();
    await folder.remove();
  });
  const { port } = other.address() as { port: number };
  const settings = { ...(await embeddedSettings()), server: { host: '127.0.0.1', port } };
  const { running } = await launch(folder.path, settings);
  const { code, stderr, stdout } = await running.done;
  expect(code).toBe(1);
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is in use.`);
  expect(stderr).toContain('set another server.port in sentinel.yaml');
  expect(stdout).not.toContain('Sentinel is running');
  expect(readState(join(folder.path, 'data', 'temporal'))).toBeUndefined();
});
