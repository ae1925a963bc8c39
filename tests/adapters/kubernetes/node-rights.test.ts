/** The printed rights on nodes: enough for a drain and its undo, each of them needed, and none beyond. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { checkKubernetes } from '../../../adapters/kubernetes/doctor.ts';
import { rbacManifests } from '../../../adapters/kubernetes/rbac.ts';
import { neededRights, type Right } from '../../../adapters/kubernetes/rights.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { type ControlPlane, startControlPlane } from '../../support/kubernetes/control-plane.ts';
import {
  carryOut,
  createNamespace,
  deploy,
  executorFor,
  firstCall,
  intentFor,
  must,
  settingsFor,
  stateOf,
} from '../../support/kubernetes/workloads.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] };
type Manifest = { kind: string; metadata: { name: string; namespace?: string }; rules?: Rule[] };

const namespace = 'shop';
const group = '/apis/rbac.authorization.k8s.io/v1';
const given = {
  ...{ readContext: 'reader', writeContext: 'writer', nodes: ['node-a', 'node-b'], watch: true },
  actions: ['cordon', 'uncordon', 'drain-node'] as ('cordon' | 'uncordon' | 'drain-node')[],
};

await describeWith<KubernetesInfo>('kubernetes', 'the rights on nodes', (info) => {
  let plane: ControlPlane;
  const settings = () => settingsFor(plane, [namespace], given);
  const executor = () => executorFor(plane, [namespace], given);

  beforeAll(async () => {
    plane = await startControlPlane(info);
    await createNamespace(plane.admin, namespace);
    await deploy(plane.admin, namespace, 'orders', { replicas: 6 });
    for (const document of parseAllDocuments(rbacManifests(settings()))) {
      const manifest = document.toJS() as Manifest;
      const user = manifest.metadata.name.endsWith('-read') ? 'reader' : 'writer';
      const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
      const body = manifest.kind.endsWith('Binding') ? { ...manifest, subjects } : manifest;
      await must(
        plane.admin,
        `${placeOf(manifest.metadata.namespace)}/${manifest.kind.toLowerCase()}s`,
        body,
      );
    }
  }, 240_000);
  afterAll(() => plane?.stop());

  const placeOf = (its: string | undefined) => (its === undefined ? group : `${group}/namespaces/${its}`);
  const detail = (words: RegExp) =>
    expect.poll(async () => (await checkKubernetes(settings())).detail, { timeout: 200_000 }).toMatch(words);

  async function without(right: Right, verb: string, work: () => Promise<void>): Promise<void> {
    const roles = right.cluster === undefined ? `${placeOf(namespace)}/roles` : `${group}/clusterroles`;
    const path = `${roles}/sentinel-kube-${right.purpose}`;
    const { rules } = (await plane.admin.get(path)) as { rules: Rule[] };
    const set = async (next: Rule[]) =>
      expect(await plane.admin.change({ method: 'PATCH', path, body: { rules: next } })).toMatchObject({
        kind: 'ok',
      });
    const fewer = rules.map((rule) =>
      rule.resources[0] === right.resource
        ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) }
        : rule,
    );
    await set(fewer.filter(({ verbs }) => verbs.length > 0));
    try {
      await work();
    } finally {
      await set(rules);
    }
  }

  it('changes only what is named, and the whole cluster only where it must be', () => {
    const manifests = parseAllDocuments(rbacManifests(settings())).map((one) => one.toJS() as Manifest);
    const write = manifests.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && /write$/.test(metadata.name),
    );
    expect(write?.rules).toEqual([
      { apiGroups: [''], resources: ['nodes'], verbs: ['patch'], resourceNames: ['node-a', 'node-b'] },
    ]);
    const none = rbacManifests(settingsFor(plane, [namespace], { readContext: 'reader' }));
    expect(none, 'nothing of the cluster without nodes').not.toMatch(/Cluster|nodes|eviction/);
  });

  it('are enough for a drain and its undo, and doctor finds none beyond', async () => {
    await detail(/every right it needs, and none beyond/);
    const before = await stateOf(executor(), 'node-a');
    const drain = intentFor(before, 'drain-node', {});
    expect(await executor().preview(drain)).toMatchObject({ ok: true });
    expect((await carryOut(executor(), drain)).end.kind).toBe('done');
    const after = await stateOf(executor(), 'node-a');
    const undo = intentFor(after, 'uncordon', {}, { direction: 'compensation' });
    expect(await executor().begin(undo, firstCall(after))).toMatchObject({ kind: 'done' });
    const refused = plane
      .audit()
      .filter(({ user, responseStatus }) => user.username !== 'admin' && responseStatus?.code === 403);
    expect(refused).toEqual([]);
  });

  describe('each of them is needed', () => {
    const all = neededRights(given)
      .filter(({ cluster, resource }) => cluster !== undefined || resource === 'pods/eviction')
      .flatMap((right) => right.verbs.map((verb) => ({ right, verb })));

    it('and there are as many as the page says', () => {
      expect(all.map(({ right, verb }) => `${right.purpose}: ${verb} ${right.resource}`)).toEqual([
        ...['read: get nodes', 'read: list nodes', 'read: watch nodes', 'read: list pods'],
        ...['write: patch nodes', 'write: create pods/eviction'],
      ]);
    });

    it.each(all)('$verb $right.resource: doctor names it', async ({ right, verb }) => {
      const where = right.cluster === undefined ? `in ${namespace}` : 'in the whole cluster';
      await without(right, verb, () =>
        detail(new RegExp(`missing rights .*${verb} ${right.resource}.* ${where}`)),
      );
    });

    it.each([
      ['patch', 'nodes', /cannot patch resource "nodes"/],
      ['create', 'pods/eviction', /cannot create resource "pods\/eviction".*namespace "shop"/],
    ] as const)('without %s %s no dry run of a drain succeeds', async (verb, resource, words) => {
      const right = neededRights(given).find((one) => one.purpose === 'write' && one.resource === resource);
      if (right === undefined) throw new Error(`no right for ${resource}`);
      // Something to evict has to stand there.
      const state = await stateOf(executor(), 'node-b');
      expect(state.node?.carries).toHaveLength(1);
      const { target } = state;
      await without(right, verb, () =>
        expect
          .poll(() => executor().preview({ action: 'drain-node', target, parameters: {} }), {
            timeout: 200_000,
          })
          .toMatchObject({ ok: false, code: 'permission-denied', detail: expect.stringMatching(words) }),
      );
    });
  });

  it('doctor says when nodes and actions do not go together', async () => {
    const found = (more: object) => checkKubernetes({ ...settings(), ...more });
    expect((await found({ nodes: [] })).detail).toMatch(/no nodes are named/);
    expect((await found({ actions: ['restart'] })).detail).toMatch(/nothing may be done to them/);
    expect((await found({ actions: ['drain-node'] })).detail).toMatch(/a drain could not be undone/);
  });
});
