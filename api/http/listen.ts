// Listens where the configuration says, or says in words that help why not.

import type { AddressInfo, Server } from 'node:net';

export type Place = {
  readonly host: string;
  /** 0 is any. */
  readonly port: number;
  /** The setting that moves it to another port. */
  readonly setting: string;
};

/** Resolves with the port it really has. Rejects with an error that says which address is the matter and what to do. */
export async function listen(server: Server, place: Place): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, place)));
    server.listen(place.port, place.host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function explain(error: NodeJS.ErrnoException, { host, port, setting }: Place): Error {
  const where = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new Error(
        `Port ${port} on ${host} is in use. Stop whatever is listening there ("lsof -i :${port}" or "ss -ltnp" shows it), ` +
          `or set another ${setting} in sentinel.yaml.`,
        { cause: error },
      );
    case 'EACCES':
      return new Error(`Not allowed to listen on ${where}. Set a ${setting} above 1023 in sentinel.yaml.`, {
        cause: error,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new Error(`${host} is no address of this machine. Correct server.host in sentinel.yaml.`, {
        cause: error,
      });
    default:
      return new Error(`Cannot listen on ${where}: ${error.message}`, { cause: error });
  }
}
