// The rights that exactly the configured namespaces and actions need: what is printed for a cluster's administrator, and what
// `doctor` compares with what there is.

import type { Purpose } from './identity.ts';
import { workloadKinds } from './kinds.ts';
import { type KubernetesSettings, nodeActions } from './settings.ts';
import { syncKinds } from './sync.ts';

export type Right = {
  readonly purpose: Purpose;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Of the whole cluster, and of these names alone where they are known; otherwise of each namespace. */
  readonly cluster?: { readonly names: readonly string[] };
  /** Of these namespaces instead of the executor's own. */
  readonly namespaces?: readonly string[];
};

/** The same in each of the namespaces; those on nodes in the whole cluster. */
export function neededRights({
  actions,
  nodes,
  pauseOwners,
  watch,
}: Pick<KubernetesSettings, 'actions' | 'nodes' | 'pauseOwners' | 'watch'>): readonly Right[] {
  const workloads = workloadKinds.map((kind) => `${kind}s`);
  const followed = watch ? ['watch'] : [];
  const read = (group: string, resource: string, ...verbs: string[]): Right => ({
    purpose: 'read',
    group,
    resource,
    verbs,
  });
  // What changes templates concerns all kinds; the number of replicas of a DaemonSet is nobody's to choose.
  const ofNodes: readonly string[] = nodeActions;
  const ofWorkloads = actions.filter((action) => !ofNodes.includes(action));
  const onlyScale = ofWorkloads.every((action) => action === 'scale');
  const changed =
    ofWorkloads.length === 0 ? [] : onlyScale ? workloads.filter((one) => one !== 'daemonsets') : workloads;
  const write = (group: string, resource: string, ...verbs: string[]): Right => ({
    purpose: 'write',
    group,
    resource,
    verbs,
  });
  return [
    read('', 'namespaces', 'get'),
    read('', 'pods', 'get', 'list', ...followed),
    ...workloads.map((resource) => read('apps', resource, 'get', 'list', ...followed)),
    read('apps', 'replicasets', 'list', ...followed),
    read('apps', 'controllerrevisions', 'list'),
    read('autoscaling', 'horizontalpodautoscalers', 'list', ...followed),
    ...(watch ? [read('batch', 'jobs', 'list', 'watch'), read('', 'events', 'list', 'watch')] : []),
    ...changed.map((resource) => write('apps', resource, 'patch')),
    // One pod is restarted by deleting it; the mark that closes a late deletion is a patch of the pod.
    ...(actions.includes('restart') ? [write('', 'pods', 'delete', 'patch')] : []),
    ...(nodes.length === 0 ? [] : rightsOnNodes(actions, nodes, followed)),
    ...(pauseOwners === undefined ? [] : rightsOnOwners(pauseOwners)),
  ];
}

function rightsOnOwners(namespacesOf: NonNullable<KubernetesSettings['pauseOwners']>): readonly Right[] {
  return Object.values(syncKinds).flatMap(({ owner, group, plural }) => {
    const namespaces = owner === 'argo-cd' ? namespacesOf.argoCd : namespacesOf.flux;
    if (namespaces.length === 0) return [];
    const right = { group, resource: plural, namespaces };
    return [
      { ...right, purpose: 'read', verbs: ['get'] } as const,
      { ...right, purpose: 'write', verbs: ['patch'] } as const,
    ];
  });
}

/** Every namespace that a right is needed in. */
export function namespacesOf(
  settings: Pick<KubernetesSettings, 'namespaces' | 'pauseOwners'>,
): readonly string[] {
  const { argoCd = [], flux = [] } = settings.pauseOwners ?? {};
  return [...new Set([...settings.namespaces, ...argoCd, ...flux])];
}

export function isNeededIn(
  right: Right,
  namespace: string,
  { namespaces }: Pick<KubernetesSettings, 'namespaces'>,
): boolean {
  return (right.namespaces ?? namespaces).includes(namespace);
}

/** Nodes belong to no namespace, and what stands on one may be of any: it is read everywhere, and evicted where it is allowed. */
function rightsOnNodes(
  actions: KubernetesSettings['actions'],
  nodes: readonly string[],
  followed: readonly string[],
): readonly Right[] {
  const isNamed = nodes.every((name) => !/[*?]/.test(name));
  const everywhere = { group: '', cluster: { names: [] } };
  const rights: Right[] = [
    { ...everywhere, purpose: 'read', resource: 'nodes', verbs: ['get', 'list', ...followed] },
    { ...everywhere, purpose: 'read', resource: 'pods', verbs: ['list'] },
  ];
  if (nodeActions.some((action) => actions.includes(action))) {
    const names = isNamed ? nodes : [];
    rights.push({ group: '', purpose: 'write', resource: 'nodes', verbs: ['patch'], cluster: { names } });
  }
  if (actions.includes('drain-node'))
    rights.push({ group: '', purpose: 'write', resource: 'pods/eviction', verbs: ['create'] });
  return rights;
}
