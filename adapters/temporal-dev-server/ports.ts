/** Ports on the loopback interface: whether one is free, and finding free ones. */
import { randomInt } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';

/** True when nothing listens on the port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    const server = await listen(port);
    server.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
}

/** True when something accepts connections on `host:port`. */
export function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    const done = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
}

/** Below those that systems give to outgoing connections: one of them could take it before it is listened on. */
const lowestPort = 15_000;
const ports = 15_000;
const attempts = 100;

/** Distinct free ports. Another process may still take one before it is used: callers try again. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listenSomewhere));
  const found = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return found;
}

async function listenSomewhere(): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await listen(lowestPort + randomInt(ports));
    } catch (error) {
      if (attempt === attempts)
        throw new Error(`finding a free port: none of ${attempts} from ${lowestPort} on was`, {
          cause: error,
        });
    }
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}
