/** What is wrong with a configured cluster or a target is named in one sentence, by doctor and when a plan is made. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkKubernetes } from '../../../adapters/kubernetes/doctor.ts';
import type { ActionParameters } from '../../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../../domain/remediation/actions/index.ts';
import type { RefusalCode } from '../../../domain/remediation/refusal-code.ts';
import { type Cluster, clusterAt } from '../../support/kubernetes/control-plane.ts';
import { describeWithCluster } from '../../support/kubernetes/shared-cluster.ts';
import {
  createNamespace,
  deploy,
  environment,
  executorFor,
  settingsFor,
} from '../../support/kubernetes/workloads.ts';

const namespace = 'depot';
const orders = `kubernetes/main/${namespace}/deployment/orders`;

await describeWithCluster('bad input for Kubernetes', (info) => {
  let plane: Cluster;
  let dir: string;

  beforeAll(async () => {
    plane = clusterAt(info);
    dir = mkdtempSync(join(tmpdir(), 'sentinel-bad-input-'));
    writeFileSync(join(dir, 'empty'), '\n');
    writeFileSync(join(dir, 'text'), 'no kubeconfig at all');
    await createNamespace(plane.admin, namespace);
    await deploy(plane.admin, namespace, 'orders', { replicas: 1 });
  }, 240_000);
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
  });

  type Settings = Parameters<typeof settingsFor>[2];
  /** What differs from one run to the next. */
  const shown = (text: string) =>
    text
      .replaceAll(plane.kubeconfig, 'KUBECONFIG')
      .replaceAll(plane.expiredTokenFile, 'TOKEN')
      .replaceAll(dir, 'DIR');
  async function preview(more: Settings, resource: string, action: ActionId) {
    const target = { environment, service: 'orders', resource };
    const parameters: ActionParameters = action === 'scale' ? { replicas: 2 } : {};
    const answer = await executorFor(plane, [namespace], more).preview({ action, target, parameters });
    return answer.ok ? answer : { code: answer.code, detail: shown(answer.detail) };
  }
  async function doctor(more: Settings) {
    const { status, detail, advice } = await checkKubernetes(settingsFor(plane, [namespace], more));
    return { status, detail: shown(detail), advice };
  }

  const otherContexts = 'it has "admin", "reader", "writer", "stranger", "gitops"';
  const noContext = `the kubeconfig KUBECONFIG has no context "nobody"; ${otherContexts}`;
  const rejected =
    'the API server does not accept the credentials (401): the token may have expired; replace it';
  const credentials = 'Correct or replace the credentials; files are read again every minute.';
  const rights =
    'Grant them: "sentinel executor permissions kube --format rbac" prints exactly what is needed.';
  const reading = `cluster main: reading /api/v1/namespaces/${namespace}`;
  const asking = 'cluster main: asking what the identity for changes may do';

  type Row = {
    readonly title: string;
    readonly more: () => Settings;
    readonly code: RefusalCode;
    /** How the sentence of the plan ends: several readings go out at once, and any of them may be the first to fail. */
    readonly ends: string;
    readonly doctor: string;
    readonly advice: string;
  };
  const wrongCredentials = (
    purpose: 'read' | 'write',
    title: string,
    more: () => Settings,
    sentence: string,
  ): Row => ({
    ...{ title, more, code: 'expired-credentials', ends: `: ${sentence}`, advice: credentials },
    doctor: `${purpose === 'read' ? reading : asking}: ${sentence}`,
  });

  describe('a set-up that is wrong is named by doctor, and before a plan is offered', () => {
    const rows: readonly Row[] = [
      wrongCredentials('read', 'a context for reading', () => ({ readContext: 'nobody' }), noContext),
      wrongCredentials('write', 'a context for changes', () => ({ writeContext: 'nobody' }), noContext),
      wrongCredentials(
        'read',
        'an expired token for reading',
        () => ({ readTokenFile: plane.expiredTokenFile }),
        rejected,
      ),
      wrongCredentials(
        'write',
        'an expired token for changes',
        () => ({ writeTokenFile: plane.expiredTokenFile }),
        rejected,
      ),
      wrongCredentials(
        'read',
        'a token file without a token',
        () => ({ readTokenFile: join(dir, 'empty') }),
        'the token file DIR/empty holds no token',
      ),
      wrongCredentials(
        'write',
        'a token file that is not there',
        () => ({ writeTokenFile: join(dir, 'gone') }),
        'the token file DIR/gone cannot be read (ENOENT)',
      ),
      wrongCredentials(
        'read',
        'a kubeconfig that is not there',
        () => ({ kubeconfig: join(dir, 'gone') }),
        'the kubeconfig DIR/gone cannot be read (ENOENT)',
      ),
      wrongCredentials(
        'read',
        'a file that is no kubeconfig',
        () => ({ kubeconfig: join(dir, 'text') }),
        'the kubeconfig DIR/text has no context "admin"; it has none',
      ),
      {
        title: 'an API server that is not there',
        more: () => ({ kubeconfig: plane.deadKubeconfig }),
        code: 'unreachable',
        ends: ': the connection failed (ECONNREFUSED)',
        doctor: `${reading}: the connection failed (ECONNREFUSED)`,
        advice: "Check the server's address in the kubeconfig, and the way there.",
      },
      {
        title: 'no right to read',
        more: () => ({ as: 'reader', writeContext: 'admin', actions: ['scale'] }),
        code: 'permission-denied',
        ends: 'in the namespace "depot"',
        doctor: 'missing rights in cluster main: get namespaces in depot (read); get pods in depot (read); ',
        advice: rights,
      },
      {
        title: 'no right to change',
        more: () => ({ writeContext: 'writer', actions: ['scale'] }),
        code: 'permission-denied',
        ends: 'User "writer" cannot patch resource "deployments" in API group "apps" in the namespace "depot"',
        doctor: 'missing rights in cluster main: patch deployments.apps in depot (write); ',
        advice: rights,
      },
    ];

    it.each(rows)('$title', async ({ more, code, ends, ...said }) => {
      expect(await preview(more(), orders, 'scale')).toEqual({
        code,
        detail: expect.stringMatching(new RegExp(`${escaped(ends)}$`)),
      });
      const finding = await doctor(more());
      expect(finding).toMatchObject({ status: 'warning', advice: said.advice });
      // Of rights that are missing the first ones say enough.
      if (said.advice === rights) expect(finding.detail.slice(0, said.doctor.length)).toBe(said.doctor);
      else expect(finding.detail).toBe(said.doctor);
      expect(JSON.stringify(finding)).not.toContain('expired-secret');
    });
  });

  describe('a target that is not there, or not the business of this executor, is named before a plan is offered', () => {
    const nodes: Settings = { nodes: ['node-*'], actions: ['cordon'] };
    it.each<readonly [string, ActionId, Settings, RefusalCode, string]>([
      [
        'kubernetes/other/depot/deployment/orders',
        'restart',
        {},
        'unknown-target',
        '"kubernetes/other/depot/deployment/orders" is no workload of cluster main',
      ],
      [
        'kubernetes/main/bank/deployment/orders',
        'restart',
        {},
        'unknown-target',
        "namespace bank is not one of the executor's: depot",
      ],
      [
        'kubernetes/main/depot/deployment/order',
        'restart',
        {},
        'unknown-target',
        'there is no deployment order in namespace depot: it was renamed, moved or deleted',
      ],
      [
        'kubernetes/main/depot/statefulset/orders',
        'restart',
        {},
        'unknown-target',
        'there is no statefulset orders in namespace depot: it was renamed, moved or deleted',
      ],
      [
        'kubernetes/main/_/node/node-z',
        'cordon',
        nodes,
        'unknown-target',
        'there is no node node-z: it was renamed, moved or deleted',
      ],
      [
        'kubernetes/main/_/node/other',
        'cordon',
        nodes,
        'unknown-target',
        "node other is not one of the executor's: node-* (executors[].nodes)",
      ],
      [orders, 'cordon', nodes, 'not-supported', 'it cannot cordon a workload'],
      [
        orders,
        'scale',
        { actions: ['restart'] },
        'not-supported',
        'executor kube is not configured to scale (executors[].actions)',
      ],
      [
        orders,
        'pause-sync',
        {},
        'not-supported',
        'executor kube is not configured to pause-sync (executors[].pauseOwners)',
      ],
    ])('%s, %s', async (resource, action, more, code, detail) => {
      expect(await preview(more, resource, action)).toEqual({ code, detail });
    });
  });
});

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
