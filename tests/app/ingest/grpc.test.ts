/** Where gRPC listens, and that it stands behind the same limits as HTTP. */
import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createMetrics } from '../../../adapters/telemetry/metrics.ts';
import { grpcPortOf, startGrpc } from '../../../app/ingest/grpc.ts';
import { limitedIngest } from '../../../app/ingest/limits.ts';
import { createShutdown } from '../../../app/lifecycle/shutdown.ts';
import { type Config, parseSettings } from '../../../config/load.ts';
import { TestApp } from '../../ingest/support/app.ts';
import { call, connect, methods } from '../../ingest/support/grpc.ts';
import { decodeProtobuf } from '../../ingest/support/otlp.ts';

const shutdown = createShutdown((_, error) => {
  throw error;
});
const cleanUps: (() => unknown)[] = [shutdown.close];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(1).reverse()) await cleanUp();
  await shutdown.close();
});

function serverOf(yaml: string): Config['server'] {
  const parsed = parseSettings(`server: ${yaml}`, 'sentinel.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings.server;
}

const refuse = (): Response => new Response(null, { status: 500 });

test.each([
  ['{}', 4317],
  ['{ port: 0 }', 0],
  ['{ grpcPort: 5000 }', 5000],
  ['{ port: 0, grpcPort: 5000 }', 5000],
  ['{ grpcPort: null }', null],
])('%s listens on %s', (yaml, port) => {
  expect(grpcPortOf(serverOf(yaml))).toBe(port);
});

test('turned off, nothing listens', async () => {
  expect(await startGrpc(serverOf('{ grpcPort: null }'), refuse, { warn: () => {} }, shutdown)).toBeNull();
});

test('the usual port in use: Sentinel goes on without, and says so; a port that was asked for: it does not start', async () => {
  const other = createServer();
  // Somebody else on this machine may have it already, which is as good.
  const [port] = await new Promise<[number]>((resolve) => {
    other.once('error', () => resolve([4317]));
    other.listen(4317, '127.0.0.1', () => resolve([4317]));
  });
  cleanUps.push(() => new Promise((resolve) => other.close(resolve)));
  const warnings: string[] = [];
  const log = { warn: (_: unknown, message: string) => void warnings.push(message) };
  expect(await startGrpc(serverOf('{}'), refuse, log, shutdown)).toBeNull();
  expect(warnings).toEqual([
    expect.stringMatching(/OTLP over gRPC is off: Port 4317 .* in use.*server\.grpcPort/),
  ]);
  await expect(startGrpc(serverOf(`{ grpcPort: ${port} }`), refuse, log, shutdown)).rejects.toThrow(
    'set another server.grpcPort in sentinel.yaml',
  );
});

test('a sender is counted with what he sends over HTTP, and told when to come back', async () => {
  const sut = new TestApp();
  const audited: unknown[] = [];
  const limited = limitedIngest(sut.app.fetch, {
    limits: { eventsPerSource: 0, telemetryPerSource: 2 },
    apiKeys: { authenticate: async () => null },
    refusals: { note: (refused) => void audited.push(refused) },
    metrics: createMetrics({ processMetrics: false }),
  });
  const url = await startGrpc(serverOf('{ grpcPort: 0 }'), limited, { warn: () => {} }, shutdown);
  const client = connect(Number(new URL(url ?? '').port));
  cleanUps.push(() => client.close());
  const overHttp = new Request('http://localhost/v1/logs', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect((await limited(overHttp, { address: '127.0.0.1' })).status).toBe(200);
  expect((await call(client, methods.logs, new Uint8Array())).code).toBe(0);
  const third = await call(client, methods.traces, new Uint8Array());
  expect(third.code).toBe(8);
  expect(third.message).toContain('at most 2 requests a minute are accepted from one address');
  // Without RetryInfo senders would take it for good.
  const [details] = third.trailers.get('grpc-status-details-bin');
  expect(decodeProtobuf('RpcStatus', details as Buffer)).toMatchObject({
    code: 8,
    details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo' }],
  });
  expect(audited).toMatchObject([{ reason: 'over-quota', route: 'telemetry', address: '127.0.0.1' }]);
});

test('a proxy of our own is believed whom it speaks for, as over HTTP', async () => {
  const seen: string[] = [];
  const see = (_: Request, { address }: { address: string }): Response => {
    seen.push(address);
    return new Response();
  };
  for (const trustedProxies of [0, 1]) {
    const server = serverOf(`{ grpcPort: 0, trustedProxies: ${trustedProxies} }`);
    const url = await startGrpc(server, see, { warn: () => {} }, shutdown);
    const client = connect(Number(new URL(url ?? '').port));
    cleanUps.push(() => client.close());
    await call(client, methods.logs, new Uint8Array(), { 'x-forwarded-for': '198.51.100.1' });
  }
  expect(seen).toEqual(['127.0.0.1', '198.51.100.1']);
});
