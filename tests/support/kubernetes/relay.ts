/** A way to the API server, connection by connection, that can break, be closed, or fall silent without a word. */
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  readonly server: string;
  /** Ends every connection there is; new ones come through. */
  cut(): void;
  /** While it is closed, connections end, and new ones, too. */
  closed(is: boolean): void;
  /** While it is silent, new connections are taken and carry nothing; those there are never do again. */
  silent(is: boolean): void;
  close(): Promise<void>;
}

export async function startRelay(upstream: string): Promise<Relay> {
  const { hostname, port } = new URL(upstream);
  const pairs = new Set<readonly [Socket, Socket]>();
  let isClosed = false;
  let isSilent = false;
  const server = createServer((near) => {
    if (isClosed) return void near.destroy();
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    if (isSilent) near.resume();
    else near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the relay has no port');
  const cut = () => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  return {
    server: `https://127.0.0.1:${address.port}`,
    cut,
    closed(is) {
      isClosed = is;
      if (is) cut();
    },
    silent(is) {
      isSilent = is;
      if (!is) return;
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        // Read and thrown away, as a network does that has lost its way.
        near.resume();
        far.resume();
      }
    },
    close() {
      isClosed = true;
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
