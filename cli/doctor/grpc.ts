// The port of OTLP over gRPC: free, or a Sentinel answers there.

import { connect } from 'node:http2';
import { whyNotFree } from '../../adapters/network/address.ts';
import { urlOf } from '../../api/http/listen.ts';
import { grpcPortOf } from '../../app/ingest/grpc.ts';
import type { Config } from '../../config/load.ts';
import { type Check, missing, ok, warning } from '../../domain/doctor.ts';

const answerMs = 3_000;

export const grpcPort =
  ({ server }: Config): Check =>
  async () => {
    const { host } = server;
    const port = grpcPortOf(server);
    if (port === null) return ok('OTLP over gRPC', 'turned off (server.grpcPort: null)');
    if (port === 0) return ok('OTLP over gRPC', 'picks a free port');
    const name = `Port ${port}`;
    const reason = await whyNotFree(host, port);
    if (reason === null) return ok(name, `free for OTLP over gRPC on ${host}`);
    if (await isSentinel(host, port)) return ok(name, `Sentinel takes OTLP over gRPC on ${host}`);
    const [found, without] =
      server.grpcPort === undefined ? [warning, 'starts without it'] : [missing, 'cannot start'];
    return found(
      name,
      `cannot be used for OTLP over gRPC on ${host} (${reason}): Sentinel ${without}`,
      'Often a collector listens there: let it export to Sentinel, and set another server.grpcPort, or null (docs/telemetry.md).',
    );
  };

/** Whatever speaks gRPC refuses a method that it does not have; Sentinel says who it is. */
function isSentinel(host: string, port: number): Promise<boolean> {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return new Promise((resolve) => {
    const session = connect(urlOf(reachable, port));
    const end = (answer: boolean): void => {
      session.destroy();
      resolve(answer);
    };
    session.on('error', () => end(false));
    session.setTimeout(answerMs, () => end(false));
    const headers = { ':method': 'POST', ':path': '/', 'content-type': 'application/grpc', te: 'trailers' };
    const call = session.request(headers);
    call.on('error', () => end(false));
    call.on('response', (answer) => end(String(answer['grpc-message']).startsWith('Sentinel ')));
    call.on('close', () => end(false));
    call.end();
  });
}
