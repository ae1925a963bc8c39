import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWebhookChannel, signatureOf } from '../../../adapters/webhook/channel.ts';
import type { Channel } from '../../../api/notifications/ports.ts';
import { delivery, exampleBriefing, incidentId, incidentUrl } from '../../support/deliveries.ts';
import { type FaultyServer, startFaultyServer } from '../../support/faulty-server.ts';

const secret = 'a secret that only two know';
const nowMs = Date.UTC(2030, 0, 2, 3, 4, 5);

let server: FaultyServer;
let channel: Channel;
beforeEach(async () => {
  server = await startFaultyServer(() => ({ status: 204 }));
  channel = createWebhookChannel({
    name: 'desk',
    url: `${server.url}/hook?team=a`,
    secret,
    follows: 'moments',
    incidentUrl,
    nowMs: () => nowMs,
  });
});
afterEach(() => server.close());

type Check = readonly [body: string, header: string | null, secret: string, nowSeconds: number];

/** Runs the function that docs/notifications.md gives to receivers. */
async function documentedVerify(checks: readonly Check[]): Promise<unknown> {
  const docs = await readFile(join(import.meta.dirname, '../../../docs/notifications.md'), 'utf8');
  const [, code = ''] = /```js\n([\s\S]*?)```/.exec(docs) ?? [];
  const all = 'console.log(JSON.stringify(JSON.parse(process.argv[1]).map((check) => verify(...check))))';
  const options = ['--input-type=module', '-e', `${code}\n${all}`, JSON.stringify(checks)];
  return JSON.parse((await promisify(execFile)(process.execPath, options)).stdout);
}

test('the incident as JSON, with its id, its moments and where to look', async () => {
  const result = await channel.deliver(delivery(exampleBriefing(), { seq: 17, moments: ['approval'] }));
  expect(result).toEqual({ kind: 'delivered', memory: { seq: 17 } });
  const [request] = server.received;
  expect(request).toMatchObject({ method: 'POST', path: '/hook?team=a' });
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'sentinel-delivery': `${incidentId}/17`,
  });
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    version: 1,
    id: `${incidentId}/17`,
    moments: ['approval'],
    url: incidentUrl(incidentId),
    incident: { incidentId, title: 'orders: errors up, 40 % instead of 0 %' },
    events: [{ seq: 17, type: 'note-added' }],
  });
});

test('an incident that follows another says which one, which was the first, and whether people are called', async () => {
  const follows = { incidentId: 'incident/0a1b2c/2', times: 3, sinceMs: nowMs - 60_000 };
  const conversation = { incidentId: 'incident/0a1b2c/1', memory: { seq: 9 } };
  const call = { kind: 'quietly', lookAgainAtMs: null } as const;
  const third = { incidentId: 'incident/0a1b2c/3', follows };
  await channel.deliver(delivery(exampleBriefing(third), { conversation, call }));
  await channel.deliver(delivery(exampleBriefing()));
  expect(server.received.map(({ body }) => JSON.parse(body).follows)).toEqual([
    { incidentId: 'incident/0a1b2c/2', times: 3, first: 'incident/0a1b2c/1', quiet: true },
    null,
  ]);
});

test('the signature holds by the documented check, and for nothing else', async () => {
  await channel.deliver(delivery(exampleBriefing({ title: 'Grüße 🚨' })));
  const [request] = server.received;
  const body = request?.body ?? '';
  const header = String(request?.headers['sentinel-signature']);
  const seconds = nowMs / 1000;
  expect(await documentedVerify([[body, header, secret, seconds + 299]])).toEqual([true]);
  const broken = [null, '', 'v1=00', `t=x,${header}`].map((one): Check => [body, one, secret, seconds]);
  const wrong: Check[] = [
    [`${body} `, header, secret, seconds],
    [body, header, 'another secret', seconds],
    [body, header, secret, seconds + 301],
    [body, header.replace(`t=${seconds}`, `t=${seconds + 1}`), secret, seconds],
    ...broken,
  ];
  expect(await documentedVerify(wrong)).toEqual(wrong.map(() => false));
});

test('a known signature, so that no receiver breaks unnoticed', () => {
  expect(signatureOf('{"a":1}', 'key', 1_893_553_445)).toBe(
    't=1893553445,v1=6f24bb51ee5f2cd199bb3dbc74595df15f6d25dbdf4d551a2f1f167bdd170afa',
  );
});

test('sent again after a lost answer it has the same id', async () => {
  server.fail('executed-then-silent');
  const one = (timeoutMs: number) => delivery(exampleBriefing(), { seq: 4, timeoutMs });
  await expect(channel.deliver(one(300))).rejects.toThrow('did not answer in time');
  expect(await channel.deliver(one(60_000))).toMatchObject({ kind: 'delivered' });
  expect(server.received.map(({ headers }) => headers['sentinel-delivery'])).toEqual([
    `${incidentId}/4`,
    `${incidentId}/4`,
  ]);
});

test.each([
  ['429', { status: 429, headers: { 'retry-after': '12' } }, { kind: 'retry', afterMs: 12_000 }],
  ['503', { status: 503 }, { kind: 'retry' }],
  ['a redirect is not followed', { status: 307, headers: { location: '/elsewhere' } }, { kind: 'blocked' }],
  ['gone', { status: 410 }, { kind: 'blocked' }],
  [
    'refused',
    { status: 422, body: 'no such field' },
    { kind: 'refused', reason: expect.stringContaining('no such field') },
  ],
] as const)('%s', async (_what, fault, expected) => {
  server.fail(fault);
  expect(await channel.deliver(delivery(exampleBriefing()))).toMatchObject(expected);
  expect(server.received).toHaveLength(1);
});

test('garbage is tried again', async () => {
  server.fail('garbage');
  await expect(channel.deliver(delivery(exampleBriefing()))).rejects.toThrow('cannot be reached');
});
