// Over a real socket: it says where it is, refuses a port in use in words that help, and closes in order.

import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { problem } from '../../api/schemas/problem.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { createWorld } from './in-memory.ts';

const open: HttpServer[] = [];
const start = async (
  fetch: Parameters<typeof startHttp>[0]['fetch'],
  port = 0,
  host = '127.0.0.1',
  stalledMs = 60_000,
) => {
  const server = await startHttp({ fetch, host, port, stalledMs });
  open.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

test('the API answers over HTTP at the address it gives', async () => {
  const { url } = await start(createApp(createWorld().deps).fetch);
  const response = await fetch(`${url}/health`);
  expect(await response.json()).toEqual({ status: 'ok' });
});

test('a body that is too large is refused over a real socket too, and the server goes on', async () => {
  const world = createWorld();
  const { url } = await start(createApp(world.deps).fetch);
  const headers = { authorization: `Bearer ${world.keys.admin}`, 'content-type': 'application/json' };
  const body = `{"reason":"${'x'.repeat(5_000_000)}"}`;
  const response = await fetch(`${url}/api/v1/kill-switch`, { method: 'POST', headers, body }).catch(
    () => null,
  );
  if (response !== null) expect(response.status).toBe(413);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('the address of the sender reaches what serves; a header is believed only from trusted proxies', async () => {
  const seen: string[] = [];
  const see: Parameters<typeof startHttp>[0]['fetch'] = (_, { address }) => {
    seen.push(address);
    return new Response('');
  };
  const direct = await start(see);
  const behind = await startHttp({ fetch: see, host: '127.0.0.1', port: 0, trustedProxies: 1 });
  open.push(behind);
  const headers = { 'x-forwarded-for': '198.51.100.1' };
  await fetch(direct.url, { headers });
  await fetch(behind.url, { headers });
  expect(seen).toEqual(['127.0.0.1', '198.51.100.1']);
});

test.each([
  ['a URL that is too long', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
  ['headers that are too long', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ['what is no HTTP', 'hello\r\n\r\n', 400],
])('%s is a problem like any other', async (_, bytes, status) => {
  const { url } = await start(createApp(createWorld().deps).fetch);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toContain(`HTTP/1.1 ${status} `);
  expect(head).toContain('content-type: application/problem+json');
  expect(problem.safeParse(JSON.parse(body)).success).toBe(true);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('a port in use is named, with what to do', async () => {
  const { url } = await start(() => new Response('first'));
  const port = Number(new URL(url).port);
  await expect(start(() => new Response('second'), port)).rejects.toThrow(
    new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use.*lsof -i :${port}.*server\\.port`),
  );
});

test('an address of somebody else is named', async () => {
  await expect(start(() => new Response(''), 0, '203.0.113.7')).rejects.toThrow(
    /203\.0\.113\.7.*server\.host/,
  );
});

test('close lets the answer under way finish', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = (): void => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await start(async () => {
    arrived();
    await held;
    return new Response('whole');
  });
  const answer = fetch(server.url);
  await arrival;
  const closed = server.close();
  release();
  expect(await (await answer).text()).toBe('whole');
  await closed;
  await expect(fetch(server.url)).rejects.toThrow();
  open.splice(0);
});

test('a client that takes nothing of an answer without end loses the connection', async () => {
  let cut = (): void => {};
  const wasCut = new Promise<void>((resolve) => {
    cut = resolve;
  });
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
    cancel: () => cut(),
  });
  const { url } = await start(() => new Response(endless), 0, '127.0.0.1', 50);
  const client = connect(Number(new URL(url).port), '127.0.0.1').pause();
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await expect(wasCut).resolves.toBeUndefined();
  client.destroy();
});
