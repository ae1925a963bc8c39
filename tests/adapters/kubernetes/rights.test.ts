/** The printed rights are enough and not more: each one is needed, and the API server's own log knows no call beyond them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { checkKubernetes } from '../../../adapters/kubernetes/doctor.ts';
import { kubernetes } from '../../../adapters/kubernetes/index.ts';
import { rbacManifests } from '../../../adapters/kubernetes/rbac.ts';
import { neededRights } from '../../../adapters/kubernetes/rights.ts';
import { createKubernetesReadings } from '../../../adapters/kubernetes/watch/readings.ts';
import { noAgents } from '../../../app/executors.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import { describeWith } from '../../support/component.ts';
import type { KubernetesInfo } from '../../support/components/kubernetes.ts';
import { type ControlPlane, startControlPlane } from '../../support/kubernetes/control-plane.ts';
import { startLossyServer } from '../../support/kubernetes/lossy-server.ts';
import {
  carryOut,
  createNamespace,
  deploy,
  executorFor,
  intentFor,
  must,
  settingsFor,
  stateOf,
} from '../../support/kubernetes/workloads.ts';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };
type Manifest = {
  kind: 'Role' | 'RoleBinding';
  metadata: { name: string; namespace: string };
  rules?: Rule[];
  roleRef?: object;
};

const identities = { readContext: 'reader', writeContext: 'writer' } as const;
const rbac = (namespace: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;

await describeWith<KubernetesInfo>('kubernetes', 'the rights of the Kubernetes executor', (info) => {
  let plane: ControlPlane;
  const settings = () => settingsFor(plane, ['shop', 'store'], identities);

  beforeAll(async () => {
    plane = await startControlPlane(info);
    for (const namespace of ['shop', 'store']) {
      await createNamespace(plane.admin, namespace);
      for (const kind of ['deployment', 'statefulset', 'daemonset'] as const)
        await deploy(plane.admin, namespace, `${namespace}-${kind}`, { kind });
    }
    for (const document of parseAllDocuments(rbacManifests(settings())))
      await apply(document.toJS() as Manifest);
  });
  afterAll(() => plane?.stop());

  /** As an administrator would, for the users of the test in place of the service accounts. */
  async function apply(manifest: Manifest): Promise<void> {
    const { kind, metadata } = manifest;
    const user = metadata.name.endsWith('-read') ? 'reader' : 'writer';
    const subjects = [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }];
    const path = `${rbac(metadata.namespace)}/${kind.toLowerCase()}s`;
    await must(plane.admin, path, kind === 'Role' ? manifest : { ...manifest, subjects });
  }

  /** Without one verb of one right, for as long as the work takes. */
  async function without(
    right: ReturnType<typeof neededRights>[number],
    verb: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const path = `${rbac('shop')}/roles/sentinel-kube-${right.purpose}`;
    const role = (await plane.admin.get(path)) as { rules: Rule[] };
    const fewer = role.rules.map((rule) =>
      rule.apiGroups[0] === right.group && rule.resources[0] === right.resource
        ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) }
        : rule,
    );
    const set = async (rules: Rule[]) =>
      // A list of rules has no keys to merge by: it is replaced.
      expect(await plane.admin.change({ method: 'PATCH', path, body: { rules } })).toMatchObject({
        kind: 'ok',
      });
    await set(fewer.filter(({ verbs }) => verbs.length > 0));
    try {
      await work();
    } finally {
      await set(role.rules);
    }
  }

  const titled = async (detail: RegExp) =>
    expect.poll(async () => (await checkKubernetes(settings())).detail, { timeout: 200_000 }).toMatch(detail);

  it('are enough for everything, and the log has no call beyond them', async () => {
    const executor = executorFor(plane, ['shop', 'store'], identities);
    for (const kind of ['deployment', 'statefulset', 'daemonset'] as const) {
      const before = await stateOf(executor, `shop-${kind}`);
      const { target } = before;
      expect(await executor.preview({ action: 'restart', target, parameters: {} })).toMatchObject({
        ok: true,
      });
      const intent = intentFor(before, 'restart', {});
      expect((await carryOut(executor, intent)).end.kind).toBe('done');
      const send = { number: 9, notAfterMs: Date.now() };
      expect(await executor.close?.(intent, send)).toBe('happened');
      const one = await stateOf(executor, `shop-${kind}`);
      // The first may still be one that the restart has replaced, and is about to go.
      const taskId = one.replicas.find(({ state }) => state === 'running')?.id ?? '';
      const pod = intentFor(one, 'restart', { taskId });
      expect(await executor.close?.(pod, send)).toBe('not-happened');
      const next = intentFor(one, 'restart', { taskId });
      expect((await carryOut(executor, next)).end.kind).toBe('done');
    }
    const surroundings = { nowMs: Date.now, serviceOf: (target: { service: string }) => target.service };
    const readings = createKubernetesReadings(settings(), surroundings);
    try {
      await expect
        .poll(
          () => readings.read('test', new AbortController().signal).then((seen) => seen.length > 0, String),
          { timeout: 200_000 },
        )
        .toBe(true);
      await expect.poll(watchedByReader, { timeout: 200_000 }).toEqual(
        neededRights(settings())
          .filter(({ verbs }) => verbs.includes('watch'))
          .map(({ resource }) => resource)
          .toSorted(),
      );
    } finally {
      await readings.close?.();
    }
    await titled(/every right it needs, and none beyond/);
    expect(beyondPrinted()).toEqual([]);
  });

  /** What the reading identity has opened a watch of. */
  function watchedByReader(): readonly string[] {
    const watches = plane.audit().filter(({ user, verb }) => user.username === 'reader' && verb === 'watch');
    return [...new Set(watches.map(({ objectRef }) => objectRef?.resource ?? ''))].toSorted();
  }

  /** Calls of the two identities that no printed rule names, or that were refused. */
  function beyondPrinted(): readonly string[] {
    const printed = new Set(
      neededRights(settings()).flatMap(({ purpose, group, resource, verbs }) =>
        verbs.map((verb) => `${purpose === 'read' ? 'reader' : 'writer'} ${verb} ${group}/${resource}`),
      ),
    );
    const calls = plane.audit().filter(({ user }) => ['reader', 'writer'].includes(user.username));
    expect(calls.length).toBeGreaterThan(20);
    return calls
      .filter(({ objectRef }) => !/^(authorization|authentication)\.k8s\.io$/.test(objectRef?.apiGroup ?? ''))
      .filter(({ user, verb, objectRef, responseStatus }) => {
        const call = `${user.username} ${verb} ${objectRef?.apiGroup ?? ''}/${objectRef?.resource}`;
        const inside =
          ['shop', 'store'].includes(objectRef?.namespace ?? '') && objectRef?.subresource === undefined;
        return !printed.has(call) || !inside || responseStatus?.code === 403;
      })
      .map(({ requestURI, verb, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code}`);
  }

  it('to watch are neither needed nor printed where nothing is to be followed', async () => {
    const quiet = { ...settings(), watch: false };
    expect(neededRights(quiet).filter(({ verbs }) => verbs.includes('watch'))).toEqual([]);
    expect((await checkKubernetes(quiet)).detail).toMatch(/more: .*watch/);
    const surroundings = { nowMs: Date.now, serviceOf: () => '', agents: noAgents };
    expect((await kubernetes.load()).watch?.(quiet, surroundings)).toBeNull();
  });

  it('are not everything: a proxy that holds a watch back is named', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'sentinel-kubernetes-proxy-'));
    const proxy = await startLossyServer(plane, dir, ['reader', 'writer']);
    try {
      // All of it answers at once, except a watch, which this proxy wants to have whole.
      const behind = { ...settings(), kubeconfig: proxy.kubeconfig, requestTimeoutSeconds: 10 };
      expect(await checkKubernetes(behind)).toMatchObject({
        detail: expect.stringMatching(/cannot be followed: watching \S+\/pods: no answer in time/),
      });
      expect((await checkKubernetes({ ...behind, watch: false })).detail).not.toMatch(/cannot be followed/);
    } finally {
      await proxy.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  describe('each of them is needed', () => {
    const all = neededRights({
      actions: ['restart', 'scale', 'rollback-release'],
      nodes: [],
      pauseOwners: undefined,
      watch: true,
    }).flatMap((right) =>
      right.verbs.map((verb) => ({ right, verb, title: `${verb} ${right.resource} (${right.purpose})` })),
    );

    it.each(all)('$title: doctor names it', async ({ right, verb }) => {
      const named = right.group === '' ? right.resource : `${right.resource}.${right.group}`;
      await without(right, verb, () =>
        titled(
          new RegExp(`missing rights in cluster main: ${verb} ${named} in shop \\(${right.purpose}\\)$`),
        ),
      );
    });

    it.each([
      ['patch', 'deployments', 'shop-deployment', {}],
      ['patch', 'statefulsets', 'shop-statefulset', {}],
      ['patch', 'daemonsets', 'shop-daemonset', {}],
      ['delete', 'pods', 'shop-deployment', { one: true }],
    ] as const)(
      'without %s %s no dry run succeeds, and the sentence names it',
      async (verb, resource, name, { one = false }: { one?: boolean }) => {
        const right = neededRights(settings()).find(
          (candidate) => candidate.purpose === 'write' && candidate.resource === resource,
        );
        if (right === undefined) throw new Error(`no right for ${resource}`);
        const executor = executorFor(plane, ['shop', 'store'], identities);
        const { target, replicas } = await stateOf(executor, name);
        const parameters: ActionParameters = one ? { taskId: replicas[0]?.id ?? '' } : {};
        const words = new RegExp(`cannot ${verb} resource "${resource}".*namespace "shop"`);
        await without(right, verb, async () => {
          await expect
            .poll(() => executor.preview({ action: 'restart', target, parameters }), { timeout: 200_000 })
            .toMatchObject({ ok: false, code: 'permission-denied', detail: expect.stringMatching(words) });
        });
      },
    );
  });

  it('beyond are a warning that names them', async () => {
    const role = { name: 'extra', namespace: 'shop' };
    await must(plane.admin, `${rbac('shop')}/roles`, {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: role },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }],
    });
    await must(plane.admin, `${rbac('shop')}/rolebindings`, {
      ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'extra' },
      subjects: [{ kind: 'User', name: 'writer', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    await titled(/and more: get, list secrets in shop \(write\)/);
    const body = { kind: 'DeleteOptions', apiVersion: 'v1' };
    await plane.admin.change({ method: 'DELETE', path: `${rbac('shop')}/rolebindings/extra`, body });
    await titled(/none beyond/);
  });

  describe('doctor names', () => {
    const detail = async (more: Parameters<typeof settingsFor>[2]) =>
      checkKubernetes(settingsFor(plane, ['shop'], { as: 'admin', ...more }));

    it('a context that is not there', async () => {
      expect(await detail({ readContext: 'nobody' })).toMatchObject({
        status: 'warning',
        detail: expect.stringMatching(/no context "nobody".*"reader"/),
      });
    });

    it('a token that is not accepted (any more)', async () => {
      const finding = await detail({ readTokenFile: plane.expiredTokenFile });
      expect(finding).toMatchObject({
        detail: expect.stringMatching(/does not accept the credentials \(401\)/),
        advice: expect.stringMatching(/replace the credentials/),
      });
      expect(JSON.stringify(finding)).not.toContain('expired-secret');
    });

    it('a namespace that is not there', async () => {
      const finding = await checkKubernetes(settingsFor(plane, ['shop', 'shpo'], { as: 'admin' }));
      expect(finding.detail).toBe('cluster main has no namespace shpo');
    });

    it('a server that cannot be reached, and a kubeconfig that is none', async () => {
      expect((await detail({ kubeconfig: plane.deadKubeconfig })).detail).toMatch(
        /connection failed \(ECONNREFUSED\)/,
      );
      expect((await detail({ kubeconfig: '/nowhere/kubeconfig' })).detail).toMatch(
        /cannot be read \(ENOENT\)/,
      );
    });
  });
});
