// Who may send, and who stands behind it: a key, or a program of this very machine. A proxy on this machine is a stranger's voice.

import { describe, expect, test } from 'vitest';
import type { Principal } from '../../../api/ports/principal.ts';
import { isFromHere, senderAuthorize } from '../../../app/ingest/senders.ts';
import type { SenderKeys } from '../../../config/load.ts';

const people: Record<string, Principal> = {
  op: { keyId: '1', name: 'collector', role: 'operator', person: 'owner' },
  view: { keyId: '2', name: 'guest', role: 'viewer', person: 'owner' },
  send: { keyId: '3', name: 'agent', role: 'ingest', person: 'owner', reach: { environments: ['staging'] } },
};
const apiKeys = { authenticate: async (key: string) => people[key] ?? null };

type Sent = { key?: string; url?: string; headers?: Record<string, string>; address?: string };
const ask = (
  keys: SenderKeys,
  { key, url = 'http://localhost:4500/v1/logs', headers = {}, address = '127.0.0.1' }: Sent = {},
) =>
  senderAuthorize(apiKeys, keys)(
    new Request(url, {
      headers: { ...headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
    }),
    'ingest:write',
    address,
  );

/** As a TLS proxy on this machine passes on what somebody else sent. */
const proxied: readonly Sent[] = [
  {
    url: 'http://sentinel.example.com/v1/traces',
    headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' },
  },
  { url: 'http://sentinel.example.com/v1/traces' },
  { headers: { 'x-forwarded-for': '203.0.113.9' } },
  { headers: { forwarded: 'for=203.0.113.9' } },
  { headers: { 'x-real-ip': '203.0.113.9' } },
  { headers: { via: '1.1 proxy' } },
  { address: '203.0.113.9' },
  { address: 'unknown' },
];

describe('on a plain local start', () => {
  test('a program of this machine sends without a key', async () => {
    const sender = { id: 'address:127.0.0.1', vouched: true };
    expect(await ask('unless-local')).toEqual({ allowed: true, actor: 'anonymous', sender });
    expect(await ask('unless-local', { url: 'http://127.0.0.1:4500/v1/logs' })).toMatchObject({
      allowed: true,
    });
    expect(
      await ask('unless-local', { url: 'http://[::1]:4500/v1/logs', address: '0:0:0:0::/64' }),
    ).toMatchObject({ allowed: true });
  });

  test.each(proxied)('whoever comes another way needs one: %j', async (sent) => {
    expect(await ask('unless-local', sent)).toMatchObject({ allowed: false, reason: 'unauthenticated' });
    expect(await ask('unless-local', { ...sent, key: 'send' })).toMatchObject({ allowed: true });
  });
});

describe('where a key is needed', () => {
  test('it is one for sending, or of at least an operator', async () => {
    expect(await ask('always')).toMatchObject({ allowed: false, reason: 'unauthenticated' });
    expect(await ask('always', { key: 'unknown' })).toMatchObject({
      allowed: false,
      reason: 'unauthenticated',
    });
    expect(await ask('always', { key: 'view' })).toMatchObject({ allowed: false, reason: 'forbidden' });
    expect(await ask('always', { key: 'op' })).toMatchObject({ allowed: true, actor: 'collector' });
  });

  test('whoever has one is told apart by it, and speaks where it reaches', async () => {
    const sender = { id: 'key:3', vouched: true, reach: { environments: ['staging'] } };
    expect(await ask('always', { key: 'send', address: '203.0.113.9' })).toEqual({
      allowed: true,
      actor: 'agent',
      sender,
    });
  });
});

describe('where everything is taken from everybody', () => {
  test.each(proxied)('nobody stands behind what came another way: %j', async (sent) => {
    expect(await ask('never', sent)).toMatchObject({ allowed: true, sender: { vouched: false } });
    expect(await ask('never', { ...sent, key: 'send' })).toMatchObject({
      allowed: true,
      sender: { vouched: true },
    });
  });

  test('a program of this machine stands behind its own', async () => {
    expect(await ask('never')).toMatchObject({ allowed: true, sender: { vouched: true } });
  });
});

test('a name that only looks like this machine is another', () => {
  const request = new Request('http://localhost.evil.example/v1/logs');
  expect(isFromHere(request, '127.0.0.1')).toBe(false);
});
