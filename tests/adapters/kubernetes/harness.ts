/** A Deployment of a real control plane for the contract and the matrix of executors, with two releases to go between. */
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { openContractCluster } from '../../support/kubernetes/contract.ts';
import { deploy, environment, patch, read, settled } from '../../support/kubernetes/workloads.ts';
import { createClock } from '../executors/matrix/clock.ts';
import type { MatrixHarness } from '../executors/matrix/harness.ts';

const namespace = 'shop';
const name = 'orders';
const replicas = 2;
const image = 'registry.test/shop:v2';
/** What passes outside while somebody waits here: the controllers work on. */
const realMs = 100;
const targetOf = (service: string) => ({
  ...{ environment, service },
  resource: `kubernetes/main/${namespace}/deployment/${service}`,
});
const specOf = (its: { readonly replicas: number; readonly image: string; readonly mode: string }) => ({
  spec: {
    replicas: its.replicas,
    template: {
      spec: {
        containers: [{ name: 'main', image: its.image, env: [{ name: 'MODE', value: its.mode }] }],
      },
    },
  },
});

export async function kubernetesHarness(info: KubernetesInfo): Promise<MatrixHarness> {
  const clock = createClock(realMs);
  const settings = { rolloutDeadlineSeconds: 3_600 };
  const { plane, way, ...cluster } = await openContractCluster(info, namespace, settings);
  await deploy(plane.admin, namespace, name, { replicas });
  const given = specOf({ replicas, image, mode: '2' });
  await patch(plane.admin, namespace, name, given);
  return {
    ...cluster,
    clock,
    executor: (aheadMs = 0) => cluster.executor(() => clock.nowMs() + aheadMs),
    async target() {
      const { spec } = await read(plane.admin, namespace, name);
      if (spec.replicas !== replicas || spec.template.spec?.containers[0]?.image !== image)
        await patch(plane.admin, namespace, name, given);
      await settled(plane.admin, namespace, name);
      return targetOf(name);
    },
    nobody: targetOf('nobody'),
    step: ({ desiredReplicas }) => ({ action: 'scale', parameters: { replicas: desiredReplicas + 1 } }),
    // As many pods as before are ready, and only the controllers know that they are not the new ones.
    stepThatLags: ({ previousRelease }) => ({
      action: 'rollback-release',
      parameters: { to: previousRelease ?? '' },
    }),
    async empty() {
      await patch(plane.admin, namespace, name, { spec: { replicas: 0 } });
      await settled(plane.admin, namespace, name);
      return {
        ...{ target: targetOf(name), action: 'restart', parameters: {} },
        async things() {
          const { metadata, spec } = await read(plane.admin, namespace, name);
          return { spec, generation: metadata.generation };
        },
        async restore() {
          await patch(plane.admin, namespace, name, given);
          await settled(plane.admin, namespace, name);
        },
      };
    },
    async drift({ before }) {
      const other = { replicas: before.desiredReplicas + 2, image: 'registry.test/shop:v9', mode: '9' };
      await patch(plane.admin, namespace, name, specOf(other));
      await settled(plane.admin, namespace, name);
    },
    faults: {
      ...cluster.faults,
      away: async () => way.away(),
      async hold() {
        way.next('held');
        return { within: 'ever', arrive: async () => void (await way.release()) };
      },
      // What was written last is what the API server reads; how far the cluster has come, its controllers say later.
      lag: async () => plane.holdControllers(true),
      async heal() {
        plane.holdControllers(false);
        await cluster.faults.heal();
      },
    },
  };
}
