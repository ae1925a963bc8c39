/** What `doctor` says of the port of OTLP over gRPC. */
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { grpcPort } from '../../cli/doctor/grpc.ts';
import { type Config, parseSettings } from '../../config/load.ts';
import { serveGrpc } from '../ingest/support/grpc.ts';

function finding(yaml: string) {
  const parsed = parseSettings(`server: ${yaml}`, 'sentinel.yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return grpcPort(parsed.settings as Config)();
}

test('turned off, or any: there is nothing to look at', async () => {
  expect(await finding('{ grpcPort: null }')).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('off'),
  });
  expect(await finding('{ grpcPort: 0 }')).toMatchObject({ status: 'ok' });
});

test('a Sentinel that answers there is fine', async () => {
  const { port, grpc } = await serveGrpc(async () => new Response());
  onTestFinished(grpc.close);
  expect(await finding(`{ grpcPort: ${port} }`)).toMatchObject({
    name: `Port ${port}`,
    status: 'ok',
    detail: 'Sentinel takes OTLP over gRPC on 127.0.0.1',
  });
  await grpc.close();
  expect(await finding(`{ grpcPort: ${port} }`)).toMatchObject({ detail: expect.stringContaining('free') });
});

test('anybody else is named as what keeps it from starting, with what to do', async () => {
  const collector = createHttp2Server();
  collector.on('stream', (stream) => {
    stream.respond(
      { ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown service' },
      { endStream: true },
    );
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void collector.close(() => resolve())));
  const { port } = collector.address() as AddressInfo;
  expect(await finding(`{ grpcPort: ${port} }`)).toMatchObject({
    status: 'missing',
    detail: expect.stringContaining('Sentinel cannot start'),
    advice: expect.stringContaining('collector'),
  });
});
