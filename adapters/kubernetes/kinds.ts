// The kinds of workloads it acts on, and where the API server has them.

export const workloadKinds = ['deployment', 'statefulset', 'daemonset'] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

/** One workload, by what never changes about it while it exists. */
export type WorkloadRef = {
  readonly namespace: string;
  readonly kind: WorkloadKind;
  readonly name: string;
};

const apps = '/apis/apps/v1';
const core = '/api/v1';

export function isWorkloadKind(text: string): text is WorkloadKind {
  return (workloadKinds as readonly string[]).includes(text);
}

const inNamespace = (group: string, namespace: string, plural: string) =>
  `${group}/namespaces/${encodeURIComponent(namespace)}/${plural}`;

export const workloadsPath = (namespace: string, kind: WorkloadKind) =>
  inNamespace(apps, namespace, `${kind}s`);

export const workloadPath = ({ namespace, kind, name }: WorkloadRef) =>
  `${workloadsPath(namespace, kind)}/${encodeURIComponent(name)}`;

export const replicaSetsPath = (namespace: string) => inNamespace(apps, namespace, 'replicasets');
export const controllerRevisionsPath = (namespace: string) =>
  inNamespace(apps, namespace, 'controllerrevisions');
export const podsPath = (namespace: string) => inNamespace(core, namespace, 'pods');
export const podPath = (namespace: string, name: string) =>
  `${podsPath(namespace)}/${encodeURIComponent(name)}`;
export const autoscalersPath = (namespace: string) =>
  inNamespace('/apis/autoscaling/v2', namespace, 'horizontalpodautoscalers');

/** As Kubernetes names things: nothing in it can lead elsewhere in a path. */
const part = '([a-z0-9][a-z0-9.-]*)';
const resourcePattern = new RegExp(`^kubernetes/${part}/${part}/${part}/${part}$`);

/** `kubernetes/<cluster>/<namespace>/<kind>/<name>`. */
export function resourceOf(cluster: string, { namespace, kind, name }: WorkloadRef): string {
  return `kubernetes/${cluster}/${namespace}/${kind}/${name}`;
}

/** The workload that a target is; null for what is no workload of this cluster. */
export function workloadOf(cluster: string, resource: string | undefined): WorkloadRef | null {
  const [, of, namespace = '', kind = '', name = ''] = resourcePattern.exec(resource ?? '') ?? [];
  return of === cluster && isWorkloadKind(kind) ? { namespace, kind, name } : null;
}
