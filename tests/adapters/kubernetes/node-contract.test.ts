/** The contract of executors for nodes: a cordon, which is one change, and a drain, which is many and takes long. */
import { cordonedBy } from '../../../adapters/kubernetes/nodes.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { openContractCluster } from '../../support/kubernetes/contract.ts';
import { cordonAsKubectl, podsOn, readNode } from '../../support/kubernetes/nodes.ts';
import { holdPods } from '../../support/kubernetes/played-nodes.ts';
import { deploy, environment, settled } from '../../support/kubernetes/workloads.ts';
import { executorContract } from '../executors/contract/contract.ts';
import type { ExecutorHarness } from '../executors/contract/harness.ts';
import { createClock } from '../executors/matrix/clock.ts';

const namespace = 'shop';
const name = 'orders';
/** What passes outside while somebody waits here: the cluster works on. */
const realMs = 50;
const nodeTarget = (node: string) => ({
  ...{ environment, service: node },
  resource: `kubernetes/main/_/node/${node}`,
});

async function open(info: KubernetesInfo, action: 'cordon' | 'drain-node'): Promise<ExecutorHarness> {
  const cluster = await openContractCluster(info, namespace, {
    ...{ nodes: ['node-*'], actions: ['cordon', 'uncordon', 'drain-node'] },
    drainDeadlineSeconds: 600,
  });
  const { plane } = cluster;
  const clock = createClock(realMs);
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
    clock,
    executor: () => cluster.executor(clock.nowMs),
    async target() {
      if (cordonedBy(await readNode(plane, 'node-a')) !== 'no') await cordonAsKubectl(plane, 'node-a', false);
      await settled(plane.admin, namespace, name);
      return nodeTarget('node-a');
    },
    nobody: nodeTarget('node-z'),
    step: () => ({ action, parameters: {} }),
    drift: () => cordonAsKubectl(plane, 'node-a', true),
    ...(action === 'cordon'
      ? { empty: null }
      : {
          // Nothing runs there.
          empty: async () => ({
            ...{ target: nodeTarget('node-b'), action, parameters: {} },
            things: async () =>
              (await podsOn(plane, 'node-a', namespace)).map(({ metadata }) => metadata.uid),
            restore: () => cordonAsKubectl(plane, 'node-b', false),
          }),
          faults: {
            ...cluster.faults,
            // What was evicted is still there.
            lag: () => holdPods(plane.admin, namespace, true),
            async heal() {
              await holdPods(plane.admin, namespace, false);
              await cluster.faults.heal();
            },
          },
        }),
  };
}

await describeWith<KubernetesInfo>('kubernetes', 'the Kubernetes executor', (info) => {
  executorContract('cordon', () => open(info, 'cordon'));
  executorContract('drain', () => open(info, 'drain-node'));
});
