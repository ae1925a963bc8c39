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

export const jobsPath = (namespace: string) => inNamespace('/apis/batch/v1', namespace, 'jobs');
export const warningsPath = (namespace: string) =>
  `${inNamespace(core, namespace, 'events')}?fieldSelector=type%3DWarning`;

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

export const nodesPath = `${core}/nodes`;
export const nodePath = (name: string) => `${nodesPath}/${encodeURIComponent(name)}`;
export const allPodsPath = `${core}/pods`;
export const podsOnPath = (node: string) =>
  `${allPodsPath}?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
export const evictionPath = (namespace: string, name: string) => `${podPath(namespace, name)}/eviction`;

/** No namespace can be called so: it stands for things that are in none. */
const nodePattern = new RegExp(`^kubernetes/${part}/_/node/${part}$`);

export function nodeResourceOf(cluster: string, name: string): string {
  return `kubernetes/${cluster}/_/node/${name}`;
}

/** The node that a target is; null for what is no node of this cluster. */
export function nodeOf(cluster: string, resource: string | undefined): string | null {
  const [, of, name = ''] = nodePattern.exec(resource ?? '') ?? [];
  return of === cluster ? name : null;
}

/** What is reserved while a node of the cluster is taken out. */
export const nodePoolOf = (cluster: string) => `kubernetes/${cluster}/_/cluster/nodes`;
