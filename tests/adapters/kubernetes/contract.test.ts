/** The contract of executors against a real API server, whose own audit log counts the effects. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectsAnnotation } from '../../../adapters/kubernetes/marks.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { startControlPlane } from '../../support/kubernetes/control-plane.ts';
import { startLossyServer } from '../../support/kubernetes/lossy-server.ts';
import {
  createNamespace,
  deploy,
  environment,
  executorFor,
  must,
  patch,
  settled,
} from '../../support/kubernetes/workloads.ts';
import { type ExecutorHarness, executorContract } from '../executors/contract.ts';

const namespace = 'shop';
const name = 'orders';
const targetOf = (service: string) => ({
  ...{ environment, service },
  resource: `kubernetes/main/${namespace}/deployment/${service}`,
});

async function open(info: KubernetesInfo): Promise<ExecutorHarness> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-contract-'));
  const plane = await startControlPlane(info);
  const way = await startLossyServer(plane, dir, ['admin', 'writer']);
  await must(plane.admin, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    ...{
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'writer' },
    },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'writer', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  await createNamespace(plane.admin, namespace);
  await deploy(plane.admin, namespace, name, { replicas: 2 });
  return {
    executor: () => executorFor(way, [namespace], { as: 'admin', writeContext: 'writer' }),
    async target() {
      await settled(plane.admin, namespace, name);
      return targetOf(name);
    },
    nobody: targetOf('nobody'),
    step: ({ desiredReplicas }) => ({ action: 'scale', parameters: { replicas: desiredReplicas + 1 } }),
    effects: async ({ id }) =>
      plane
        .audit()
        .filter(
          ({ responseStatus, requestURI }) => responseStatus?.code === 200 && !requestURI.includes('dryRun'),
        )
        .filter(({ requestObject: asked }) => {
          const mark = asked?.metadata?.annotations?.[effectsAnnotation]?.split(' ').at(-1);
          return asked?.spec !== undefined && mark?.endsWith(`=${id}`) === true;
        }).length,
    async drift({ before }) {
      await patch(plane.admin, namespace, name, { spec: { replicas: before.desiredReplicas + 2 } });
      await settled(plane.admin, namespace, name);
    },
    faults: {
      lose: async (when) => way.next(when === 'before' ? 'lost-before' : 'lost-after'),
      deny: async () => way.next({ status: 403, body: JSON.stringify({ message: 'writer cannot patch' }) }),
      throttle: async () => way.next({ status: 429 }),
      heal: async () => way.heal(),
    },
    async close() {
      await way.close();
      await plane.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

await describeWith<KubernetesInfo>('kubernetes', 'the Kubernetes executor', (info) => {
  executorContract('it', () => open(info));
});
