// Who an alert is about. Most alerts of a Kubernetes cluster carry the `service`, `job` and `instance` of the exporter that
// saw the trouble; whom it happened to is in other labels. What says nothing of that kind is filed roughly, never refused.

import { matchesGlob } from '../glob.ts';

export type SubjectLabels = {
  /** Labels that name the service, in order; the value of an exporter does not count. */
  readonly service: readonly string[];
  /** Labels that name a workload of Kubernetes, in order; pods and jobs stand for what made them. */
  readonly workload: readonly string[];
  /** Labels that name a machine or the address of what was probed, in order. */
  readonly host: readonly string[];
  readonly resource: readonly string[];
  /** Names of exporters, with `*`: what they report is about something else. */
  readonly exporters: readonly string[];
};

export const defaultSubjectLabels: SubjectLabels = {
  service: ['service', 'service_name', 'app', 'app_kubernetes_io_name', 'job'],
  workload: [
    ...['deployment', 'statefulset', 'daemonset', 'cronjob', 'job_name', 'horizontalpodautoscaler'],
    ...['replicaset', 'pod', 'pod_name', 'container', 'persistentvolumeclaim'],
  ],
  host: ['nodename', 'node', 'hostname', 'host', 'target', 'instance'],
  resource: ['instance', 'pod'],
  exporters: [
    ...['*kube-state-metrics*', '*node-exporter*', '*node_exporter*', 'node', '*cadvisor*', '*kubelet*'],
    ...['*blackbox*', '*-exporter', '*_exporter', 'kubernetes*', 'integrations/*', '*pushgateway*'],
  ],
};

export type Subject = {
  /** What the name is of; `rough`: of a namespace, a rule, or whoever told it. */
  readonly kind: 'service' | 'machine' | 'rough';
  readonly service: string;
  /** The pod, instance or address it shows at; null when only the exporter's is known. */
  readonly resourceId: string | null;
};

/** `value`: the clean text of a label, empty when the alert has none of that name. */
export function subjectOf(
  value: (label: string) => string,
  { service, workload, host, resource, exporters }: SubjectLabels,
  rough: readonly string[],
): Subject {
  const isExporter = (name: string): boolean =>
    exporters.some((pattern) => matchesGlob(pattern.toLowerCase(), name.toLowerCase()));
  /** Prometheus renames a label of what it scraped when it has one of its own. */
  const own = (label: string): string => value(`exported_${label}`) || value(label);
  const first = (labels: readonly string[], read: (label: string) => string): string =>
    labels.map(read).find((name) => name !== '' && !isExporter(name)) ?? '';

  const seenBy = service.map(value).find((name) => name !== '' && isExporter(name));
  const named = first(service, own);
  if (named !== '') return { kind: 'service', service: named, resourceId: first(resource, own) || null };

  const worked = first(workload, (label) => ownerOf(label, own(label)));
  if (worked !== '')
    return { kind: 'service', service: worked, resourceId: first(['pod', 'pod_name'], own) || null };

  const machine = hostOf(first(host, own));
  if (machine !== '')
    return { kind: 'machine', service: machine, resourceId: first(['instance'], own) || null };

  // A quota, say: as near as it gets. The namespace of an exporter's own pod says nothing.
  const namespace = isExporter(own('pod')) ? '' : own('namespace');
  const name = [namespace, ...rough].find((one) => one !== '') ?? seenBy ?? 'alerts';
  return { kind: 'rough', service: name, resourceId: null };
}

/** Kubernetes makes names of these letters, so that they spell no words. */
const made = '[bcdfghjklmnpqrstvwxz2456789]';
const ofReplicaSet = new RegExp(`-(?:${made}{6,10}|[0-9]{8,10})$`);
const ofPod = new RegExp(`-${made}{5}$`);

/** The workload that a pod, a replica set or a job belongs to, from the name that it was given. */
function ownerOf(label: string, name: string): string {
  if (label === 'job_name') return name.replace(/-\d{7,11}$/, '');
  if (label === 'replicaset') return name.replace(ofReplicaSet, '');
  if (!label.startsWith('pod')) return name;
  if (!ofPod.test(name)) return name.replace(/-\d{1,5}$/, '');
  const set = name.replace(ofPod, '');
  return ofReplicaSet.test(set) ? set.replace(ofReplicaSet, '') : set.replace(/-\d{7,11}$/, '');
}

/** The name in an address: `10.0.0.5:9100`, `https://shop.example.com/health`, `[fe80::1]:9100`. */
function hostOf(address: string): string {
  const withoutScheme = address.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^[^@/]*@/, '');
  const authority = withoutScheme.split(/[/?#]/)[0] ?? '';
  const bracketed = /^\[([^\]]+)\]/.exec(authority)?.[1];
  return bracketed ?? (/^[^:]*:\d+$/.test(authority) ? authority.replace(/:\d+$/, '') : authority);
}
