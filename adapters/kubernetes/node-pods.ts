// What stands on a node: what a drain moves, what stays there whatever happens, and what stands in the way of it.

import { plainLine } from '../../domain/text.ts';
import { controllerOf, isMarkedProtected } from './metadata.ts';
import type { Pod } from './objects.ts';
import type { KubernetesSettings } from './settings.ts';

export type Sorted = {
  /** Evicted, and made again elsewhere by their controllers. Those that are shutting down are waited for. */
  readonly moving: readonly Pod[];
  /** Why the node is not drained, one sentence a pod; empty when nothing stands in the way. */
  readonly inTheWay: readonly string[];
  /** Of how many of those that move the local files are lost. */
  readonly losesFilesOf: number;
};

/** As `kubectl drain` has it, without `--force`: nothing is moved that nobody would make again. */
export function sortPods(
  pods: readonly Pod[],
  { namespaces, drainDeletesLocalFiles }: Pick<KubernetesSettings, 'namespaces' | 'drainDeletesLocalFiles'>,
): Sorted {
  const leaving = pods.filter((pod) => !stays(pod));
  const inTheWay = leaving.flatMap((pod) => {
    // What is going already needs nobody's permission.
    if (pod.metadata.deletionTimestamp !== undefined) return [];
    const why = whyNotMoved(pod, namespaces, drainDeletesLocalFiles);
    return why === null ? [] : [`${namedPod(pod)} ${why}`];
  });
  return { moving: leaving, inTheWay, losesFilesOf: leaving.filter(hasLocalFiles).length };
}

/** Pods that a DaemonSet or the kubelet itself makes there again at once, and those that have run to their end. */
function stays({ metadata, status }: Pod): boolean {
  const owner = controllerOf(metadata);
  const isStatic =
    metadata.annotations['kubernetes.io/config.mirror'] !== undefined || owner?.kind === 'Node';
  const hasEnded = status.phase === 'Succeeded' || status.phase === 'Failed';
  return isStatic || owner?.kind === 'DaemonSet' || hasEnded;
}

function whyNotMoved(pod: Pod, namespaces: readonly string[], losesFiles: boolean): string | null {
  const { namespace } = pod.metadata;
  if (controllerOf(pod.metadata) === undefined) return 'has no controller: nobody would make it again';
  if (!namespaces.includes(namespace)) return 'is in a namespace that this executor may not act in';
  if (isMarkedProtected(pod.metadata)) return 'is marked sentinel.dev/protected';
  if (!losesFiles && hasLocalFiles(pod))
    return 'has files in an emptyDir, which would be deleted (drainDeletesLocalFiles)';
  return null;
}

function hasLocalFiles({ spec }: Pod): boolean {
  return spec.volumes.some(({ emptyDir }) => emptyDir !== undefined && emptyDir !== null);
}

export function namedPod({ metadata: { namespace, name } }: Pod): string {
  return `pod ${plainLine(name, 253)} in ${namespace}`;
}

/** What people call it by: the Deployment behind a ReplicaSet, whose name ends in a hash. */
export function workloadName({ metadata }: Pod): string {
  const owner = controllerOf(metadata);
  if (owner === undefined) return metadata.name;
  return owner.kind === 'ReplicaSet' ? owner.name.replace(/-[a-z0-9]{6,10}$/, '') : owner.name;
}
