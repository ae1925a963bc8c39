// The gRPC way in over a real socket, and a client of its own: gRPC's library, with messages as bytes.

import type { AddressInfo } from 'node:net';
import { Client, compressionAlgorithms, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { GrpcFetch } from '../../../ingest/grpc/call.ts';
import { createGrpcServer, type GrpcServer } from '../../../ingest/grpc/server.ts';
import type { OtlpSignal } from '../../../ingest/otlp/decode.ts';
import { rpcPaths } from '../../../ingest/sources/index.ts';

export const methods: Readonly<Record<OtlpSignal, string>> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
};

export type Served = { readonly port: number; readonly grpc: GrpcServer };

export async function serveGrpc(fetch: GrpcFetch, options: { receiveMs?: number } = {}): Promise<Served> {
  const grpc = createGrpcServer({ fetch, paths: rpcPaths, ...options });
  await new Promise<void>((resolve) => grpc.server.listen(0, '127.0.0.1', resolve));
  return { port: (grpc.server.address() as AddressInfo).port, grpc };
}

export type CallResult = {
  readonly code: number;
  readonly message: string;
  readonly answer: Uint8Array | null;
  readonly headers: Metadata;
  readonly trailers: Metadata;
};

export function connect(port: number, { gzip = false }: { gzip?: boolean } = {}): Client {
  return new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': gzip ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    'grpc.enable_retries': 0,
  });
}

/** One unary call. Resolves however it ends. */
export function call(
  client: Client,
  method: string,
  message: Uint8Array,
  given: Readonly<Record<string, string>> = {},
): Promise<CallResult> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(given)) metadata.set(name, value);
  return new Promise((resolve) => {
    let headers = new Metadata();
    let trailers = new Metadata();
    let answer: Uint8Array | null = null;
    let failure: ServiceError | null = null;
    const asBytes = (bytes: Buffer): Buffer => bytes;
    const one = client.makeUnaryRequest(
      method,
      asBytes,
      asBytes,
      Buffer.from(message),
      metadata,
      (error, value) => {
        failure = error;
        answer = value ?? null;
      },
    );
    one.on('metadata', (given) => {
      headers = given;
    });
    one.on('status', (status) => {
      trailers = status.metadata;
      setImmediate(() =>
        resolve({ code: failure?.code ?? 0, message: failure?.details ?? '', answer, headers, trailers }),
      );
    });
  });
}
