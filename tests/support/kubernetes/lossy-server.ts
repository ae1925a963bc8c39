/** A way to the API server on which answers get lost: of the next changes, before or after they were carried out. */

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { stringify } from 'yaml';
import { ownCertificate } from '../certificate.ts';
import type { Cluster, User } from './control-plane.ts';

/** `held`: it waits for `release`, and is carried out then. */
export type Fate =
  | 'lost-before'
  | 'lost-after'
  | 'held'
  | { readonly status: number; readonly body?: string };

export interface LossyServer {
  /** Like the control plane's, and everything goes over this way. */
  readonly kubeconfig: string;
  /** Changes that were asked for, as `method path`. */
  readonly changes: string[];
  /** The next changes have these fates, one each. */
  next(...fates: readonly Fate[]): void;
  /** The next dry runs of changes meet a conflict, as if a controller had written the object in that moment. */
  conflicts(dryRuns: number): void;
  /** What happens right before the next request that is asked for is passed on: after all that was read before it. Dry runs do not count. */
  meanwhile(method: string, path: string, happen: () => Promise<void>): void;
  /** Until it heals nobody gets an answer to anything. */
  away(): void;
  /** Nothing more goes wrong; what is held stays so. */
  heal(): void;
  /** Lets what is held go on; resolves with the status of each, when it has been answered. */
  release(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export async function startLossyServer(
  plane: Cluster,
  dir: string,
  users: readonly User[],
): Promise<LossyServer> {
  const { key, cert } = ownCertificate();
  const agent = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  const fates: Fate[] = [];
  const changes: string[] = [];
  let conflicts = 0;
  let isGone = false;
  const held: (() => Promise<number>)[] = [];
  const coming = new Map<string, () => Promise<void>>();
  const server = createServer({ key, cert }, (incoming, outgoing) => {
    if (isGone) return void incoming.socket.destroy();
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => void pass());
    async function pass(): Promise<void> {
      const { method = 'GET', url = '/', headers } = incoming;
      const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...kept } = headers;
      const isDryRun = url.includes('dryRun=All');
      const isChange = method !== 'GET' && !isDryRun && !url.includes('/authorization.k8s.io/');
      if (isDryRun && conflicts > 0) {
        conflicts -= 1;
        return void outgoing.writeHead(409).end('');
      }
      if (isChange) changes.push(`${method} ${url}`);
      const fate = isChange ? fates.shift() : undefined;
      if (fate === 'lost-before') return void incoming.socket.destroy();
      if (typeof fate === 'object') return void outgoing.writeHead(fate.status).end(fate.body ?? '');
      const asked = `${method} ${url.split('?')[0]}`;
      const happen = isDryRun ? undefined : coming.get(asked);
      coming.delete(happen === undefined ? '' : asked);
      await happen?.();
      const carryOut = async () => {
        const body = Buffer.concat(chunks);
        const answer = await request(`${plane.server}${url}`, {
          method: method as 'GET',
          headers: kept as Record<string, string>,
          dispatcher: agent,
          ...(body.length === 0 ? {} : { body }),
        });
        return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
      };
      if (fate === 'held') {
        held.push(async () => (await carryOut()).status);
        incoming.socket.destroy();
        return;
      }
      const { status, body } = await carryOut();
      if (fate === 'lost-after') return void incoming.socket.destroy();
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(body);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const caFile = join(dir, `lossy-${port}.crt`);
  writeFileSync(caFile, cert);
  const kubeconfig = join(dir, `lossy-${port}.yaml`);
  writeFileSync(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        { name: 'test', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': caFile } },
      ],
      users: users.map((name) => ({ name, user: { token: `${name}-token` } })),
      contexts: users.map((name) => ({ name, context: { cluster: 'test', user: name } })),
      'current-context': users[0],
    }),
  );
  return {
    kubeconfig,
    changes,
    next: (...more) => void fates.push(...more),
    conflicts(dryRuns) {
      conflicts = dryRuns;
    },
    meanwhile: (method, path, happen) => void coming.set(`${method} ${path}`, happen),
    away() {
      isGone = true;
    },
    heal() {
      isGone = false;
      fates.splice(0);
    },
    release: () => Promise.all(held.splice(0).map((one) => one())),
    async close() {
      await agent.close();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
    },
  };
}
