/** An owner that would take a change back is paused first, as a step of the plan, and given back when the change is undone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkKubernetes } from '../../../adapters/kubernetes/doctor.ts';
import { createKubernetesExecutor } from '../../../adapters/kubernetes/executor.ts';
import { workloadPath } from '../../../adapters/kubernetes/kinds.ts';
import { rbacManifests } from '../../../adapters/kubernetes/rbac.ts';
import type { SyncRef } from '../../../adapters/kubernetes/sync.ts';
import { createKubernetesReadings } from '../../../adapters/kubernetes/watch/readings.ts';
import { makePlan } from '../../../domain/remediation/planner.ts';
import { notYetSeen } from '../../../domain/remediation/postcondition.ts';
import { changedSince, expectedBefore, expectedByUndo } from '../../../domain/remediation/precondition.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';
import { diagnosis, hypothesis } from '../../domain/remediation/plans.ts';
import { eventually } from '../../integration/support/wait.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { openContractCluster } from '../../support/kubernetes/contract.ts';
import { type Cluster, clusterAt } from '../../support/kubernetes/control-plane.ts';
import type { GitOperator } from '../../support/kubernetes/git-operators.ts';
import { describeWithCluster } from '../../support/kubernetes/shared-cluster.ts';
import {
  changeAs,
  createSync,
  installSyncKinds,
  labelsOf,
  pausedByPeople,
  startSyncing,
} from '../../support/kubernetes/sync-objects.ts';
import {
  createNamespace,
  deploy,
  environment,
  executorFor,
  firstCall,
  intentFor,
  patch,
  read,
  settingsFor,
  settled,
  stateOf,
} from '../../support/kubernetes/workloads.ts';
import { memoryGate } from '../../support/memory-gate.ts';
import { executorContract } from '../executors/contract/contract.ts';
import type { ExecutorHarness } from '../executors/contract/harness.ts';
import { createClock } from '../executors/matrix/clock.ts';
import { executed } from '../executors/worker.ts';

const namespace = 'paused';
const refs = {
  argo: { kind: 'application', namespace: 'argocd', name: 'argo' },
  flux: { kind: 'kustomization', namespace: 'flux-system', name: 'flux' },
  helm: { kind: 'helmrelease', namespace: 'flux-system', name: 'helm' },
} as const satisfies Record<string, SyncRef>;
const pauseOwners = { argoCd: ['argocd'], flux: ['flux-system'], reconcileSeconds: 90, tellAfterMinutes: 60 };
const resumeWith = {
  argo: 'kubectl -n argocd annotate applications.argoproj.io argo argocd.argoproj.io/skip-reconcile- sentinel.dev/paused-by- sentinel.dev/paused-at-ms-',
  flux: 'flux resume kustomization flux -n flux-system',
  helm: 'flux resume helmrelease helm -n flux-system',
};
const owners = ['argo', 'flux', 'helm'] as const;

async function openWorld(plane: Cluster): Promise<void> {
  for (const name of ['argocd', 'flux-system']) await createNamespace(plane.admin, name);
  await installSyncKinds(plane);
  // A kind that was just made is served a moment later.
  for (const name of owners)
    await eventually(
      `${name} to be made`,
      () =>
        createSync(plane, refs[name], { namespace, name }).then(
          () => true,
          () => null,
        ),
      100_000,
    );
}

await describeWithCluster('an owner that may be paused', (info) => {
  let plane: Cluster;
  let executor: ReturnType<typeof executorFor>;
  const operators: Partial<Record<string, GitOperator>> = {};

  beforeAll(async () => {
    plane = clusterAt(info);
    executor = executorFor(plane, [namespace], { pauseOwners });
    await createNamespace(plane.admin, namespace);
    await openWorld(plane);
    for (const name of owners) operators[name] = await startSyncing(plane, refs[name], { namespace, name });
    for (const name of owners) await settled(plane.admin, namespace, name);
  }, 240_000);
  afterAll(async () => {
    await Promise.all(Object.values(operators).map(async (one) => one?.stop()));
  });

  const replicasOf = async (name: string) => (await read(plane.admin, namespace, name)).spec.replicas;
  const looked = async (name: string, times: number) => {
    const since = operators[name]?.looks() ?? 0;
    await expect
      .poll(() => operators[name]?.looks() ?? 0, { timeout: 100_000 })
      .toBeGreaterThan(since + times);
  };
  async function planFor(name: string) {
    const planned = makePlan({
      ...{ incidentId: 'i', attempt: 1, resources: [], tried: [], blastSet: new Set([name]) },
      diagnosis: diagnosis(
        hypothesis('traffic-surge', name, 0.9, {
          scope: { environment, service: name },
          figures: { rateRatio: 1.6 },
        }),
      ),
      targets: await executor.observe(environment),
      runbook: defaultRunbook,
    });
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    return planned.plan;
  }

  it.each(owners)('%s: paused, changed, left alone, undone, and given back', async (name) => {
    const plan = await planFor(name);
    expect(plan.steps.map(({ action, inverse }) => [action, inverse?.action])).toEqual([
      ['pause-sync', 'resume-sync'],
      ['scale', 'scale'],
    ]);
    for (const step of plan.steps) expect(await executor.preview(step)).toMatchObject({ ok: true });
    const forward: string[] = [];
    for (const [index, step] of plan.steps.entries()) {
      const seen = await stateOf(executor, name);
      const last = plan.steps[index - 1];
      if (last !== undefined) expect(notYetSeen(plan, index, last, { kind: 'seen', state: seen })).toBeNull();
      const expects = [expectedBefore(plan, index)];
      expect(changedSince(expects, step, seen)).toBeNull();
      const intent = intentFor(step.before, step.action, step.parameters, { step: index, expects });
      const result = await executed(executor, memoryGate(intent), intent);
      expect(result, JSON.stringify(result)).toMatchObject({ kind: 'applied' });
      if (index === 0) expect(result).toMatchObject({ settleMs: 90_000 });
      forward.push(intent.id);
    }
    const before = operators[name]?.reverts();
    await looked(name, 20);
    expect(await replicasOf(name), 'its owner has looked, and let it be').toBe(5);
    expect(operators[name]?.reverts()).toBe(before);
    const paused = await stateOf(executor, name);
    expect(paused.owner).toMatchObject({
      reverts: [],
      detail: expect.stringContaining('paused by Sentinel since'),
      sync: { is: 'paused-by-sentinel', resumeWith: resumeWith[name] },
    });

    for (const index of [1, 0]) {
      const step = plan.steps[index];
      if (step?.inverse == null) throw new Error('each step has an inverse');
      const expects = expectedByUndo(plan, index, true);
      const intent = intentFor(step.before, step.inverse.action, step.inverse.parameters, {
        ...{ direction: 'compensation', step: index, expects, undoes: forward[index] ?? '' },
      });
      const result = await executed(executor, memoryGate(intent), intent);
      expect(result, JSON.stringify(result)).toMatchObject({ kind: 'applied' });
    }
    expect((await stateOf(executor, name)).owner?.sync?.is).toBe('on');
    await patch(plane.admin, namespace, name, { spec: { replicas: 5 } });
    await expect.poll(() => replicasOf(name), { timeout: 100_000 }).toBe(3);
    await settled(plane.admin, namespace, name);
  });

  it('nothing is done blindly: 0 of 500 without the pause', async () => {
    const reverts = owners.map((name) => operators[name]?.reverts());
    const answers: unknown[] = [];
    for (let round = 0; answers.length < 500; round += 1)
      for (const name of owners.slice(0, 500 - answers.length)) {
        const state = round % 50 === 0 ? await stateOf(executor, name) : undefined;
        states[name] = state ?? states[name];
        const known = states[name];
        if (known === undefined) throw new Error('it was looked at');
        const begun = await executor.begin(intentFor(known, 'scale', { replicas: 5 }), firstCall(known));
        answers.push(begun.kind === 'refused' ? begun.code : begun);
      }
    expect(answers).toHaveLength(500);
    expect(answers.filter((answer) => answer !== 'owned')).toEqual([]);
    expect(owners.map((name) => operators[name]?.reverts())).toEqual(reverts);
  });
  const states: Partial<Record<string, Awaited<ReturnType<typeof stateOf>>>> = {};

  it.each(owners)('%s, paused by somebody else: nothing is paused, and it stays theirs', async (name) => {
    const ref = refs[name];
    await changeAs(plane, 'kubectl', ref, pausedByPeople(ref, true));
    try {
      const state = await stateOf(executor, name);
      expect(state.owner).toMatchObject({ reverts: [], sync: { is: 'paused-by-somebody-else' } });
      expect((await planFor(name)).steps.map(({ action }) => action)).toEqual(['scale']);
      for (const action of ['pause-sync', 'resume-sync'] as const)
        expect(await executor.begin(intentFor(state, action, {}), firstCall(state))).toMatchObject({
          kind: 'refused',
          code: 'changed-meanwhile',
        });
      expect((await stateOf(executor, name)).owner?.sync?.is).toBe('paused-by-somebody-else');
    } finally {
      await changeAs(plane, 'kubectl', ref, pausedByPeople(ref, false));
    }
  });

  it('one that its own owner would resume is not paused', async () => {
    const ref = { ...refs.argo, name: 'made' };
    const workload = { namespace, name: 'made' };
    const set = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      name: 'all',
      uid: 'u',
      controller: true,
    };
    await createSync(plane, ref, workload, { ownerReferences: [set] });
    await deploy(plane.admin, namespace, 'made', { metadata: labelsOf(ref, workload) });
    const state = await stateOf(executor, 'made');
    expect(await executor.preview(intentFor(state, 'pause-sync', {}))).toMatchObject({
      ok: false,
      code: 'owned',
      detail: expect.stringContaining('ApplicationSet all'),
    });
  });

  it('a label alone chooses nothing that is paused', async () => {
    // It says that it belongs to the application "argo", which does not know it.
    await deploy(plane.admin, namespace, 'forged', {
      metadata: labelsOf(refs.argo, { namespace, name: 'forged' }),
    });
    const state = await stateOf(executor, 'forged');
    expect(state.owner).toMatchObject({ reverts: expect.arrayContaining(['scale']) });
    expect(state.owner?.sync).toBeUndefined();
    const begun = await executor.begin(intentFor(state, 'pause-sync', {}), firstCall(state));
    expect(begun).toMatchObject({ kind: 'refused', code: 'owned' });
  });

  it('without configuration everything is refused as before, and no right is asked for', async () => {
    const plain = executorFor(plane, [namespace]);
    const state = await stateOf(plain, 'argo');
    expect(state.owner?.sync).toBeUndefined();
    const begun = await plain.begin(intentFor(state, 'pause-sync', {}), firstCall(state));
    expect(begun).toMatchObject({ kind: 'refused', code: 'not-supported' });
    expect(rbacManifests(settingsFor(plane, [namespace]))).not.toMatch(/argoproj|fluxcd/);
    const printed = rbacManifests(
      settingsFor(plane, [namespace], { pauseOwners: { ...pauseOwners, flux: [] } }),
    );
    expect(printed).toMatch(/namespace: argocd/);
    expect(printed).not.toMatch(/fluxcd|flux-system/);
  });

  it('what Sentinel has kept paused for long is named by doctor, and told as an alert until it is given back', async () => {
    const settings = settingsFor(plane, [namespace], { pauseOwners });
    const earlier = createKubernetesExecutor(settings, { nowMs: () => Date.now() - 7_200_000 });
    const state = await stateOf(earlier, 'argo');
    const intent = intentFor(state, 'pause-sync', {});
    expect(await earlier.begin(intent, firstCall(state))).toMatchObject({ kind: 'done' });
    expect((await checkKubernetes(settings)).detail).toMatch(
      /paused by Sentinel for more than 60 min .*Argo CD application argo in argocd since|and more:/,
    );
    const alert = {
      ...{ kind: 'alert', status: 'firing', source: 'kubernetes/main' },
      id: 'paused-owner/kubernetes/main/argocd/application/argo',
      title: expect.stringContaining(resumeWith.argo),
      scope: { environment, service: 'argo' },
    };
    expect(await alertsAfterStart(settings)).toMatchObject([alert]);
    const undo = intentFor(state, 'resume-sync', {}, { direction: 'compensation', undoes: intent.id });
    expect(await executor.begin(undo, firstCall(state))).toMatchObject({ kind: 'done' });
    expect(await alertsAfterStart(settings)).toEqual([]);
  });
});

/** Of owners, as a process that has just started tells them. */
async function alertsAfterStart(settings: ReturnType<typeof settingsFor>) {
  const surroundings = { nowMs: Date.now, serviceOf: ({ service }: { service: string }) => service };
  const readings = createKubernetesReadings(settings, surroundings);
  try {
    const seen = await eventually('the cluster to be listed', () =>
      readings.read(environment, AbortSignal.timeout(60_000)).catch(() => null),
    );
    return seen.filter((one) => one.kind === 'alert' && one.id.startsWith('paused-owner/'));
  } finally {
    await readings.close?.();
  }
}

async function openContract(info: KubernetesInfo): Promise<ExecutorHarness> {
  const cluster = await openContractCluster(info, namespace, { pauseOwners });
  const { plane, executor } = cluster;
  await openWorld(plane);
  const workload = { namespace, name: 'flux' };
  await deploy(plane.admin, namespace, 'flux', { metadata: labelsOf(refs.flux, workload) });
  const targetOf = (service: string) => ({
    ...{ environment, service },
    resource: `kubernetes/main/${namespace}/deployment/${service}`,
  });
  const clock = createClock(50);
  return {
    ...cluster,
    clock,
    executor: () => executor(clock.nowMs),
    async target() {
      if ((await stateOf(executor(), 'flux')).owner?.sync?.is === 'paused-by-somebody-else')
        await changeAs(plane, 'kubectl', refs.flux, pausedByPeople(refs.flux, false));
      return targetOf('flux');
    },
    nobody: targetOf('nobody'),
    step: () => ({ action: 'pause-sync', parameters: {} }),
    // Nothing keeps it: there is nothing to pause.
    async empty() {
      await deploy(plane.admin, namespace, 'alone');
      return {
        ...{ target: targetOf('alone'), action: 'pause-sync', parameters: {} },
        async things() {
          const { metadata, spec } = await read(plane.admin, namespace, 'alone');
          return { spec, generation: metadata.generation };
        },
        async restore() {
          const path = workloadPath({ namespace, kind: 'deployment', name: 'alone' });
          await plane.admin.change({ method: 'DELETE', path, body: {} });
        },
      };
    },
    drift: () => changeAs(plane, 'kubectl', refs.flux, pausedByPeople(refs.flux, true)),
  };
}

await describeWith<KubernetesInfo>('kubernetes', 'the Kubernetes executor', (info) => {
  describe('what keeps a workload', () => {
    executorContract('pause-sync', () => openContract(info));
  });
});
