// Temporal's real Web UI behind ours: people of this machine watch, nobody changes anything, no other name leads to it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { HttpServer } from '../../../api/server.ts';
import { findTemporal } from '../../../app/temporal/server.ts';
import { startWebUi } from '../../../app/temporal/web-ui.ts';
import { loadConfig } from '../../../config/load.ts';
import { freshNamespace } from '../../support/temporal.ts';

let temporal: Awaited<ReturnType<typeof freshNamespace>>;
let ui: HttpServer | undefined;
beforeAll(async () => {
  temporal = await freshNamespace();
});
afterEach(() => ui?.close());
const start = async (upstream = temporal.uiUrl) => {
  ui = await startWebUi({ upstream, port: 0, names: ['sentinel.example.com'] });
  return ui.url;
};

function answerTo(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Promise<{ status: number; text: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const lengthy = { ...headers, 'content-length': String(body.length) };
  const sent = request(url, { method, headers: lengthy }, (answer) => {
    void answer
      .toArray()
      .then((parts) => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
  });
  sent.once('error', reject);
  sent.end(body);
  return promise;
}

test('shows the pages and what they ask for', async () => {
  const url = await start();
  const page = await fetch(`${url}/namespaces/${temporal.namespace}/workflows`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('<!');
  // The UI may still be connecting to its own server.
  const asked = async () => (await fetch(`${url}/api/v1/namespaces/${temporal.namespace}`)).json();
  await expect.poll(asked).toMatchObject({ namespaceInfo: { name: temporal.namespace } });
});

test('offers no buttons for what it does not pass on', async () => {
  const url = await start();
  const settings = async () => (await fetch(`${url}/api/v1/settings`)).json();
  await expect.poll(settings).toMatchObject({ DisableWriteActions: true });
});

test.each(['attacker.example', 'localhost.attacker.example:8233'])(
  'answers nothing to the name %s',
  async (host) => {
    const url = await start();
    const { status, text } = await answerTo(`${url}/api/v1/namespaces`, 'GET', { host });
    expect(status).toBe(421);
    expect(text).not.toContain(temporal.namespace);
  },
);

describe('a workflow', () => {
  test.each([
    ['POST', 'workflows/watched/terminate'],
    ['POST', 'workflows/watched/signal/decide'],
    ['POST', 'workflows/another'],
    ['PUT', 'workflows/watched'],
    ['DELETE', 'workflows/watched'],
    ['POST', 'workflows/watched/query/x/../../terminate'],
    ['POST', 'batch-operations/all'],
  ])('is not changed by %s %s', async (method, path) => {
    const connection = await Connection.connect({ address: temporal.address });
    onTestFinished(() => connection.close());
    const client = new Client({ connection, namespace: temporal.namespace });
    const handle = await client.workflow
      .start('any', { taskQueue: 'none', workflowId: 'watched', workflowIdConflictPolicy: 'USE_EXISTING' })
      .then(() => client.workflow.getHandle('watched'));
    const url = await start();
    const { status, text } = await answerTo(
      `${url}/api/v1/namespaces/${temporal.namespace}/${path}`,
      method,
      { 'content-type': 'application/json', authorization: 'Bearer anything' },
      '{}',
    );
    expect(status).toBe(403);
    expect(text).toContain('This Web UI is read-only');
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });
});

test('a question to a workflow is passed on; keys and cookies of Sentinel are not', async () => {
  const seen: {
    method: string;
    url: string;
    cookie: string;
    authorization: string | undefined;
    body: string;
  }[] = [];
  const upstream = createServer((incoming, outgoing) => {
    void incoming.toArray().then((parts) => {
      const { method = '', url = '', headers } = incoming;
      const body = Buffer.concat(parts).toString();
      seen.push({ method, url, cookie: headers.cookie ?? '', authorization: headers.authorization, body });
      outgoing.end('{}');
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void upstream.close());
  const url = await start(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  const path = '/api/v1/namespaces/default/workflows/incident%2F1/query/__temporal_workflow_metadata?a=b';
  const headers = { cookie: 'sentinel-local=token; _csrf=abc', authorization: 'Bearer key' };
  expect(await answerTo(`${url}${path}`, 'POST', headers, '{"query":{}}')).toMatchObject({ status: 200 });
  expect(seen).toEqual([
    { method: 'POST', url: path, cookie: '_csrf=abc', authorization: undefined, body: '{"query":{}}' },
  ]);
});

test('a port in use is named with the setting that moves it', async () => {
  const url = await start();
  const again = startWebUi({ upstream: temporal.uiUrl, port: Number(new URL(url).port), names: [] });
  await expect(again).rejects.toThrow(/temporal\.embedded\.uiPort/);
});

describe('the UI of a server that is not ours', () => {
  const find = async (role: 'shows it' | 'does not', server: string) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sentinel-web-ui-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const webUi = `{ url: '${temporal.uiUrl}', port: 0 }`;
    writeFileSync(
      path.join(folder, 'sentinel.yaml'),
      `temporal: { address: '${temporal.address}', webUi: ${webUi} }\n${server}`,
    );
    const loaded = loadConfig({ cwd: folder, env: {} });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const found = await findTemporal(loaded.config, role === 'shows it', () => {});
    onTestFinished(() => found.stop());
    return found;
  };

  test('is shown by one process, under its names only, until it stops', async () => {
    const { uiUrl, stop } = await find('shows it', 'server: { publicUrl: "http://localhost:4500" }');
    expect(uiUrl).toMatch(/^http:\/\/localhost:\d+$/);
    const page = `${uiUrl?.replace('localhost', '127.0.0.1')}/namespaces/${temporal.namespace}/workflows`;
    expect(await answerTo(page, 'GET', {})).toMatchObject({ status: 200 });
    expect(await answerTo(page, 'GET', { host: 'attacker.example' })).toMatchObject({ status: 421 });
    expect(await answerTo(page, 'DELETE', {})).toMatchObject({ status: 403 });
    await stop();
    await expect(answerTo(page, 'GET', {})).rejects.toThrow('ECONNREFUSED');
  });

  test('is not shown by the others', async () => {
    expect(await find('does not', '')).toMatchObject({ address: temporal.address, uiUrl: null });
  });
});
