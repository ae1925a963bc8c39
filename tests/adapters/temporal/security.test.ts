// A protected connection: who the server is, who we are, and the key. The server here speaks just enough gRPC to answer.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connectTemporal } from '../../../adapters/temporal/connect.ts';
import { securityOptions } from '../../../adapters/temporal/security.ts';
import { connectWorkers } from '../../../app/worker/runtime.ts';
import { ownCertificate } from '../../support/certificate.ts';
import { testPayloads } from '../../support/payloads.ts';

const ours = ownCertificate();
const theirs = ownCertificate('leaf');
const dir = mkdtempSync(join(tmpdir(), 'sentinel-temporal-tls-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const caFile = file('ca.pem', theirs.cert);
const pair = { certFile: file('cert.pem', ours.cert), keyFile: file('key.pem', ours.key) };

let server: Http2SecureServer;
let address: string;
const seen: { key: string | undefined; known: boolean }[] = [];

beforeAll(async () => {
  server = createSecureServer({
    key: theirs.key,
    cert: theirs.cert,
    ca: [ours.cert],
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('stream', (stream, headers) => {
    seen.push({
      key: headers.authorization,
      known: (stream.session?.socket as unknown as TLSSocket | undefined)?.authorized === true,
    });
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(Buffer.alloc(5)); // an empty message
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  seen.length = 0;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

const connect = (security: Parameters<typeof securityOptions>[0], timeoutMs = 60_000) =>
  connectTemporal({ address, namespace: 'default', payloads: testPayloads(), timeoutMs, security });

test('the server proves itself, we prove ourselves, and the key goes along', async () => {
  const connected = await connect({ tls: { caFile, ...pair }, apiKey: 'secret-key' });
  expect(seen.at(-1)).toEqual({ key: 'Bearer secret-key', known: true });
  await connected.close();
});

test('workers are protected like clients', async () => {
  const security = { tls: { caFile, ...pair }, apiKey: 'secret-key' };
  const connected = await connectWorkers(address, securityOptions(security));
  expect(seen.at(-1)).toEqual({ key: 'Bearer secret-key', known: true });
  await connected.close();
  seen.length = 0;
  const alone = securityOptions({ tls: { caFile }, apiKey: null });
  await expect(connectWorkers(address, alone)).rejects.toThrow('does not answer the workers');
  expect(seen).toEqual([]);
});

test.each([
  ['without TLS', { tls: null, apiKey: null }],
  ['to a server that nobody vouches for', { tls: { ...pair }, apiKey: null }],
  ['without a certificate of our own', { tls: { caFile }, apiKey: null }],
  [
    'to a server of another name',
    { tls: { caFile, ...pair, serverName: 'temporal.example.com' }, apiKey: null },
  ],
])('no connection %s', async (_, security) => {
  await expect(connect(security, 3_000)).rejects.toThrow(`The Temporal server at ${address} does not answer`);
  expect(seen).toEqual([]);
});

test('a key never goes out in clear text; a file that is missing is named by its setting', () => {
  expect(() => securityOptions({ tls: null, apiKey: 'secret-key' })).toThrow('needs temporal.tls');
  expect(() => securityOptions({ tls: { caFile: join(dir, 'none') }, apiKey: null })).toThrow(
    'temporal.tls.caFile',
  );
});
