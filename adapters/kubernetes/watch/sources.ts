// What is listed and watched: of each namespace, and of the cluster where nodes are configured. The rights follow from it.

import {
  autoscalersPath,
  jobsPath,
  nodesPath,
  podsPath,
  replicaSetsPath,
  warningsPath,
  workloadsPath,
} from '../kinds.ts';
import type { KubernetesSettings } from '../settings.ts';

export type Holds =
  | 'pods'
  | 'deployment'
  | 'statefulset'
  | 'daemonset'
  | 'replicaSets'
  | 'autoscalers'
  | 'jobs'
  | 'nodes'
  | 'warnings';

export type Source = {
  readonly holds: Holds;
  readonly path: string;
  readonly group: string;
  readonly resource: string;
  /** Without it nothing can be told at all; without another one, less. */
  readonly needed: boolean;
};

export function sourcesOf({
  namespaces,
  nodes,
}: Pick<KubernetesSettings, 'namespaces' | 'nodes'>): readonly Source[] {
  return [
    ...namespaces.flatMap(inNamespace),
    ...(nodes.length === 0
      ? []
      : [{ holds: 'nodes', path: nodesPath, group: '', resource: 'nodes', needed: false } as const]),
  ];
}

function inNamespace(namespace: string): readonly Source[] {
  const workload = (kind: 'deployment' | 'statefulset' | 'daemonset'): Source => ({
    ...{ holds: kind, path: workloadsPath(namespace, kind), group: 'apps', resource: `${kind}s` },
    needed: true,
  });
  return [
    { holds: 'pods', path: podsPath(namespace), group: '', resource: 'pods', needed: true },
    workload('deployment'),
    workload('statefulset'),
    workload('daemonset'),
    {
      ...{ holds: 'replicaSets', path: replicaSetsPath(namespace), group: 'apps', resource: 'replicasets' },
      needed: true,
    },
    {
      ...{ holds: 'autoscalers', path: autoscalersPath(namespace), group: 'autoscaling' },
      ...{ resource: 'horizontalpodautoscalers', needed: false },
    },
    { holds: 'jobs', path: jobsPath(namespace), group: 'batch', resource: 'jobs', needed: false },
    { holds: 'warnings', path: warningsPath(namespace), group: '', resource: 'events', needed: false },
  ];
}
