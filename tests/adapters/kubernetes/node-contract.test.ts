/** The contract of executors for nodes: a cordon, which is one change, and a drain, which is many and takes long. */
import { cordonedBy } from '../../../adapters/kubernetes/nodes.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { openContractCluster } from '../../support/kubernetes/contract.ts';
import { cordonAsKubectl, readNode } from '../../support/kubernetes/nodes.ts';
import { deploy, environment, settled } from '../../support/kubernetes/workloads.ts';
import { type ExecutorHarness, executorContract } from '../executors/contract.ts';

const namespace = 'shop';
const name = 'orders';
const nodeTarget = (node: string) => ({
  ...{ environment, service: node },
  resource: `kubernetes/main/_/node/${node}`,
});

async function open(info: KubernetesInfo, action: 'cordon' | 'drain-node'): Promise<ExecutorHarness> {
  const cluster = await openContractCluster(info, namespace, {
    ...{ nodes: ['node-*'], actions: ['cordon', 'uncordon', 'drain-node'] },
    drainDeadlineSeconds: 60,
  });
  const { plane } = cluster;
  // Its pods can be nowhere else: they wait, and come back when the node takes pods again.
  const labels = { app: name };
  const containers = [{ name: 'main', image: 'registry.test/shop:v1' }];
  const nodeSelector = { 'kubernetes.io/hostname': 'node-a' };
  await deploy(plane.admin, namespace, name, {
    replicas: 2,
    spec: { template: { metadata: { labels }, spec: { containers, nodeSelector } } },
  });
  return {
    ...cluster,
    executor: () => cluster.executor(),
    async target() {
      if (cordonedBy(await readNode(plane, 'node-a')) !== 'no') await cordonAsKubectl(plane, 'node-a', false);
      await settled(plane.admin, namespace, name);
      return nodeTarget('node-a');
    },
    nobody: nodeTarget('node-z'),
    step: () => ({ action, parameters: {} }),
    drift: () => cordonAsKubectl(plane, 'node-a', true),
  };
}

await describeWith<KubernetesInfo>('kubernetes', 'the Kubernetes executor', (info) => {
  executorContract('a cordon', () => open(info, 'cordon'));
  executorContract('a drain', () => open(info, 'drain-node'));
});
