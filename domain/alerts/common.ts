// What alerts may have in common beside their service: the rule that fired, the machine, the zone, the release.

export const commonKinds = ['rule', 'node', 'zone', 'release', 'region', 'cluster'] as const;
export type CommonKind = (typeof commonKinds)[number];

/** Only what the sender says, as it says it. */
export type Common = Readonly<Partial<Record<CommonKind, string>>>;

/** Labels that say it, in order: the first that is there and not empty counts. */
const labelsOf: Readonly<Record<CommonKind, readonly string[]>> = {
  rule: ['alertname', 'rulename', 'rule'],
  node: ['node', 'nodename', 'kubernetes_node', 'hostname', 'host', 'host.name', 'k8s.node.name'],
  zone: [
    ...['zone', 'availability_zone', 'az', 'topology_kubernetes_io_zone', 'topology.kubernetes.io/zone'],
    ...['cloud.availability_zone', 'datacenter', 'rack'],
  ],
  release: ['release_id', 'release', 'deployment_id', 'deploy_id', 'rollout'],
  region: ['region', 'cloud_region', 'topology_kubernetes_io_region', 'cloud.region'],
  cluster: ['cluster', 'cluster_name', 'k8s_cluster', 'kubernetes_cluster', 'k8s.cluster.name'],
};

/** `value`: the clean text of a label, empty when the alert has none of that name. */
export function commonOf(value: (label: string) => string): Common {
  const found = commonKinds.map((kind) => [kind, labelsOf[kind].map(value).find((text) => text !== '')]);
  return Object.fromEntries(found.filter(([, text]) => text !== undefined)) as Common;
}
