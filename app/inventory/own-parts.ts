// What this Sentinel stands on, as far as it can see: its own host, pod or container, and the servers that its configuration
// names. Nothing ever acts on these.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Config } from '../../config/load.ts';
import type { OwnPart } from '../../domain/inventory/own-parts.ts';
import { type StoresConfig, storesOf } from '../stores.ts';

/** What the operating system says of this process. */
export type Surroundings = {
  readonly hostname: string;
  /** `/proc/self/cgroup` and `/proc/self/mountinfo`; empty where there are none. */
  readonly containers: string;
  /** Of the pod it runs in; null outside of a cluster. */
  readonly namespace: string | null;
};

export function readSurroundings(): Surroundings {
  return {
    hostname: hostname(),
    containers: `${textOf('/proc/self/cgroup')}\n${textOf('/proc/self/mountinfo')}`,
    namespace: textOf('/var/run/secrets/kubernetes.io/serviceaccount/namespace').trim() || null,
  };
}

/** A file of the operating system; one that is not there has nothing to say. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Host, pod or container of this process. */
export function itself({ hostname: host, containers, namespace }: Surroundings): readonly OwnPart[] {
  const within = namespace === null ? {} : { namespace };
  return [host, ...containerIds(containers)]
    .filter((name) => !isLoopback(name))
    .map((name) => ({ name, ...within, is: 'this process' }));
}

export function ownParts(
  config: Pick<Config, 'temporal' | 'kafka'> & StoresConfig,
  surroundings: Surroundings,
): readonly OwnPart[] {
  const { namespace } = surroundings;
  const servers = [
    ...storesOf(config).map(({ title, server }) => ({ is: `its ${title}`, address: server })),
    { is: 'its Temporal', address: config.temporal.address },
    ...config.kafka.brokers.map((address) => ({ is: 'its Kafka', address })),
  ];
  return [
    ...itself(surroundings),
    ...servers.flatMap(({ is, address }) => hostsOf(address).map((name) => partAt(name, namespace, is))),
  ];
}

/** Ids of containers as runtimes write them into the paths of a control group or a mount. */
function containerIds(text: string): readonly string[] {
  return [...new Set(text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g) ?? [])];
}

/** The host of `postgres://user@host:5432/db`, `host:7233` or `[::1]:9092`; none when that is this machine. */
function hostsOf(address: string | undefined): readonly string[] {
  const authority = address?.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').split(/[/?#]/, 1)[0] ?? '';
  const host = authority
    .slice(authority.lastIndexOf('@') + 1)
    .replace(/:\d{1,5}$/, '')
    .toLowerCase();
  return host === '' || isLoopback(host) ? [] : [host];
}

/** `pg.sentinel.svc.cluster.local` is the service `pg` in the namespace `sentinel`; a bare name is one beside this process. */
function partAt(host: string, namespace: string | null, is: string): OwnPart {
  const [name = host, ofService, kind] = host.split('.');
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  if (isAddress) return { name: host, is };
  if (kind === 'svc' && ofService !== undefined) return { name, namespace: ofService, is };
  return host.includes('.') ? { name: host, is } : { name, ...(namespace === null ? {} : { namespace }), is };
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || /^\[?::1\]?$/.test(host)
  );
}
