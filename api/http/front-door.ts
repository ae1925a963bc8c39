// What every request passes before anything looks at it: whether it is meant for this server, and which path of ours it asks
// for when a proxy serves us below a prefix.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type BareProblem, bareProblem } from './bare-problem.ts';
import type { HostNames } from './host-names.ts';

export type FrontDoorOptions = {
  readonly hosts: HostNames;
  /** Path of the public URL, without a slash at its end; empty when we are served at the root. */
  readonly publicPrefix: string;
  /** Whether `X-Forwarded-Prefix` is believed: only proxies of our own may say it. */
  readonly behindProxy: boolean;
};

export type Admitted = { readonly prefix: string };

/** Null when it was refused, and answered. The path of an admitted request is ours: without the prefix. */
export function admit(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { hosts, publicPrefix, behindProxy }: FrontDoorOptions,
): Admitted | null {
  const { host } = incoming.headers;
  if (!hosts.answersTo(host)) {
    refuse(outgoing, misdirected(host ?? ''));
    return null;
  }
  const said = behindProxy ? forwardedPrefix(incoming.headers['x-forwarded-prefix']) : null;
  const prefix = said ?? publicPrefix;
  const { url = '/' } = incoming;
  // Proxies strip the prefix or leave it: both are common.
  if (prefix !== '' && (url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`))) {
    const rest = url.slice(prefix.length);
    incoming.url = rest.startsWith('/') ? rest : `/${rest}`;
  }
  return { prefix };
}

/** A path of plain characters, without a slash at its end; null when the header says no such thing. */
export function forwardedPrefix(header: string | string[] | undefined): string | null {
  const value = (Array.isArray(header) ? header[0] : header)?.split(',', 1)[0]?.trim().replace(/\/+$/, '');
  return value !== undefined && /^(\/[A-Za-z0-9._~-]+){1,10}$/.test(value) ? value : null;
}

function misdirected(host: string): BareProblem {
  const name = host.slice(0, 200).replace(/[^\x21-\x7e]/g, '?');
  return {
    status: 421,
    kind: 'misdirected',
    title: 'Unknown host name',
    detail: `The request is for the host ${JSON.stringify(name)}. If that is this server, add the name to server.allowedHosts (or set server.publicUrl) in sentinel.yaml.`,
  };
}

function refuse(outgoing: ServerResponse, problem: BareProblem): void {
  const { status, headers, body } = bareProblem(problem, randomUUID());
  outgoing.writeHead(status, headers);
  outgoing.end(body);
}
