/** What the contract of executors needs of a cluster, whatever is acted on: a way that loses answers, and the log that counts effects. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectsAnnotation } from '../../../adapters/kubernetes/marks.ts';
import type { ExecutorHarness } from '../../adapters/executors/contract/harness.ts';
import type { KubernetesInfo } from '../components/kubernetes.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { type LossyServer, startLossyServer } from './lossy-server.ts';
import { createNamespace, executorFor, must } from './workloads.ts';

type Settings = NonNullable<Parameters<typeof executorFor>[2]>;

type ContractCluster = Pick<ExecutorHarness, 'effects' | 'close'> & {
  readonly faults: ExecutorHarness['faults'] & { readonly lag: null };
  readonly plane: ControlPlane;
  readonly way: LossyServer;
  /** One that reads as the administrator, and makes its changes as the user whose changes the log keeps whole. */
  readonly executor: (nowMs?: () => number) => ReturnType<typeof executorFor>;
};

/** With one namespace, in which the executor may act. */
export async function openContractCluster(
  info: KubernetesInfo,
  namespace: string,
  settings: Settings = {},
): Promise<ContractCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-contract-'));
  const plane = await startControlPlane(info);
  const way = await startLossyServer(plane, dir, ['admin', 'writer']);
  await must(plane.admin, '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' },
    metadata: { name: 'writer' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: 'writer', apiGroup: 'rbac.authorization.k8s.io' }],
  });
  await createNamespace(plane.admin, namespace);
  return {
    plane,
    way,
    executor: (nowMs) =>
      executorFor(way, [namespace], { as: 'admin', writeContext: 'writer', ...settings }, nowMs),
    async effects({ id, action, parameters }) {
      const done = plane
        .audit()
        .filter(
          ({ responseStatus, requestURI }) => responseStatus?.code === 200 && !requestURI.includes('dryRun'),
        );
      // A pod has its name once.
      if (action === 'restart' && parameters.taskId !== undefined)
        return done.filter(
          ({ user, verb, objectRef }) =>
            user.username === 'writer' && verb === 'delete' && objectRef?.name === parameters.taskId,
        ).length;
      return done.filter(({ requestObject: asked }) => {
        const mark = asked?.metadata?.annotations?.[effectsAnnotation]?.split(' ').at(-1);
        return asked?.spec !== undefined && mark?.endsWith(`=${id}`) === true;
      }).length;
    },
    faults: {
      lose: async (when) => way.next(when === 'before' ? 'lost-before' : 'lost-after'),
      deny: async () => way.next({ status: 403, body: JSON.stringify({ message: 'writer cannot patch' }) }),
      throttle: async () => way.next({ status: 429 }),
      lag: null,
      heal: async () => way.heal(),
    },
    async close() {
      await way.close();
      await plane.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
