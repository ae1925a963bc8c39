/** Where somebody else keeps a workload as he wants it, what he would take back is never done blindly, and never told as done. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { autoscalersPath, replicaSetsPath, workloadPath } from '../../../adapters/kubernetes/kinds.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../domain/remediation/actions/index.ts';
import { type Cluster, clusterAt } from '../../support/kubernetes/control-plane.ts';
import { type GitOperator, startGitOperator } from '../../support/kubernetes/git-operators.ts';
import { startLossyServer } from '../../support/kubernetes/lossy-server.ts';
import { holdPods } from '../../support/kubernetes/played-nodes.ts';
import { describeWithCluster } from '../../support/kubernetes/shared-cluster.ts';
import {
  carryOut,
  createNamespace,
  deploy,
  executorFor,
  firstCall,
  follow,
  intentFor,
  manifest,
  must,
  patch,
  read,
  settled,
  stateOf,
} from '../../support/kubernetes/workloads.ts';

const namespace = 'owned';
const rounds = 10;

await describeWithCluster('what somebody else owns', (info) => {
  let plane: Cluster;
  let executor: ReturnType<typeof executorFor>;
  const operators: Record<string, GitOperator> = {};

  beforeAll(async () => {
    plane = clusterAt(info);
    executor = executorFor(plane, [namespace]);
    await createNamespace(plane.admin, namespace);
    const argo = (name: string) => ({
      'argocd.argoproj.io/tracking-id': `shop:apps/Deployment:${namespace}/${name}`,
    });
    const flux = (name: string) => ({ app: name, 'kustomize.toolkit.fluxcd.io/name': 'shop' });
    const inGit = (name: string, metadata: object, more: object = {}) =>
      manifest(name, { metadata: { name, labels: { app: name }, ...metadata }, ...more }) as Parameters<
        typeof startGitOperator
      >[4];
    operators.argo = await operator(
      'argocd-controller',
      'patch',
      inGit('argo', { annotations: argo('argo') }),
    );
    operators.flux = await operator('kustomize-controller', 'apply', inGit('flux', { labels: flux('flux') }));
    operators.unlabelled = await operator('argocd-controller', 'patch', inGit('unlabelled', {}));
    await deploy(plane.admin, namespace, 'scaled');
    await must(plane.admin, autoscalersPath(namespace), {
      ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'scaler' } },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'scaled' },
        ...{ minReplicas: 3, maxReplicas: 3 },
      },
    });
    for (const name of ['argo', 'flux', 'unlabelled', 'scaled']) await settled(plane.admin, namespace, name);
  });
  afterAll(async () => {
    await Promise.all(Object.values(operators).map((one) => one.stop()));
  });

  function operator(manager: string, way: 'apply' | 'patch', given: Parameters<typeof startGitOperator>[4]) {
    return startGitOperator(plane, namespace, manager, way, given);
  }

  const replicasOf = async (name: string) => (await read(plane.admin, namespace, name)).spec.replicas;

  it.each(['argo', 'flux', 'scaled'])('the owner of %s really takes a change back', async (name) => {
    await patch(plane.admin, namespace, name, { spec: { replicas: 5 } });
    await expect.poll(() => replicasOf(name), { timeout: 200_000 }).toBe(3);
    await settled(plane.admin, namespace, name);
  });

  it('nothing that would be taken back is done: 0 of 100', async () => {
    const asked: readonly (readonly [string, ActionId, ActionParameters])[] = [
      ['argo', 'scale', { replicas: 5 }],
      ['argo', 'rollback-release', { to: 'v0' }],
      ['argo', 'rollback-config', { to: 'abc' }],
      ['flux', 'scale', { replicas: 5 }],
      ['flux', 'deploy-release', { release: 'v0' }],
      ['flux', 'apply-config', { version: 'abc' }],
      ['unlabelled', 'scale', { replicas: 5 }],
      ['unlabelled', 'rollback-release', { to: 'v0' }],
      ['scaled', 'scale', { replicas: 5 }],
      ['scaled', 'scale', { replicas: 1 }],
    ];
    const before = Object.values(operators).map((one) => one.reverts());
    const answers: unknown[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const [name, action, parameters] of asked) {
        const state = await stateOf(executor, name);
        expect(state.owner?.reverts).toContain(action);
        const { target } = state;
        const previewed = await executor.preview({ action, target, parameters });
        const begun = await executor.begin(intentFor(state, action, parameters), firstCall(state));
        answers.push(begun.kind === 'refused' && !previewed.ok ? [begun.code, previewed.code] : begun);
      }
    expect(answers).toEqual(Array.from({ length: rounds * asked.length }, () => ['owned', 'owned']));
    expect(Object.values(operators).map((one) => one.reverts())).toEqual(before);
  });

  describe('what they leave alone is done', () => {
    it.each(['argo', 'flux', 'scaled'])('a restart of %s stays, and nobody reverts it', async (name) => {
      const before = operators[name]?.reverts();
      const intent = intentFor(await stateOf(executor, name), 'restart', {});
      expect((await carryOut(executor, intent)).end.kind).toBe('done');
      expect(await executor.lookUp(intent)).toBe('happened');
      expect(operators[name]?.reverts()).toBe(before);
    });
  });

  it.each([
    ['between two readings', 'GET', (name: string) => [replicaSetsPath(namespace), name] as const],
    ['between the last reading and the change', 'PATCH', (name: string) => [pathOf(name), name] as const],
  ])('an owner that comes %s is seen, and nothing is sent', async (_, method, where) => {
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-owners-'));
    const way = await startLossyServer(plane, dir, ['admin']);
    try {
      const [path, name] = where(`adopted-${method.toLowerCase()}`);
      await deploy(plane.admin, namespace, name);
      const asked = executorFor(way, [namespace]);
      const state = await stateOf(asked, name);
      // Unlike an annotation, a label changes nothing of the revision that the gate has seen.
      const labels = { 'argocd.argoproj.io/instance': 'shop' };
      way.meanwhile(method, path, () => patch(plane.admin, namespace, name, { metadata: { labels } }));
      const begun = await asked.begin(intentFor(state, 'scale', { replicas: 5 }), firstCall(state));
      expect(begun).toMatchObject({ kind: 'refused', code: 'owned' });
      expect(await replicasOf(name)).toBe(3);
    } finally {
      await way.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
  const pathOf = (name: string) => workloadPath({ namespace, kind: 'deployment', name });

  it('an owner that nobody can recognise takes a change back: told as superseded, never as done', async () => {
    const name = 'hidden';
    const given = manifest(name) as Parameters<typeof startGitOperator>[4];
    const hidden = await operator('in-house', 'patch', given);
    try {
      await settled(plane.admin, namespace, name);
      const state = await stateOf(executor, name);
      expect(state.owner).toBeUndefined();
      // No new pod gets ready before the owner has looked.
      await holdPods(plane.admin, namespace, true);
      const intent = intentFor(state, 'scale', { replicas: 5 });
      const begun = await executor.begin(intent, firstCall(state));
      const { end } = await follow(executor, intent, begun.kind === 'accepted' ? begun.handle : '');
      expect(end).toMatchObject({ kind: 'superseded', reason: expect.stringContaining('in-house') });
    } finally {
      await holdPods(plane.admin, namespace, false);
      await hidden.stop();
    }
  });
});
