// The rights that exactly the configured namespaces and actions need: what is printed for a cluster's administrator, and what
// `doctor` compares with what there is.

import type { Purpose } from './identity.ts';
import { workloadKinds } from './kinds.ts';
import type { KubernetesSettings } from './settings.ts';

export type Right = {
  readonly purpose: Purpose;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
};

/** The same in each of the namespaces. */
export function neededRights({ actions }: Pick<KubernetesSettings, 'actions'>): readonly Right[] {
  const workloads = workloadKinds.map((kind) => `${kind}s`);
  const read = (group: string, resource: string, ...verbs: string[]): Right => ({
    purpose: 'read',
    group,
    resource,
    verbs,
  });
  // What changes templates concerns all kinds; the number of replicas of a DaemonSet is nobody's to choose.
  const onlyScale = actions.every((action) => action === 'scale');
  const changed = onlyScale ? workloads.filter((one) => one !== 'daemonsets') : workloads;
  const write = (group: string, resource: string, ...verbs: string[]): Right => ({
    purpose: 'write',
    group,
    resource,
    verbs,
  });
  return [
    read('', 'namespaces', 'get'),
    read('', 'pods', 'get', 'list'),
    ...workloads.map((resource) => read('apps', resource, 'get', 'list')),
    read('apps', 'replicasets', 'list'),
    read('apps', 'controllerrevisions', 'list'),
    read('autoscaling', 'horizontalpodautoscalers', 'list'),
    ...changed.map((resource) => write('apps', resource, 'patch')),
    // One pod is restarted by deleting it; the mark that closes a late deletion is a patch of the pod.
    ...(actions.includes('restart') ? [write('', 'pods', 'delete', 'patch')] : []),
  ];
}
