/** Temporal's own command line reads encrypted data through Sentinel, with a key; without one, and of others, it reads nothing. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { expect, onTestFinished, test } from 'vitest';
import { dataConverterOf } from '../../../../adapters/temporal/payloads/data-converter.ts';
import { createPayloadOpener } from '../../../../adapters/temporal/payloads/opener.ts';
import { obtainTemporalCli } from '../../../../adapters/temporal-dev-server/index.ts';
import { createApp } from '../../../../api/app.ts';
import { startHttp } from '../../../../api/server.ts';
import { clientOf } from '../../../api/client.ts';
import { createWorld } from '../../../api/in-memory.ts';
import { cacheDir } from '../../../support/components/cache.ts';
import { testPayloads } from '../../../support/payloads.ts';
import { freshNamespace } from '../../../support/temporal.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test.each(['encrypted', 'signed'] as const)(
  'what is %s, temporal workflow show gets in clear',
  async (mode) => {
    const { address, namespace } = await freshNamespace();
    const connection = await Connection.connect({ address });
    onTestFinished(() => connection.close());
    const dataConverter = dataConverterOf(testPayloads({ mode }), 'client');
    const client = new Client({ connection, namespace, dataConverter });
    const workflowId = `incident/${randomUUID()}/1`;
    const started = { workflowId, taskQueue: 'nobody', args: [{ title: 'payments fail' }] };
    const handle = await client.workflow.start('incident', started);
    await handle.signal('anomalyObserved', { summary: 'since release v3' });

    const world = createWorld();
    const opener = createPayloadOpener(testPayloads().keys, namespace);
    const app = createApp({ ...world.deps, temporalPayloads: opener });
    const sentinel = await startHttp({ fetch: app.fetch, host: '127.0.0.1', port: 0, names: [] });
    onTestFinished(() => sentinel.close());
    const temporal = await obtainTemporalCli({ cacheDir, report: () => {} });
    const show = async (key: string) => {
      const endpoint = ['--codec-endpoint', `${sentinel.url}/api/v1/codec`, '--codec-auth', `Bearer ${key}`];
      const where = ['--address', address, '--namespace', namespace, '--workflow-id', workflowId];
      const { stdout } = await promisify(execFile)(temporal, [
        'workflow',
        'show',
        ...where,
        ...endpoint,
        '-o',
        'json',
      ]);
      return stdout;
    };

    const shown = await show(world.keys.viewer);
    expect(shown).toContain(base64('{"title":"payments fail"}'));
    expect(shown).toContain(base64('{"summary":"since release v3"}'));
    const body = JSON.stringify({ payloads: [] });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${world.keys.revoked}` };
    const decode = `${sentinel.url}/api/v1/codec/decode`;
    expect((await fetch(decode, { method: 'POST', headers, body })).status).toBe(401);
  },
);

test('what is changed, of others, or under no key comes back as it is', async () => {
  const opener = createPayloadOpener(testPayloads().keys, 'default');
  const plain = { metadata: { encoding: base64('json/plain') }, data: base64('1') };
  const [sealed] =
    (await dataConverterOf(testPayloads(), 'client').payloadCodecs?.[0]?.encode(
      [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('1') }],
      undefined,
    )) ?? [];
  const wire = {
    metadata: Object.fromEntries(
      Object.entries(sealed?.metadata ?? {}).map(([name, value]) => [
        name,
        Buffer.from(value).toString('base64'),
      ]),
    ),
    data: base64('1'),
  };
  const changed = { ...wire, data: base64('2') };
  expect(await opener.open([plain, wire, changed, {}])).toEqual([plain, plain, changed, {}]);
});

test('the command line says which namespace it shows, and gets nothing of it from a Sentinel of another one', async () => {
  const { address, namespace } = await freshNamespace();
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  const client = new Client({
    connection,
    namespace,
    dataConverter: dataConverterOf(testPayloads(), 'client'),
  });
  const workflowId = `incident/${randomUUID()}/1`;
  await client.workflow.start('incident', { workflowId, taskQueue: 'nobody', args: [{}] });

  const world = createWorld();
  const app = createApp(world.deps);
  const answers: { namespace: string | null; status: number }[] = [];
  const fetch: typeof app.fetch = async (request, ...more) => {
    const answer = await app.fetch(request, ...more);
    answers.push({ namespace: request.headers.get('x-namespace'), status: answer.status });
    return answer;
  };
  const sentinel = await startHttp({ fetch, host: '127.0.0.1', port: 0, names: [] });
  onTestFinished(() => sentinel.close());
  const temporal = await obtainTemporalCli({ cacheDir, report: () => {} });
  const enough = new AbortController();
  const where = ['--address', address, '--namespace', namespace, '--workflow-id', workflowId];
  const codec = ['--codec-endpoint', `${sentinel.url}/api/v1/codec`];
  const auth = ['--codec-auth', `Bearer ${world.keys.viewer}`];
  const show = promisify(execFile)(temporal, ['workflow', 'show', ...where, ...codec, ...auth], {
    signal: enough.signal,
  });
  // It asks again and again until its own time is up.
  const ended = expect(show).rejects.toThrow();
  await expect.poll(() => answers).toContainEqual({ namespace, status: 404 });
  enough.abort();
  await ended;
});

test('another namespace is told which one is read here; who names none, or ours, is answered', async () => {
  const world = createWorld();
  const decode = (headers: Readonly<Record<string, string>>) =>
    clientOf(world)('/api/v1/codec/decode', { body: { payloads: [] }, headers, key: world.keys.viewer });
  expect((await decode({})).status).toBe(200);
  expect((await decode({ 'x-namespace': 'default' })).status).toBe(200);
  expect(await decode({ 'x-namespace': 'payments' })).toMatchObject({
    status: 404,
    json: { detail: expect.stringContaining('in the Temporal namespace default') },
  });
});
