/** The executor against a real API server with its controllers: what it sees, what it does, and that it does it once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkloadKind } from '../../../adapters/kubernetes/kinds.ts';
import { podPath, podsPath } from '../../../adapters/kubernetes/kinds.ts';
import { restartAnnotation } from '../../../adapters/kubernetes/marks.ts';
import { allOf, pod } from '../../../adapters/kubernetes/objects.ts';
import { inverseOf } from '../../../domain/remediation/catalogue.ts';
import { callOf } from '../../support/calls.ts';
import { type Cluster, clusterAt } from '../../support/kubernetes/control-plane.ts';
import { type LossyServer, startLossyServer } from '../../support/kubernetes/lossy-server.ts';
import { holdPods } from '../../support/kubernetes/played-nodes.ts';
import { describeWithCluster } from '../../support/kubernetes/shared-cluster.ts';
import {
  carryOut,
  createNamespace,
  deploy,
  environment,
  executorFor,
  firstCall,
  follow,
  intentFor,
  patch,
  read,
  settled,
  soon,
  stateOf,
} from '../../support/kubernetes/workloads.ts';

const namespace = 'shop';

await describeWithCluster('the Kubernetes executor', (info) => {
  let plane: Cluster;
  let way: LossyServer;
  let executor: ReturnType<typeof executorFor>;
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-kubernetes-test-'));

  beforeAll(async () => {
    plane = clusterAt(info);
    way = await startLossyServer(plane, dir, ['admin']);
    executor = executorFor(way, [namespace]);
    await createNamespace(plane.admin, namespace);
  });
  afterAll(async () => {
    await way?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const podsOf = async (name: string) =>
    allOf(pod, await plane.admin.list(podsPath(namespace))).filter(
      ({ metadata }) => metadata.labels.app === name && metadata.deletionTimestamp === undefined,
    );
  const uids = async (name: string) => (await podsOf(name)).map(({ metadata }) => metadata.uid).sort();

  describe('what it sees', () => {
    it.each([
      ['deployment', 'seen'],
      ['statefulset', 'seen-set'],
      ['daemonset', 'seen-daemon'],
    ] as const)('of a %s', async (kind, name) => {
      await deploy(plane.admin, namespace, name, { kind });
      const state = await stateOf(executor, name);
      expect(state).toMatchObject({
        target: { environment, service: name, resource: `kubernetes/main/${namespace}/${kind}/${name}` },
        executor: 'kube',
        desiredReplicas: 3,
        readyReplicas: 3,
        release: 'v1',
        rollout: { inProgress: false },
      });
      expect(state.replicas.map(({ state: is, restarts }) => [is, restarts])).toEqual(
        Array.from({ length: 3 }, () => ['running', 0]),
      );
      expect(state.replicas.map(({ uid }) => uid).sort()).toEqual(await uids(name));
      expect(state.supports.includes('scale')).toBe(kind !== 'daemonset');
    });

    it('names the release before, and a rollout that is under way', async () => {
      await deploy(plane.admin, namespace, 'stuck');
      const image = {
        spec: { template: { spec: { containers: [{ name: 'main', image: 'shop:never-ready' }] } } },
      };
      await patch(plane.admin, namespace, 'stuck', image);
      await expect
        .poll(async () => (await stateOf(executor, 'stuck')).rollout?.detail, { timeout: 200_000 })
        .toMatch(/1 of 3 pods new/);
      expect(await stateOf(executor, 'stuck')).toMatchObject({
        release: 'never-ready',
        previousRelease: 'v1',
        rollout: { inProgress: true },
      });
    });

    it('takes the service from the first label there is', async () => {
      const labels = { app: 'ignored', 'app.kubernetes.io/name': 'labelled' };
      await deploy(plane.admin, namespace, 'other-name', { metadata: { labels } });
      expect((await stateOf(executor, 'labelled')).target.resource).toMatch(/other-name$/);
    });

    it('says of what is protected that nothing may act on it', async () => {
      await deploy(plane.admin, namespace, 'guarded', {
        metadata: { labels: { 'sentinel.dev/protected': 'true' } },
      });
      const state = await stateOf(executor, 'guarded');
      expect(state).toMatchObject({ protected: 'it is marked sentinel.dev/protected', supports: [] });
      const preview = await executor.preview({ action: 'restart', target: state.target, parameters: {} });
      expect(preview).toMatchObject({ ok: false, code: 'protected' });
      const begun = await executor.begin(intentFor(state, 'restart', {}), firstCall(state));
      expect(begun).toMatchObject({ kind: 'refused', code: 'protected' });
    });
  });

  describe('what it does', () => {
    it.each([
      ['deployment', 'restarted'],
      ['statefulset', 'restarted-set'],
      ['daemonset', 'restarted-daemon'],
    ] as const)('restarts every pod of a %s, once', async (kind, name) => {
      await deploy(plane.admin, namespace, name, { kind });
      const before = await uids(name);
      const intent = intentFor(await stateOf(executor, name), 'restart', {});
      expect(await executor.lookUp(intent)).toBe('not-happened');
      const { end } = await carryOut(executor, intent);
      expect(end).toMatchObject({ kind: 'done', after: { release: 'v1', readyReplicas: 3 } });
      const after = await uids(name);
      expect(after).toHaveLength(3);
      expect(after.filter((uid) => before.includes(uid))).toEqual([]);
      expect(await executor.lookUp(intent)).toBe('happened');
      // The same intent again, under the next number: nothing is sent.
      const changes = way.changes.length;
      const again = await executor.begin(intent, callOf({ number: 2, notAfterMs: soon() }));
      expect(again).toMatchObject({ kind: 'accepted', summary: expect.stringContaining('before') });
      expect(way.changes).toHaveLength(changes);
      expect(await uids(name)).toEqual(after);
    });

    it('tells how far a rollout has come', async () => {
      await deploy(plane.admin, namespace, 'slow', { replicas: 5 });
      await holdPods(plane.admin, namespace, true);
      const intent = intentFor(await stateOf(executor, 'slow'), 'restart', {});
      const begun = await executor.begin(intent, firstCall(intent.before));
      const handle = begun.kind === 'accepted' ? begun.handle : '';
      const told = () => executor.poll(intent, handle, new AbortController().signal);
      await expect.poll(told, { timeout: 200_000 }).toMatchObject({
        kind: 'running',
        progress: { of: 5, words: expect.stringMatching(/[1-4] of 5 pods new/) },
      });
      await holdPods(plane.admin, namespace, false);
      expect((await follow(executor, intent, handle)).end.kind).toBe('done');
    });

    it.each([
      ['deployment', 'replaced'],
      ['statefulset', 'replaced-set'],
    ] as const)('replaces one pod of a %s and no other', async (kind, name) => {
      await deploy(plane.admin, namespace, name, { kind });
      const before = await stateOf(executor, name);
      const [first] = before.replicas;
      const taskId = first?.id ?? '';
      const intent = intentFor(before, 'restart', { taskId });
      expect(await executor.lookUp(intent)).toBe('not-happened');
      const { end } = await carryOut(executor, intent);
      expect(end.kind).toBe('done');
      const gone = before.replicas.map(({ uid }) => uid).filter((uid) => uid === first?.uid);
      const after = await uids(name);
      expect(after).toHaveLength(3);
      expect(gone.some((uid) => after.includes(uid ?? ''))).toBe(false);
      expect(before.replicas.filter(({ uid }) => after.includes(uid ?? ''))).toHaveLength(2);
      expect(await executor.lookUp(intent)).toBe('happened');
      // The next pod of that name is none of its business.
      const again = await executor.begin(intent, callOf({ number: 2, notAfterMs: soon() }));
      expect(again).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
      expect(await uids(name)).toEqual(after);
    });

    it.each(['deployment', 'statefulset'] as const)('scales a %s, and back', async (kind) => {
      const name = `scaled-${kind}`;
      await deploy(plane.admin, namespace, name, { kind });
      const before = await stateOf(executor, name);
      await undone(name, before, 'scale', { replicas: 5 }, { desiredReplicas: 5, readyReplicas: 5 });
    });

    it.each([
      ['deployment', 'shop:v2', '1', 'rollback-release', { release: 'v1' }],
      ['statefulset', 'shop:v2', '1', 'rollback-release', { release: 'v1' }],
      ['daemonset', 'shop:v2', '1', 'rollback-release', { release: 'v1' }],
      ['deployment', 'registry.test/shop:v1', '2', 'rollback-config', {}],
    ] as const)(
      'puts a stored version of a %s back (%s, mode %s), and undoes that',
      async (kind, image, mode, action, expected) => {
        const name = `back-${kind}-${mode}`;
        await deploy(plane.admin, namespace, name, { kind, image: 'registry.test/shop:v1' });
        const old = await stateOf(executor, name);
        const containers = [{ name: 'main', image, env: [{ name: 'MODE', value: mode }] }];
        await patch(plane.admin, namespace, name, { spec: { template: { spec: { containers } } } }, kind);
        await settled(plane.admin, namespace, name, kind);
        const before = await stateOf(executor, name);
        const to = action === 'rollback-release' ? before.previousRelease : before.previousConfig;
        expect(to).toBe(action === 'rollback-release' ? old.release : old.config);
        await undone(name, before, action, { to: String(to) }, { ...expected, config: old.config });
      },
    );

    /** Does it, and its inverse; the target is as it was before. */
    async function undone(
      name: string,
      before: Awaited<ReturnType<typeof stateOf>>,
      action: Parameters<typeof intentFor>[1],
      parameters: Parameters<typeof intentFor>[2],
      expected: object,
    ): Promise<void> {
      const { end } = await carryOut(executor, intentFor(before, action, parameters));
      expect(end.kind).toBe('done');
      const changed = await stateOf(executor, name);
      expect(changed).toMatchObject(expected);
      const inverse = inverseOf(action, before, parameters);
      if (inverse === null) throw new Error(`${action} has no inverse`);
      const back = intentFor(changed, inverse.action, inverse.parameters, { direction: 'compensation' });
      expect((await carryOut(executor, back)).end.kind).toBe('done');
      const { desiredReplicas, release, config, readyReplicas } = before;
      expect(await stateOf(executor, name)).toMatchObject({
        desiredReplicas,
        release,
        config,
        readyReplicas,
      });
    }
  });

  describe('a dry run', () => {
    it('changes nothing, and says what the API server would say', async () => {
      await deploy(plane.admin, namespace, 'tried');
      const state = await stateOf(executor, 'tried');
      const { target } = state;
      const pods = await uids('tried');
      const [first] = state.replicas;
      for (const [action, parameters] of [
        ['restart', {}],
        ['restart', { taskId: first?.id ?? '' }],
        ['scale', { replicas: 4 }],
      ] as const)
        expect(await executor.preview({ action, target, parameters })).toMatchObject({ ok: true });
      expect(await stateOf(executor, 'tried')).toMatchObject({
        revision: state.revision,
        desiredReplicas: 3,
      });
      expect(await uids('tried')).toEqual(pods);
    });

    it.each([
      [
        'kubernetes/main/shop/deployment/renamed',
        'unknown-target',
        /no deployment renamed.*renamed, moved or deleted/,
      ],
      ['kubernetes/main/elsewhere/deployment/tried', 'unknown-target', /elsewhere is not one of/],
      ['kubernetes/other/shop/deployment/tried', 'unknown-target', /no workload of cluster main/],
      ['kubernetes/main/shop/deployment/a%2Fb', 'unknown-target', /no workload of cluster main/],
      ['kubernetes/main/shop/deployment/..', 'unknown-target', /no workload of cluster main/],
      [undefined, 'unknown-target', /without a resource/],
    ] as const)('of %s is refused: %s', async (resource, code, words) => {
      const target = { environment, service: 'x', ...(resource === undefined ? {} : { resource }) };
      const preview = await executor.preview({ action: 'restart', target, parameters: {} });
      expect(preview).toMatchObject({ ok: false, code, detail: expect.stringMatching(words) });
    });

    it.each([
      ['paused', { paused: true }, /paused/],
      ['on-delete', { updateStrategy: { type: 'OnDelete' } }, /OnDelete/],
      [
        'partition',
        { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } },
        /partition 1/,
      ],
    ] as const)('of a restart that would reach no pod (%s) is refused', async (name, spec, words) => {
      const kind: WorkloadKind = name === 'paused' ? 'deployment' : 'statefulset';
      await deploy(plane.admin, namespace, `held-${name}`, {
        kind,
        replicas: name === 'paused' ? 0 : 1,
        spec,
      });
      const { target } = await stateOf(executor, `held-${name}`);
      const preview = await executor.preview({ action: 'restart', target, parameters: {} });
      expect(preview).toMatchObject({
        ok: false,
        code: 'not-supported',
        detail: expect.stringMatching(words),
      });
    });
  });

  describe('whatever goes wrong', () => {
    const restartOf = async (name: string) => {
      await deploy(plane.admin, namespace, name);
      return intentFor(await stateOf(executor, name), 'restart', {});
    };
    const mark = async (name: string) =>
      (await read(plane.admin, namespace, name)).spec.template.metadata?.annotations?.[restartAnnotation];

    it('a preview that meets a controller of the workload is made again, and not for ever', async () => {
      const intent = await restartOf('written-meanwhile');
      way.conflicts(4);
      expect(await executor.preview(intent)).toMatchObject({ ok: true });
      way.conflicts(5);
      expect(await executor.preview(intent)).toMatchObject({ ok: false, code: 'changed-meanwhile' });
    });

    it('an answer that is lost after the effect is found again', async () => {
      const intent = await restartOf('lost-after');
      way.next('lost-after');
      expect(await executor.begin(intent, firstCall(intent.before))).toMatchObject({ kind: 'unknown' });
      await expect.poll(() => executor.lookUp(intent), { timeout: 200_000 }).toBe('happened');
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('happened');
    });

    it('what was lost before the effect did not happen, and is closed', async () => {
      const intent = await restartOf('lost-before');
      way.next('lost-before');
      expect(await executor.begin(intent, firstCall(intent.before))).toMatchObject({ kind: 'unknown' });
      expect(await executor.lookUp(intent)).toBe('not-happened');
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('not-happened');
      const next = await stateOf(executor, 'lost-before');
      const begun = await executor.begin(
        intent,
        callOf({ number: 2, notAfterMs: soon() }, { revision: next.revision }),
      );
      expect(begun).toMatchObject({ kind: 'accepted' });
      expect(await mark('lost-before')).toBe(intent.id);
    });

    it('a call that was held up and arrives after it was closed meets 409', async () => {
      const intent = await restartOf('late');
      way.next('held');
      expect(await executor.begin(intent, firstCall(intent.before))).toMatchObject({ kind: 'unknown' });
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('not-happened');
      expect(await way.release()).toEqual([409]);
      expect(await mark('late')).toBeUndefined();
    });

    it('the deletion of a pod that was held up and closed meets 409, too', async () => {
      await deploy(plane.admin, namespace, 'late-pod');
      const before = await stateOf(executor, 'late-pod');
      const pods = await uids('late-pod');
      const intent = intentFor(before, 'restart', { taskId: before.replicas[0]?.id ?? '' });
      way.next('held');
      expect(await executor.begin(intent, firstCall(before))).toMatchObject({ kind: 'unknown' });
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('not-happened');
      expect(await way.release()).toEqual([409]);
      expect(await uids('late-pod')).toEqual(pods);
    });

    it('a sender that comes back after it was closed is refused', async () => {
      const intent = await restartOf('stalled');
      expect(await executor.close?.(intent, { number: 1, notAfterMs: soon() })).toBe('not-happened');
      const begun = await executor.begin(intent, firstCall(intent.before));
      expect(begun).toMatchObject({ kind: 'refused', code: 'overtaken' });
      expect(await mark('stalled')).toBeUndefined();
    });

    it('an older effect is refused after a newer one', async () => {
      const older = await restartOf('older');
      const newer = intentFor(older.before, 'restart', {});
      expect((await carryOut(executor, newer)).end.kind).toBe('done');
      const { revision } = await stateOf(executor, 'older');
      const begun = await executor.begin(older, callOf({ number: 1, notAfterMs: soon() }, { revision }));
      expect(begun).toMatchObject({ kind: 'refused', code: 'overtaken' });
      expect(await executor.lookUp(older)).toBe('not-happened');
    });

    it('a change of somebody else between the look and the call is respected', async () => {
      const intent = await restartOf('raced');
      await patch(plane.admin, namespace, 'raced', { spec: { replicas: 4 } });
      const begun = await executor.begin(intent, firstCall(intent.before));
      expect(begun).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
      expect(await mark('raced')).toBeUndefined();
    });

    it('a pod that becomes ready between the reading and the call does not stand in its way', async () => {
      const intent = await restartOf('busy');
      way.next({ status: 409, body: JSON.stringify({ message: 'the object has been modified' }) });
      const begun = await executor.begin(intent, firstCall(intent.before));
      expect(begun).toMatchObject({ kind: 'accepted' });
      expect(await mark('busy')).toBe(intent.id);
      // Without a permission for a second call there is none.
      const next = intentFor(await stateOf(executor, 'busy'), 'restart', {});
      way.next({ status: 409 });
      const stopped = firstCall(next.before, {
        permit: async () => ({ ok: false, reason: 'a person said stop' }),
      });
      expect(await executor.begin(next, stopped)).toMatchObject({
        kind: 'refused',
        reason: 'a person said stop',
      });
      expect(await mark('busy')).toBe(intent.id);
    });

    it('a call after its time is refused', async () => {
      const intent = await restartOf('too-late');
      const begun = await executor.begin(intent, firstCall(intent.before, { notAfterMs: Date.now() - 1 }));
      expect(begun).toMatchObject({ kind: 'refused', code: 'too-late' });
      expect(await mark('too-late')).toBeUndefined();
    });

    it('a change of somebody else during the rollout is told, never called done', async () => {
      const intent = await restartOf('replaced-meanwhile');
      await holdPods(plane.admin, namespace, true);
      const begun = await executor.begin(intent, firstCall(intent.before));
      const template = { metadata: { annotations: { [restartAnnotation]: null } } };
      await patch(plane.admin, namespace, 'replaced-meanwhile', { spec: { template } });
      await holdPods(plane.admin, namespace, false);
      const { end } = await follow(executor, intent, begun.kind === 'accepted' ? begun.handle : '');
      expect(end).toMatchObject({ kind: 'superseded' });
      expect(await executor.lookUp(intent)).toBe('happened');
    });

    it('a deleted workload is told, and nobody can tell what became of it', async () => {
      const intent = await restartOf('deleted');
      const begun = await executor.begin(intent, firstCall(intent.before));
      await plane.admin.change({
        method: 'DELETE',
        path: `/apis/apps/v1/namespaces/${namespace}/deployments/deleted`,
        body: { kind: 'DeleteOptions', apiVersion: 'v1' },
      });
      const { end } = await follow(executor, intent, begun.kind === 'accepted' ? begun.handle : '');
      expect(end).toMatchObject({ kind: 'superseded', reason: expect.stringContaining('deleted') });
      expect(await executor.lookUp(intent)).toBe('cannot-tell');
    });

    it.each([
      [{ status: 429 }, 'refused', 'throttled'],
      [{ status: 500 }, 'unknown', undefined],
      [{ status: 503, body: '<html>busy</html>' }, 'unknown', undefined],
      [{ status: 401 }, 'refused', 'expired-credentials'],
    ] as const)('a vendor that answers %o: %s', async (fate, kind, code) => {
      const intent = await restartOf(`answers-${fate.status}`);
      way.next(fate);
      const begun = await executor.begin(intent, firstCall(intent.before));
      expect(begun).toMatchObject(code === undefined ? { kind } : { kind, code });
      expect(await mark(`answers-${fate.status}`)).toBeUndefined();
    });

    it('a rollout that exceeds its deadline has failed, and what is left is said', async () => {
      await deploy(plane.admin, namespace, 'hopeless', { spec: { progressDeadlineSeconds: 2 } });
      const before = await stateOf(executor, 'hopeless');
      await holdPods(plane.admin, namespace, true);
      const intent = intentFor(before, 'restart', {});
      const begun = await executor.begin(intent, firstCall(before));
      const { end } = await follow(executor, intent, begun.kind === 'accepted' ? begun.handle : '');
      await holdPods(plane.admin, namespace, false);
      expect(end).toMatchObject({
        kind: 'failed',
        reason: expect.stringContaining('progress deadline'),
        left: expect.stringMatching(/of 3 pods new/),
      });
    });

    it('no pod outlives its own deletion by its name', async () => {
      await deploy(plane.admin, namespace, 'named', { kind: 'statefulset', replicas: 1 });
      const before = await stateOf(executor, 'named');
      // Somebody else replaces it first; the next one has the same name.
      await plane.admin.change({
        method: 'DELETE',
        path: podPath(namespace, 'named-0'),
        body: { kind: 'DeleteOptions', apiVersion: 'v1' },
      });
      await expect
        .poll(async () => (await uids('named')).filter((uid) => uid !== before.replicas[0]?.uid), {
          timeout: 200_000,
        })
        .toHaveLength(1);
      await settled(plane.admin, namespace, 'named', 'statefulset');
      const [uid] = await uids('named');
      const intent = intentFor(before, 'restart', { taskId: 'named-0' });
      const begun = await executor.begin(intent, callOf({ number: 1, notAfterMs: soon() }));
      expect(begun).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
      expect(await uids('named')).toEqual([uid]);
    });
  });
});
