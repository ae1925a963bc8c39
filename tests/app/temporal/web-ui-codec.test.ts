// Temporal's real Web UI has encrypted incidents decoded by Sentinel: for whoever is logged in to the dashboard, and asked by its
// own pages only.

import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPayloadCodec } from '../../../adapters/temporal/payloads/codec.ts';
import { createApp } from '../../../api/app.ts';
import type { HttpServer } from '../../../api/server.ts';
import { startWebUi } from '../../../app/temporal/web-ui.ts';
import { codecPath, webUiCodec } from '../../../app/temporal/web-ui-codec.ts';
import { createDashboardWorld } from '../../api/dashboard/in-memory.ts';
import { createWorld } from '../../api/in-memory.ts';
import { testPayloads } from '../../support/payloads.ts';
import { freshNamespace } from '../../support/temporal.ts';

let upstream: string;
let ui: HttpServer | undefined;
beforeAll(async () => {
  upstream = (await freshNamespace()).uiUrl;
});
afterEach(() => ui?.close());

const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');

async function start(publicUrl?: string) {
  const world = createWorld();
  const dashboard = createDashboardWorld(world.deps.apiKeys);
  const app = createApp({ ...world.deps, dashboard: { ...dashboard.deps, publicUrl } });
  const codec = webUiCodec((request, from) => app.fetch(request, from), publicUrl);
  ui = await startWebUi({ upstream, port: 0, names: ['sentinel.example.com'], codec: () => codec });
  const session = await dashboard.deps.sessions.open(world.keys.viewer);
  return { url: ui.url, token: session?.token ?? '' };
}

async function encrypted() {
  const codec = createPayloadCodec(testPayloads({ mode: 'encrypted' }), 'client');
  const plain = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"payments fail"') };
  const [sealed] = await codec.encode([plain]);
  const metadata = Object.entries(sealed?.metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { payloads: [{ metadata: Object.fromEntries(metadata), data: base64(sealed?.data ?? '') }] };
}

async function decode(url: string, headers: Readonly<Record<string, string>>) {
  const answer = await fetch(`${url}${codecPath}/decode`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(await encrypted()),
  });
  return { status: answer.status, text: await answer.text() };
}

test('the pages of who is logged in are told where to ask; the others need not', async () => {
  const { url, token } = await start();
  const settings = async (cookie: string) =>
    (await fetch(`${url}/api/v1/settings`, { headers: { cookie } })).json();
  await expect.poll(() => settings('a=b')).toMatchObject({ Codec: { Endpoint: '' } });
  expect(await settings(`sentinel-local=${token}`)).toMatchObject({
    Codec: { Endpoint: codecPath, DefaultErrorMessage: expect.stringContaining('Log in to Sentinel') },
    Version: expect.any(String),
  });
});

test('where nothing is encrypted, they ask nobody', async () => {
  ui = await startWebUi({ upstream, port: 0, names: [] });
  const { url } = ui;
  const settings = async () => (await fetch(`${url}/api/v1/settings`)).json();
  await expect.poll(settings).toMatchObject({ Codec: { Endpoint: '' } });
  expect((await decode(url, {})).status).toBe(403);
});

test('who is logged in gets it decoded', async () => {
  const { url, token } = await start();
  const answer = await decode(url, { cookie: `sentinel-local=${token}`, 'sec-fetch-site': 'same-origin' });
  expect(answer.status).toBe(200);
  expect(answer.text).toContain(base64('"payments fail"'));
});

test('pages that show another namespace are told which one is read here', async () => {
  const { url, token } = await start();
  const login = { cookie: `sentinel-local=${token}`, 'sec-fetch-site': 'same-origin' };
  expect((await decode(url, { ...login, 'x-namespace': 'default' })).status).toBe(200);
  const other = await decode(url, { ...login, 'x-namespace': 'payments' });
  expect(other.status).toBe(404);
  expect(other.text).not.toContain(base64('"payments fail"'));
});

describe('nothing is decoded', () => {
  test.each([
    ['without a login', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['with a login that is none', () => ({ cookie: 'sentinel-local=x', 'sec-fetch-site': 'same-origin' })],
    ['for a page of another port', (cookie: string) => ({ cookie, 'sec-fetch-site': 'same-site' })],
    ['for a page of another site', (cookie: string) => ({ cookie, 'sec-fetch-site': 'cross-site' })],
    ['for what does not say where it comes from', (cookie: string) => ({ cookie })],
  ])('%s', async (_what, headers) => {
    const { url, token } = await start();
    const answer = await decode(url, headers(`sentinel-local=${token}`));
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain(base64('"payments fail"'));
  });
});

test('behind a proxy that ends TLS it is the login of the public name', async () => {
  const { url, token } = await start('https://127.0.0.1');
  const from = { 'sec-fetch-site': 'same-origin' };
  expect((await decode(url, { ...from, cookie: `__Host-sentinel=${token}` })).status).toBe(200);
  expect((await decode(url, { ...from, cookie: `sentinel-local=${token}` })).status).toBe(401);
});
