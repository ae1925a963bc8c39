/** Nodes against a real API server with its disruption and eviction: what is moved, what stays, and what is never begun. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { nodePath, podsPath } from '../../../adapters/kubernetes/kinds.ts';
import { cordonedBy } from '../../../adapters/kubernetes/nodes.ts';
import type { Plan, PlanStep } from '../../../domain/remediation/plan.ts';
import { makePlan } from '../../../domain/remediation/planner.ts';
import { notYetSeen } from '../../../domain/remediation/postcondition.ts';
import {
  changedSince,
  expectedBefore,
  expectedByUndo,
  factsFor,
} from '../../../domain/remediation/precondition.ts';
import { defaultRunbook } from '../../../domain/remediation/runbook.ts';
import { diagnosis, hypothesis } from '../../domain/remediation/plans.ts';
import { callOf } from '../../support/calls.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { type ControlPlane, startControlPlane } from '../../support/kubernetes/control-plane.ts';
import { type LossyServer, startLossyServer } from '../../support/kubernetes/lossy-server.ts';
import { addNode, cordonAsKubectl, podsOn, readNode } from '../../support/kubernetes/nodes.ts';
import { holdPods } from '../../support/kubernetes/played-nodes.ts';
import {
  carryOut,
  createNamespace,
  deploy,
  environment,
  executorFor,
  firstCall,
  follow,
  intentFor,
  must,
  settled,
  soon,
  stateOf,
} from '../../support/kubernetes/workloads.ts';
import { memoryGate } from '../../support/memory-gate.ts';
import { executed } from '../executors/worker.ts';

const namespace = 'shop';
const actions = ['restart', 'cordon', 'uncordon', 'drain-node'] as const;

await describeWith<KubernetesInfo>('kubernetes', 'nodes', (info) => {
  let plane: ControlPlane;
  let way: LossyServer;
  let executor: ReturnType<typeof executorFor>;
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-nodes-test-'));
  const settings = { nodes: ['node-*', 'control'], actions: [...actions] };

  beforeAll(async () => {
    plane = await startControlPlane(info);
    way = await startLossyServer(plane, dir, ['admin']);
    executor = executorFor(way, [namespace], settings);
    await createNamespace(plane.admin, namespace);
    await addNode(plane, 'control', { 'node-role.kubernetes.io/control-plane': '' });
    await addNode(plane, 'elsewhere', {});
  });
  afterEach(async () => {
    await holdPods(plane.admin, namespace, false);
    for (const name of ['node-a', 'node-b', 'node-c', 'elsewhere'])
      if (cordonedBy(await readNode(plane, name)) !== 'no') await cordonAsKubectl(plane, name, false);
  });
  afterAll(async () => {
    await way?.close();
    await plane?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** A workload whose pods begin on one node and may run on any other one. */
  async function startOn(node: string, name: string, more: Parameters<typeof deploy>[3] = {}): Promise<void> {
    const others = ['node-a', 'node-b', 'node-c', 'elsewhere', 'control'].filter((one) => one !== node);
    for (const one of others)
      if (cordonedBy(await readNode(plane, one)) === 'no') await cordonAsKubectl(plane, one, true);
    await deploy(plane.admin, namespace, name, more);
    for (const one of others.filter((other) => other !== 'control')) await cordonAsKubectl(plane, one, false);
  }
  const remove = async (name: string, kind = 'deployments') => {
    await plane.admin.change({
      method: 'DELETE',
      path: `/apis/apps/v1/namespaces/${namespace}/${kind}/${name}`,
      body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
    });
    await expect
      .poll(
        async () =>
          (
            (await plane.admin.list(podsPath(namespace))) as { metadata: { labels: { app: string } } }[]
          ).filter(({ metadata }) => metadata.labels.app === name).length,
        { timeout: 200_000 },
      )
      .toBe(0);
  };
  const budget = (name: string, minAvailable: number) =>
    must(plane.admin, `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, {
      ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name } },
      spec: { minAvailable, selector: { matchLabels: { app: name } } },
    });
  const evicted = () =>
    way.changes.filter((change) => /^POST .*\/eviction/.test(change) && !change.includes('dryRun')).length;

  describe('what it sees', () => {
    it('only those that configuration names, and what runs on each', async () => {
      await startOn('node-a', 'seen', { replicas: 2 });
      const nodes = (await executor.observe(environment)).filter(({ node }) => node !== undefined);
      expect(nodes.map(({ target }) => target.resource).sort()).toEqual([
        'kubernetes/main/_/node/control',
        'kubernetes/main/_/node/node-a',
        'kubernetes/main/_/node/node-b',
        'kubernetes/main/_/node/node-c',
      ]);
      expect(await stateOf(executor, 'node-a')).toMatchObject({
        desiredReplicas: 1,
        readyReplicas: 1,
        node: {
          cordoned: 'no',
          carries: [{ key: 'kubernetes/main/shop/deployment/seen', here: 2, elsewhere: 0 }],
          runs: [expect.stringMatching(/^seen-/), expect.stringMatching(/^seen-/)],
        },
        supports: ['cordon', 'uncordon', 'drain-node'],
      });
      expect(await stateOf(executor, 'control')).toMatchObject({
        protected: expect.stringContaining('control plane'),
        supports: [],
      });
      expect((await stateOf(executor, 'seen')).supports, 'workloads are no nodes').toEqual(['restart']);
      await remove('seen');
    });

    it('without any named: none, and nothing is read of them', async () => {
      const without = executorFor(way, [namespace], { actions: [...actions] });
      expect(await without.observe(environment)).toEqual([]);
    });
  });

  describe('cordon', () => {
    it('keeps new pods away and is undone; whose it was is on the node', async () => {
      const before = await stateOf(executor, 'node-b');
      const intent = intentFor(before, 'cordon', {});
      expect(await executor.preview(intent)).toMatchObject({ ok: true });
      expect(await executor.lookUp(intent)).toBe('not-happened');
      expect(await executor.begin(intent, firstCall(before))).toMatchObject({ kind: 'done' });
      expect(await executor.lookUp(intent)).toBe('happened');
      const after = await stateOf(executor, 'node-b');
      expect(after.node?.cordoned).toBe('by-sentinel');
      const undo = intentFor(before, 'uncordon', {}, { direction: 'compensation' });
      expect(await executor.begin(undo, firstCall(after))).toMatchObject({ kind: 'done' });
      expect((await readNode(plane, 'node-b')).spec.unschedulable).toBe(false);
      // A send of the first intent that was late meets the mark of the undo.
      expect(await executor.begin(intent, callOf({ number: 2, notAfterMs: soon() }))).toMatchObject({
        kind: 'done',
        summary: expect.stringContaining('no new pods'),
      });
      expect((await readNode(plane, 'node-b')).spec.unschedulable).toBe(false);
    });

    it('that meets a controller of the node while it is tried is tried again, and not for ever', async () => {
      const intent = intentFor(await stateOf(executor, 'node-b'), 'cordon', {});
      way.conflicts(4);
      expect(await executor.preview(intent)).toMatchObject({ ok: true });
      way.conflicts(5);
      expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'changed-meanwhile' });
    });

    it('that was held up and arrives after it was closed meets 409', async () => {
      const before = await stateOf(executor, 'node-b');
      const intent = intentFor(before, 'cordon', {});
      way.next('held');
      expect(await executor.begin(intent, firstCall(before))).toMatchObject({ kind: 'unknown' });
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('not-happened');
      expect(await way.release()).toEqual([409]);
      expect((await readNode(plane, 'node-b')).spec.unschedulable).toBe(false);
    });

    it('of somebody else is theirs: not cordoned again, not drained, not uncordoned', async () => {
      const before = await stateOf(executor, 'node-b');
      const ours = intentFor(before, 'cordon', {});
      expect(await executor.begin(ours, firstCall(before))).toMatchObject({ kind: 'done' });
      // People take it back and cordon it for reasons of their own: the mark of ours is still there.
      await cordonAsKubectl(plane, 'node-b', false);
      await cordonAsKubectl(plane, 'node-b', true);
      const seen = await stateOf(executor, 'node-b');
      expect(seen.node?.cordoned).toBe('by-somebody-else');
      for (const action of ['cordon', 'uncordon', 'drain-node'] as const) {
        const intent = intentFor(seen, action, {});
        expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'changed-meanwhile' });
        expect(await executor.begin(intent, firstCall(seen))).toMatchObject({
          kind: 'refused',
          code: 'changed-meanwhile',
          reason: expect.stringContaining('somebody else has cordoned node node-b'),
        });
      }
      expect((await readNode(plane, 'node-b')).spec.unschedulable).toBe(true);
    });

    it('never of the last one that takes pods, nor of a control plane, nor of one that nobody named', async () => {
      for (const name of ['node-b', 'node-c', 'elsewhere']) await cordonAsKubectl(plane, name, true);
      const last = await stateOf(executor, 'node-a');
      for (const action of ['cordon', 'drain-node'] as const)
        expect(await executor.begin(intentFor(last, action, {}), firstCall(last))).toMatchObject({
          kind: 'refused',
          code: 'protected',
          reason: 'node node-a is the last one that is ready and takes pods',
        });
      const control = await stateOf(executor, 'control');
      expect(await executor.begin(intentFor(control, 'cordon', {}), firstCall(control))).toMatchObject({
        kind: 'refused',
        code: 'protected',
      });
      const target = { ...last.target, resource: 'kubernetes/main/_/node/elsewhere' };
      expect(await executor.preview({ action: 'cordon', target, parameters: {} })).toMatchObject({
        code: 'unknown-target',
        detail: expect.stringContaining('is not one of the executor'),
      });
      expect((await readNode(plane, 'node-a')).spec.unschedulable).toBe(false);
    });
  });

  describe('drain', () => {
    it('moves everything within its budget, tells what it waits for, and leaves what belongs there', async () => {
      await startOn('node-a', 'orders', { replicas: 4 });
      await startOn('node-a', 'ledger', { kind: 'statefulset', replicas: 2 });
      await deploy(plane.admin, namespace, 'agent', { kind: 'daemonset' });
      await budget('orders', 3);
      const before = await stateOf(executor, 'node-a');
      expect(before.node?.carries.map(({ key }) => key)).toEqual([
        'kubernetes/main/shop/deployment/orders',
        'kubernetes/main/shop/statefulset/ledger',
      ]);
      const intent = intentFor(before, 'drain-node', {});
      expect(await executor.preview(intent)).toMatchObject({
        ok: true,
        detail: expect.stringContaining('6 pods would be moved'),
      });
      const evictedBefore = evicted();
      await holdPods(plane.admin, namespace, true);
      const begun = await executor.begin(intent, firstCall(before));
      const handle = begun.kind === 'accepted' ? begun.handle : '';
      const ask = () => executor.advance?.(intent, handle, callOf({ number: 1, notAfterMs: soon() }));
      // No new pod gets ready, so the budget lets only one go.
      await expect.poll(ask, { timeout: 200_000 }).toMatchObject({
        kind: 'running',
        progress: { of: 6, words: expect.stringContaining('orders waits for its disruption budget') },
      });
      expect(await executor.lookUp(intent)).toBe('cannot-tell');
      await holdPods(plane.admin, namespace, false);
      // Two workers at once: the lease of the first was not lost, it only seemed so.
      const [one, other] = await Promise.all([
        follow(executor, intent, handle),
        follow(executorFor(way, [namespace], settings), intent, handle),
      ]);
      expect([one.end.kind, other.end.kind]).toEqual(['done', 'done']);
      expect([...one.told, ...other.told].join('\n')).toMatch(/[1-5] of 6 pods moved/);
      expect(await executor.lookUp(intent)).toBe('happened');
      const left = (await podsOn(plane, 'node-a', namespace)).map(({ metadata }) => metadata.labels.app);
      expect(left).toEqual(['agent']);
      await settled(plane.admin, namespace, 'orders');
      await settled(plane.admin, namespace, 'ledger', 'statefulset');
      expect(evicted() - evictedBefore, 'refused ones among them').toBeGreaterThanOrEqual(6);
      expect(await stateOf(executor, 'node-a')).toMatchObject({
        node: { cordoned: 'by-sentinel', carries: [] },
      });
      const undo = intentFor(before, 'uncordon', {}, { direction: 'compensation' });
      expect((await executor.begin(undo, callOf({ number: 1, notAfterMs: soon() }))).kind).toBe('done');
      for (const [name, kind] of [
        ['orders', 'deployments'],
        ['ledger', 'statefulsets'],
        ['agent', 'daemonsets'],
      ] as const)
        await remove(name, kind);
    });

    it.each([
      ['a pod without a controller', {}, /pod alone in shop has no controller/],
      [
        'files that would be deleted',
        { volumes: [{ name: 'cache', emptyDir: {} }], owned: true },
        /has files in an emptyDir/,
      ],
      [
        'a mark',
        { labels: { 'sentinel.dev/protected': 'true' }, owned: true },
        /is marked sentinel.dev\/protected/,
      ],
      [
        'another namespace',
        { namespace: 'default', owned: true },
        /in a namespace that this executor may not act in/,
      ],
    ] as const)('is not begun where %s stands in the way', async (_what, given, words) => {
      const {
        owned = false,
        labels = {},
        volumes = [],
        namespace: its = namespace,
      }: {
        owned?: boolean;
        labels?: object;
        volumes?: readonly object[];
        namespace?: string;
      } = given;
      const owner = {
        apiVersion: 'example.com/v1',
        kind: 'Thing',
        name: 'thing',
        uid: 'u',
        controller: true,
      };
      await must(plane.admin, podsPath(its), {
        ...{ apiVersion: 'v1', kind: 'Pod' },
        metadata: { name: 'alone', labels, ...(owned ? { ownerReferences: [owner] } : {}) },
        spec: { nodeName: 'node-c', volumes, containers: [{ name: 'main', image: 'shop:v1' }] },
      });
      try {
        await expect
          .poll(async () => (await stateOf(executor, 'node-c')).node?.runs, { timeout: 200_000 })
          .toContain('alone');
        const seen = await stateOf(executor, 'node-c');
        const intent = intentFor(seen, 'drain-node', {});
        expect(await executor.preview(intent)).toMatchObject({
          code: 'protected',
          detail: expect.stringMatching(words),
        });
        expect(await executor.begin(intent, firstCall(seen))).toMatchObject({
          kind: 'refused',
          code: 'protected',
          reason: expect.stringMatching(words),
        });
        expect((await readNode(plane, 'node-c')).spec.unschedulable, 'not even cordoned').toBe(false);
      } finally {
        const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
        await plane.admin.change({ method: 'DELETE', path: `${podsPath(its)}/alone`, body });
      }
    });

    it('deletes local files only where configuration and plan both say so', async () => {
      const labels = { app: 'cached' };
      const spec = {
        containers: [{ name: 'main', image: 'registry.test/shop:v1' }],
        volumes: [{ name: 'cache', emptyDir: {} }],
      };
      await startOn('node-a', 'cached', { replicas: 1, spec: { template: { metadata: { labels }, spec } } });
      const may = executorFor(way, [namespace], { ...settings, drainDeletesLocalFiles: true });
      const seen = await stateOf(may, 'node-a');
      expect(seen.node?.losesFilesOf).toBe(1);
      expect(await may.preview({ ...intentFor(seen, 'drain-node', {}) })).toMatchObject({
        code: 'protected',
      });
      expect((await stateOf(executor, 'node-a')).node?.losesFilesOf).toBeUndefined();
      const intent = intentFor(seen, 'drain-node', { deleteLocalFiles: true });
      expect(await executor.preview(intent), 'the plan alone').toMatchObject({ code: 'protected' });
      expect((await carryOut(may, intent)).end.kind).toBe('done');
      await remove('cached');
    });

    it('takes nothing away that came after the plan was made: nobody holds it', async () => {
      const before = await stateOf(executor, 'node-b');
      const intent = intentFor(before, 'drain-node', {});
      await startOn('node-b', 'late', { replicas: 1 });
      expect(await executor.begin(intent, firstCall(before))).toMatchObject({
        kind: 'refused',
        code: 'changed-meanwhile',
        reason: expect.stringContaining('deployment late in namespace shop'),
      });
      await remove('late');
    });

    it('ends between two evictions when it may not go on, and says what is left', async () => {
      await startOn('node-a', 'halted', { replicas: 3 });
      const before = await stateOf(executor, 'node-a');
      const intent = intentFor(before, 'drain-node', {});
      const begun = await executor.begin(intent, firstCall(before));
      const handle = begun.kind === 'accepted' ? begun.handle : '';
      await holdPods(plane.admin, namespace, true);
      let asked = 0;
      const permit = async () => {
        asked += 1;
        if (asked === 2) return { ok: false, reason: 'the store is away', mayPass: true } as const;
        return asked < 4
          ? ({ ok: true } as const)
          : ({ ok: false, reason: 'the kill switch is engaged' } as const);
      };
      const evictedBefore = evicted();
      const call = callOf({ number: 1, notAfterMs: soon() }, { permit });
      // One was evicted and the store did not answer: it waits.
      expect(await executor.advance?.(intent, handle, call)).toMatchObject({
        kind: 'running',
        progress: { words: expect.stringContaining('the store is away') },
      });
      expect(await executor.advance?.(intent, handle, call)).toMatchObject({
        kind: 'failed',
        reason: 'the kill switch is engaged',
        left: expect.stringMatching(
          /0 of 3 pods moved; no new pods go to node node-a until it is uncordoned/,
        ),
      });
      expect(evicted() - evictedBefore).toBe(2);
      await holdPods(plane.admin, namespace, false);
      // Looking alone moves nothing; a cancellation says where it stands.
      const look = await executor.poll(intent, handle, new AbortController().signal);
      expect(look.kind).toBe('running');
      await expect
        .poll(() => executor.cancel?.(intent, handle, callOf({ number: 1, notAfterMs: soon() })), {
          timeout: 200_000,
        })
        .toMatchObject({ kind: 'failed', left: expect.stringMatching(/2 of 3 pods moved/) });
      // People let pods go there again: the drain is not theirs to take back, nor ours to go on with.
      await cordonAsKubectl(plane, 'node-a', false);
      expect(
        await executor.advance?.(intent, handle, callOf({ number: 1, notAfterMs: soon() })),
      ).toMatchObject({
        kind: 'superseded',
      });
      await remove('halted');
    });

    it('goes on after the worker that began it has died, or its answer was lost', async () => {
      await startOn('node-b', 'carried', { replicas: 2 });
      const before = await stateOf(executor, 'node-b');
      const step = { action: 'drain-node', parameters: {} } as const;
      const intent = intentFor(before, 'drain-node', {}, { expects: [factsFor(step, before)] });
      way.next('lost-after');
      const gate = memoryGate(intent);
      gate.dies = 'before-accepted';
      await executed(executor, gate, intent).catch(() => {});
      const another = executorFor(way, [namespace], settings);
      expect(await executed(another, gate, intent)).toMatchObject({ kind: 'applied' });
      expect(gate.sends).toBe(1);
      expect(await podsOn(plane, 'node-b', namespace)).toEqual([]);
      await remove('carried');
    });
  });

  it('cordon, drain, uncordon is one plan, whose steps find what the ones before leave', async () => {
    await startOn('node-a', 'moved', { replicas: 2 });
    const scope = { environment, service: 'node-a' };
    const planned = makePlan({
      ...{ incidentId: 'i', attempt: 1, resources: [], tried: [], blastSet: new Set(['node-a']) },
      diagnosis: diagnosis(hypothesis('hang', 'node-a', 0.9, { scope })),
      targets: await executor.observe(environment),
      runbook: {
        ...defaultRunbook,
        hang: { candidates: [{ action: 'cordon', followedBy: ['drain-node', 'uncordon'] }] },
      },
    });
    if (planned.kind !== 'plan') throw new Error(planned.reason);
    const { plan } = planned;
    for (const [index, step] of plan.steps.entries()) {
      const seen = await stateOf(executor, 'node-a');
      const [last] = plan.steps.slice(0, index).slice(-1);
      expect(last && notYetSeen(plan, index, last, { kind: 'seen', state: seen })).toBe(last && null);
      expect(changedSince([expectedBefore(plan, index)], step, seen)).toBeNull();
      await perform(plan, step, index);
    }
    expect(await podsOn(plane, 'node-a', namespace)).toEqual([]);
    // It did not help: all of it is undone, the last one first.
    for (const index of [2, 1, 0]) {
      const step = plan.steps[index] as PlanStep;
      const seen = await stateOf(executor, 'node-a');
      const { inverse } = step;
      if (inverse === null) throw new Error(`${step.action} has an inverse`);
      const changed = changedSince(expectedByUndo(plan, index, true), { ...step, ...inverse }, seen);
      if (index === 0) {
        // The undo of the drain has done this one's, too: the gate calls it not needed.
        expect(changedSince([expectedBefore(plan, 0)], { ...step, ...inverse }, seen)).toBeNull();
        continue;
      }
      expect(changed).toBeNull();
      const undo = { ...step, ...inverse, before: seen };
      await perform(plan, undo, index, 'compensation');
    }
    expect(cordonedBy(await readNode(plane, 'node-a'))).toBe('no');
    expect(await plane.admin.get(nodePath('node-a'))).toMatchObject({ metadata: { name: 'node-a' } });
    await remove('moved');
  });

  async function perform(
    plan: Plan,
    step: PlanStep,
    index: number,
    direction: 'forward' | 'compensation' = 'forward',
  ): Promise<void> {
    const intent = intentFor(step.before, step.action, step.parameters, {
      ...{ step: index, direction, target: step.target },
      expects: direction === 'forward' ? [expectedBefore(plan, index)] : expectedByUndo(plan, index, true),
    });
    const result = await executed(executor, memoryGate(intent), intent);
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'applied' });
  }
});
