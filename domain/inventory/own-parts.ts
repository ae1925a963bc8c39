// What Sentinel itself stands on. Whatever is diagnosed, nothing acts on it: a Sentinel that restarts its own store, or
// itself, cannot see what comes of it.

import { parseResource, type Resource } from './kinds/index.ts';
import { type ObservedState, targetKey } from './target.ts';

export type OwnPart = {
  /** A host name, the name or id of a container, the name of a pod. */
  readonly name: string;
  /** Of a pod or a service of a cluster, where it is known. */
  readonly namespace?: string | undefined;
  /** In words: `its Postgres`. */
  readonly is: string;
};

/** Why nothing may act on it, when it is one of Sentinel's own parts. */
export function ownPart(state: ObservedState, parts: readonly OwnPart[]): string | null {
  const parsed = parseResource(targetKey(state.target));
  const own = parts.find(
    (part) => (parsed.ok && named(parsed.resource, state.target.service, part)) || runs(state, part),
  );
  return own === undefined ? null : `it is one of Sentinel's own parts (${own.is}: ${own.name})`;
}

/** The target is called as the part is, or the part is a pod of the workload. */
function named({ kind, parts }: Resource, service: string, part: OwnPart): boolean {
  const wanted = part.name.toLowerCase();
  switch (kind.id) {
    case 'kubernetes': {
      const [, namespace, , name = ''] = parts;
      const elsewhere = part.namespace !== undefined && part.namespace !== namespace;
      return !elsewhere && (name === wanted || isPodOf(wanted, name));
    }
    case 'service':
      return service.toLowerCase() === wanted;
    default:
      return (parts.at(-1) ?? '').toLowerCase() === wanted;
  }
}

/** One of its replicas is the part: a pod by its name, a container by its id or the beginning of it. */
function runs({ replicas, node }: ObservedState, { name }: OwnPart): boolean {
  const isContainerId = /^[0-9a-f]{12,64}$/.test(name);
  return [...replicas.map(({ id }) => id), ...(node?.runs ?? [])].some(
    (id) => id === name || (isContainerId && id.length >= 12 && (id.startsWith(name) || name.startsWith(id))),
  );
}

/** `orders-7d9f8b6c5-x2k4q` of a deployment, `orders-0` of a stateful set, `orders-x2k4q` of a daemon set. */
function isPodOf(pod: string, workload: string): boolean {
  return (
    pod.startsWith(`${workload}-`) &&
    /^([a-z0-9]{1,10}-[a-z0-9]{5}|[a-z0-9]{5}|\d{1,5})$/.test(pod.slice(workload.length + 1))
  );
}
