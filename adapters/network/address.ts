// What can be learnt about an address without speaking anybody's protocol.

import { connect, createServer } from 'node:net';

const connectTimeoutMs = 3000;

/** Null when somebody accepts connections there, else why not. */
export function whyNotReachable(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: string | null): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(connectTimeoutMs, () => end(`no answer within ${connectTimeoutMs / 1000} s`));
    socket.once('connect', () => end(null));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** Null when this process could listen there, else why not. */
export function whyNotFree(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** Host and port of a URL, with the default port of its protocol. */
export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(url);
  const defaults: Readonly<Record<string, number>> = {
    'http:': 80,
    'https:': 443,
    'postgres:': 5432,
    'postgresql:': 5432,
  };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (defaults[protocol] ?? 0) };
}

/** Host and port of `host:port`; IPv6 addresses stand in brackets. */
export function splitHostPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}
