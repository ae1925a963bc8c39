// Telemetry over gRPC, on a port of its own beside the HTTP port: the same routes, keys and limits behind it.

import { clientAddress } from '../../api/http/client-address.ts';
import { listen, urlOf } from '../../api/http/listen.ts';
import type { Config } from '../../config/load.ts';
import { createGrpcServer } from '../../ingest/grpc/server.ts';
import type { Logger } from '../../ingest/ports.ts';
import { rpcPaths } from '../../ingest/sources/index.ts';
import type { Fetch } from '../api/http.ts';
import type { Shutdown } from '../lifecycle/shutdown.ts';

/** The port that senders expect, unless the configuration names one; any, where the HTTP port is any. */
export function grpcPortOf({ grpcPort, port }: Config['server']): number | null {
  return grpcPort === undefined ? (port === 0 ? 0 : 4317) : grpcPort;
}

/**
 * Where it listens, or null: it is turned off, or nobody asked for this port and something else has it. Throws when a port that
 * the configuration names cannot be used.
 */
export async function startGrpc(
  server: Config['server'],
  fetch: Fetch,
  log: Pick<Logger, 'warn'>,
  shutdown: Shutdown,
): Promise<string | null> {
  const { host, trustedProxies } = server;
  const port = grpcPortOf(server);
  if (port === null) return null;
  const grpc = createGrpcServer({
    fetch: async (request, remoteAddress) =>
      fetch(request, {
        address: clientAddress(remoteAddress, request.headers.get('x-forwarded-for'), trustedProxies),
      }),
    paths: rpcPaths,
  });
  try {
    const actual = await listen(grpc.server, { host, port, setting: 'server.grpcPort' });
    shutdown.add('grpc', grpc.close);
    return urlOf(host, actual);
  } catch (error) {
    const isTaken = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
    if (!isTaken || server.grpcPort !== undefined) throw error;
    log.warn({ port }, `OTLP over gRPC is off: ${(error as Error).message}`);
    return null;
  }
}
