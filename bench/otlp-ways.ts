// How many OTLP requests come in over HTTP and over gRPC: real sockets, keys, limits and decoding, without detection and stores.
// Per second of processor time, which senders and server share: so it tells the same on a busy machine. Prints one JSON line;
// `ratio` is gRPC to HTTP in the same run.
//
// node bench/otlp-ways.ts [--seconds 3] [--connections 8]

import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { parseArgs } from 'node:util';
import { createAdaptorServer } from '@hono/node-server';
import protobuf from 'protobufjs';
import { request as post } from 'undici';
import { parseSettings } from '../config/load.ts';
import { eventSchemas } from '../ingest/events/schema.ts';
import { framed } from '../ingest/grpc/message.ts';
import { createGrpcServer } from '../ingest/grpc/server.ts';
import { createIngestApp } from '../ingest/http.ts';
import { defaultLimits as limits } from '../ingest/limits.ts';
import { createMappings } from '../ingest/mapping/mappings.ts';
import { decodeOtlp } from '../ingest/otlp/decode.ts';
import { ownOfSources, rpcPaths } from '../ingest/sources/index.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '3' }, connections: { type: 'string', default: '8' } },
});
const budgetMs = Number(values.seconds) * 1_000;
const connections = Number(values.connections);
const path = '/v1/traces';
const [method = ''] = [...rpcPaths].find(([, its]) => its === path) ?? [];

const settings = parseSettings('', 'bench');
if (!settings.ok) throw new Error('the defaults are valid');
const defaultEnvironment = 'bench';
const app = createIngestApp({
  pipeline: {
    accept: async (signal, encoding, body) => {
      const { tally } = decodeOtlp(signal, encoding, body, { limits, defaultEnvironment, nowMs: Date.now() });
      return { kind: 'stored', tally };
    },
    receive: async () => ({ kind: 'stored' }),
  },
  inbox: { put: async () => 0 },
  authorize: async () => ({ allowed: true, actor: 'bench', sender: { id: 'key:bench', vouched: true } }),
  schemas: eventSchemas(limits),
  sources: ownOfSources(settings.settings.ingest, () => null),
  limits,
  defaultEnvironment,
  clock: { nowMs: () => Date.now() },
  newId: () => '',
  mappings: createMappings(),
  readRemote: async () => ({ status: 404, text: '' }),
  metrics: { count: () => {}, observe: () => {}, gauge: () => {} },
  log: { info: () => {}, warn: () => {}, error: () => {} },
  wake: () => {},
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const overHttp = createAdaptorServer({ fetch: app.fetch }) as Server;
const httpPort = await listening(overHttp);
const overGrpc = createGrpcServer({ fetch: async (request) => app.fetch(request), paths: rpcPaths });
const session = connect(`http://127.0.0.1:${await listening(overGrpc.server)}`);

type Send = (body: Uint8Array) => Promise<string>;
const http: Send = async (body) => {
  const headers = { 'content-type': 'application/x-protobuf' };
  const answer = await post(`http://127.0.0.1:${httpPort}${path}`, { method: 'POST', body, headers });
  await answer.body.dump();
  return answer.statusCode === 200 ? 'taken' : `HTTP ${answer.statusCode}`;
};
const grpc: Send = (body) => statusOf(session, framed(body));

function statusOf(to: ClientHttp2Session, message: Buffer): Promise<string> {
  const call = to.request({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  return new Promise((resolve, reject) => {
    let status = '';
    call.on('trailers', (trailers) => {
      status = String(trailers['grpc-status']);
    });
    call.on('error', reject);
    call.on('close', () => resolve(status === '0' ? 'taken' : `gRPC ${status}`));
    call.resume();
    call.end(message);
  });
}

async function perCpuSecond(send: Send, body: Uint8Array): Promise<number> {
  const runs = async (ms: number): Promise<number> => {
    const began = performance.now();
    const before = process.cpuUsage();
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (performance.now() - began < ms) {
        const outcome = await send(body);
        if (outcome !== 'taken') throw new Error(`a request was not taken: ${outcome}`);
        sent += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, sender));
    const { user, system } = process.cpuUsage(before);
    return (sent / (user + system)) * 1e6;
  };
  await runs(budgetMs / 4);
  return Math.round(await runs(budgetMs));
}

/** The published message definitions. */
const { root } = protobuf.parse(
  readFileSync(new URL('../tests/ingest/support/otlp.proto', import.meta.url), 'utf8'),
);

function requestOf(count: number): Uint8Array {
  const endTimeUnixNano = `${Date.now()}000000`;
  const spans = Array.from({ length: count }, (_, index) => ({
    traceId: Buffer.alloc(16, (index % 255) + 1),
    spanId: Buffer.alloc(8, (index % 255) + 1),
    name: 'GET /orders',
    kind: 2,
    startTimeUnixNano: endTimeUnixNano,
    endTimeUnixNano,
  }));
  const type = root.lookupType('ExportTraceServiceRequest');
  const attributes = [{ key: 'service.name', value: { stringValue: 'orders' } }];
  const resourceSpans = [{ resource: { attributes }, scopeSpans: [{ spans }] }];
  return type.encode(type.fromObject({ resourceSpans })).finish();
}

const results = [];
for (const spans of [1, 500]) {
  const body = requestOf(spans);
  const [httpPerCpuSecond, grpcPerCpuSecond] = [
    await perCpuSecond(http, body),
    await perCpuSecond(grpc, body),
  ];
  const ratio = Math.round((grpcPerCpuSecond / httpPerCpuSecond) * 100) / 100;
  results.push({ spans, bytes: body.length, httpPerCpuSecond, grpcPerCpuSecond, ratio });
}
session.close();
await overGrpc.close();
overHttp.close();
console.log(JSON.stringify({ bench: 'otlp-ways', connections, results }));
