// Over a real socket: whose requests come in at all, and what path they are for.

import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createApp } from '../../api/app.ts';
import { forwardedPrefix } from '../../api/http/front-door.ts';
import { hostNames } from '../../api/http/host-names.ts';
import { problem } from '../../api/schemas/problem.ts';
import { type HttpServer, startHttp } from '../../api/server.ts';
import { createWorld } from './in-memory.ts';

const open: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});
const start = async (options: Partial<Parameters<typeof startHttp>[0]>) => {
  const server = await startHttp({
    fetch: createApp(createWorld().deps).fetch,
    host: '127.0.0.1',
    port: 0,
    ...options,
  });
  open.push(server);
  return server;
};

/** What a server answers to these very bytes: `fetch` would not send them. */
async function raw(
  url: string,
  lines: readonly string[],
): Promise<{ status: number; body: string; head: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write([...lines, 'connection: close', '', ''].join('\r\n'));
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  const [head = '', ...body] = answer.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: body.join('\r\n\r\n'), head };
}

describe('the names of a server', () => {
  const hosts = hostNames(['sentinel.example.com', '*.svc.cluster.local', 'Collector']);

  test.each([
    'sentinel.example.com',
    'SENTINEL.example.com:8443',
    'sentinel.example.com.',
    'sentinel.monitoring.svc.cluster.local:4500',
    'collector',
    'localhost:4500',
    'sentinel.localhost',
    '127.0.0.1:4500',
    '192.0.2.7',
    '[::1]:4500',
    '[2001:db8::7]',
    undefined,
    '',
  ])('%s is one', (host) => {
    expect(hosts.answersTo(host)).toBe(true);
  });

  test.each([
    'evil.example.com',
    'sentinel.example.com.evil.example',
    'evil-sentinel.example.com',
    'svc.cluster.local',
    'evilsvc.cluster.local',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x',
  ])('%s is none', (host) => {
    expect(hosts.answersTo(host)).toBe(false);
  });
});

describe('a request for another host', () => {
  test.each(['/', '/health', '/api/v1/incidents', '/v1/traces', '/login'])(
    'to %s is refused before anything sees it',
    async (path) => {
      const seen: string[] = [];
      const { url } = await start({
        fetch: (request) => {
          seen.push(request.url);
          return new Response('');
        },
      });
      const { status, body, head } = await raw(url, [
        `POST ${path} HTTP/1.1`,
        'host: attacker.example:4500',
        'content-length: 0',
      ]);
      expect(status).toBe(421);
      expect(head).toContain('application/problem+json');
      expect(problem.parse(JSON.parse(body)).detail).toContain('server.allowedHosts');
      expect(seen).toEqual([]);
    },
  );

  test('is taken when the name is configured', async () => {
    const { url } = await start({ names: ['sentinel.internal'] });
    expect((await raw(url, ['GET /health HTTP/1.1', 'host: sentinel.internal:4500'])).status).toBe(200);
  });
});

test('a request without a Host, as old proxies send it, is answered', async () => {
  const { url } = await start({});
  expect(await raw(url, ['GET /health HTTP/1.0'])).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  expect(await raw(url, ['GET /health HTTP/1.1'])).toMatchObject({ status: 200 });
});

describe('below a prefix', () => {
  test.each(['/sentinel/health', '/health', '/sentinel//health/'])(
    '%s is /health, whether the proxy strips the prefix or not',
    async (path) => {
      const { url } = await start({ prefix: '/sentinel' });
      expect((await raw(url, [`GET ${path} HTTP/1.1`, 'host: localhost'])).status).toBe(200);
    },
  );

  test.each(['/sentinelx/health', '/other/health'])('%s is nothing', async (path) => {
    const { url } = await start({ prefix: '/sentinel' });
    expect((await raw(url, [`GET ${path} HTTP/1.1`, 'host: localhost'])).status).toBe(404);
  });

  test('pages lead to pages below it', async () => {
    const { url } = await start({ prefix: '/ops/sentinel' });
    const login = await fetch(`${url}/ops/sentinel/incidents`, { redirect: 'manual' });
    expect(login.headers.get('location')).toBe('/ops/sentinel/login?next=%2Fincidents');
    const page = await (await fetch(`${url}/ops/sentinel/login`)).text();
    const addresses = [...page.matchAll(/\s(?:href|src|action|data-base)="(\/[^"]*)"/g)].map(
      ([, found]) => found,
    );
    expect(addresses.length).toBeGreaterThan(4);
    for (const address of addresses) expect(address).toMatch(/^\/ops\/sentinel\//);
    const style = addresses.find((address) => address?.endsWith('.css')) ?? '';
    expect((await fetch(`${url}${style}`)).headers.get('content-type')).toContain('text/css');
  });

  test('a proxy of ours says it, and nobody else', async () => {
    const believed = await start({ trustedProxies: 1 });
    const said = { headers: { 'x-forwarded-prefix': '/ops/' }, redirect: 'manual' } as const;
    expect((await fetch(believed.url, said)).headers.get('location')).toBe('/ops/login');
    const doubting = await start({});
    expect((await fetch(doubting.url, said)).headers.get('location')).toBe('/login');
  });

  test.each(['//evil.example', '/a"onclick="x', '/<script>', 'evil', '/a/../b c', '/'])(
    'a prefix like %j is none',
    (header) => {
      expect(forwardedPrefix(header)).toBeNull();
    },
  );
});
