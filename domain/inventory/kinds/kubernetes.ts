import { dnsLabel, givenName, type Kind } from './kind.ts';

/** No namespace can be called so: it stands for things that are in none. */
const noNamespace = '_';
const dnsSubdomain = /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

const workloads = ['deployment', 'statefulset', 'daemonset', 'cronjob', 'job'];

/** A workload or another object of a cluster; `cluster` is the name that the executor's configuration gives it. */
export const kubernetes: Kind = {
  id: 'kubernetes',
  parts: [
    { name: 'cluster', pattern: givenName, maxLength: 100, isAlias: true },
    { name: 'namespace', pattern: new RegExp(`${dnsLabel.source}|^${noNamespace}$`), maxLength: 63 },
    { name: 'kind', pattern: /^[a-z][a-z0-9]*$/, maxLength: 63 },
    { name: 'name', pattern: dnsSubdomain, maxLength: 253 },
  ],
  example: 'kubernetes/main/shop/deployment/orders',
  words: ([cluster, namespace, kind, name]) =>
    namespace === noNamespace
      ? `${kind} ${name} of cluster ${cluster}`
      : `${kind} ${name} in namespace ${namespace} of cluster ${cluster}`,
  fromTelemetry(attributes) {
    const workload = workloads.find((kind) => attributes[`k8s.${kind}.name`] !== undefined);
    const node = attributes['k8s.node.name'];
    // What names a pod or a workload says on which node that is; what names neither is about the node.
    const ofPod = attributes['k8s.namespace.name'] ?? attributes['k8s.pod.name'];
    if (node !== undefined && workload === undefined && ofPod === undefined)
      return [attributes['k8s.cluster.name'], noNamespace, 'node', node];
    return [
      attributes['k8s.cluster.name'],
      attributes['k8s.namespace.name'],
      workload,
      workload === undefined ? undefined : attributes[`k8s.${workload}.name`],
    ];
  },
};
