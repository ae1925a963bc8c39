// The rules for a filter before the socket let through what the client of the engine asks for, request by request, and nothing else.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectEngine, type Engine } from '../../../adapters/docker/engine.ts';
import { dockerProxyRules } from '../../../adapters/docker/permissions.ts';

const id = 'ab'.repeat(32);
const requests: string[] = [];
/** As every engine: 404 for what is not there. */
const server = createServer((request, response) => {
  requests.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`);
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"nothing is here"}');
});
let engine: Engine;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  engine = connectEngine({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
beforeEach(() => requests.splice(0));
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** As a filter reads them: the method, and the expression for the whole path. */
function filterOf(containers: readonly string[]): (request: string) => boolean {
  const lines = dockerProxyRules({ name: 'web1', containers }).split('\n');
  const rules = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ +/, 2) as [string, string]);
  return (request) =>
    rules.some(([method, path]) => {
      const [asked, ...rest] = request.split(' ');
      return asked === method && new RegExp(path).test(rest.join(' '));
    });
}

const each: Readonly<Record<Exclude<keyof Engine, 'beyond'>, () => Promise<unknown>>> = {
  list: () => engine.list(),
  inspect: () => engine.inspect(id),
  version: () => engine.version(),
  stats: () => engine.stats(id),
  top: () => engine.top(id),
  events: () => engine.events(0, 1),
  act: async () => {
    for (const verb of ['restart', 'stop', 'start'] as const) await engine.act(verb, id, 1).catch(() => null);
  },
};

test.each(Object.entries(each))(
  '%s comes through, with the version of the API or without',
  async (_, ask) => {
    await ask().catch(() => null);
    const passes = filterOf(['orders']);
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter((one) => !passes(one))).toEqual([]);
    expect(requests.filter((one) => !passes(one.replace(' /', ' /v1.47/')))).toEqual([]);
  },
);

test('running programs does not', async () => {
  await engine.beyond(id).catch(() => null);
  expect(requests).toEqual([`POST /containers/${id}/exec`]);
  expect(filterOf(['*', 'label:any'])(requests[0] ?? '')).toBe(false);
});

test.each([
  ['GET /containers/orders/json', true],
  ['GET /containers/shop-web-1/json', true],
  ['GET /containers/a.b/json', true],
  ['GET /containers/payments/json', false],
  ['GET /containers/orders-db/json', false],
  ['GET /containers/aXb/json', false],
  ['GET /containers/shop-/../payments/json', false],
  ['POST /containers/orders/stop', false],
  ['GET /containers/orders/archive', false],
  [`DELETE /containers/${id}`, false],
  [`POST /containers/${id}/kill`, false],
  [`POST /containers/${id}/stop/more`, false],
  [`GET /containers/${id}/json/../../../images/json`, false],
  ['POST /containers/create', false],
  ['GET /v1.47/../secrets', false],
])('by names: %s → %s', (request, through) => {
  expect(filterOf(['orders', 'shop-*', 'a.b'])(request)).toBe(through);
});

test('a label stands for containers of any name', () => {
  expect(filterOf(['orders'])('GET /containers/payments/json')).toBe(false);
  expect(filterOf(['orders', 'label:sentinel.act=yes'])('GET /containers/payments/json')).toBe(true);
});

test('says what each is for, and which may be left out', () => {
  const text = dockerProxyRules({ name: 'web1', containers: ['orders'] });
  expect(text).toContain('executor web1 needs');
  expect(text.split('\n').filter((line) => line.endsWith('; may be left out'))).toHaveLength(2);
});
