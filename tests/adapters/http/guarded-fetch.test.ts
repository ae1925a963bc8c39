// Every client of ours connects by the rule of the configuration: where a name leads is looked at, and nothing is followed.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { guardedFetch } from '../../../adapters/http/guarded-fetch.ts';
import { createLabExecutor } from '../../../adapters/lab/executor.ts';
import { boundedFetch } from '../../../adapters/llm/bounded-fetch.ts';
import { checkSlack } from '../../../adapters/slack/check.ts';
import { createWebClient } from '../../../adapters/slack/web-client.ts';
import { parseSettings } from '../../../config/load.ts';
import { leadsTo } from './fake-dns.ts';

vi.mock('node:dns', async (original) =>
  (await import('./fake-dns.ts')).fakeDns(await original<typeof import('node:dns')>()),
);

let server: Server;
let port: number;
const asked: { method: string; url: string; body: string; type: string | undefined }[] = [];
beforeAll(async () => {
  server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part) => parts.push(part));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      asked.push({ method, url, body: Buffer.concat(parts).toString(), type: headers['content-type'] });
      if (url === '/elsewhere') outgoing.writeHead(302, { location: '/here' }).end();
      else if (url === '/empty') outgoing.writeHead(204).end();
      else if (url === '/never') outgoing.writeHead(200).write('{');
      else
        outgoing
          .writeHead(201, { 'content-type': 'application/json', 'x-two': ['a', 'b'] })
          .end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const at = (path: string, name = '127.0.0.1') => `http://${name}:${port}${path}`;
const forbidden = ['169.254.169.254', 'fd00:ec2::254', '::ffff:169.254.169.254', '100.100.100.200'];

describe('guardedFetch', () => {
  test('asks and answers like fetch', async () => {
    leadsTo.set('models.example.com', '127.0.0.1');
    const answer = await guardedFetch(at('/here?a=1', 'models.example.com'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"é"}',
    });
    expect([answer.status, answer.headers.get('x-two'), await answer.json()]).toEqual([
      201,
      'a, b',
      { ok: true },
    ]);
    expect(asked.at(-1)).toEqual({
      method: 'POST',
      url: '/here?a=1',
      body: '{"prompt":"é"}',
      type: 'application/json',
    });
    expect((await guardedFetch(at('/empty'))).status).toBe(204);
  });

  test('follows nothing, and ends when it is told to, also in the middle of an answer', async () => {
    expect((await guardedFetch(at('/elsewhere'))).status).toBe(302);
    const controller = new AbortController();
    const answer = await guardedFetch(at('/never'), { signal: controller.signal });
    const reading = answer.text();
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow();
    await expect(
      guardedFetch(at('/here'), { signal: AbortSignal.abort(new Error('never mind')) }),
    ).rejects.toThrow('never mind');
  });

  test('a server that is not there is a failed fetch, with its cause', async () => {
    const error = await guardedFetch('http://127.0.0.1:1/').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: 'fetch failed', cause: { code: 'ECONNREFUSED' } });
  });
});

describe.each(forbidden)('a harmless name that leads to %s', (address) => {
  const because = { cause: { name: 'ForbiddenAddress' } };

  test('is not connected to by models and executors', async () => {
    leadsTo.set('inside.example.com', address);
    for (const url of ['http://inside.example.com/v1', 'https://inside.example.com/v1']) {
      await expect(guardedFetch(url)).rejects.toMatchObject(because);
      await expect(boundedFetch(url, { method: 'POST', body: '{}' })).rejects.toMatchObject(because);
      await expect(createLabExecutor({ name: 'lab', url }).observe('production')).rejects.toMatchObject(
        because,
      );
    }
  });

  test('is not connected to by Slack’s client', async () => {
    leadsTo.set('slack.example.com', address);
    const log = { debug() {}, info() {}, warn: vi.fn(), error() {}, child: () => log };
    for (const apiUrl of ['http://slack.example.com/api/', 'https://slack.example.com/api/']) {
      const client = createWebClient({ botToken: 'xoxb-1', apiUrl, log });
      expect(await checkSlack(client)).toMatchObject({ ok: false });
      await expect(client.auth.test()).rejects.toMatchObject({ original: because });
    }
  });

  test('is refused as an address by the configuration and by every client alike', async () => {
    const host = address.includes(':') ? `[${address}]` : address;
    const yaml = `notifiers: [{ type: webhook, name: a, url: "http://${host}/" }]`;
    expect(parseSettings(yaml, 'sentinel.yaml')).toMatchObject({ ok: false });
    await expect(guardedFetch(`http://${host}/`)).rejects.toMatchObject(because);
  });
});

test('a model that answers with a redirect is not followed', async () => {
  const before = asked.length;
  await expect(boundedFetch(at('/elsewhere'), { method: 'POST', body: '{}' })).rejects.toThrow(
    'fetch failed',
  );
  expect(asked.length).toBe(before + 1);
});
