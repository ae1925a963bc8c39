/** A rollout of fifty pods whose worker is killed again and again: one effect, and it is told right. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { podsPath, replicaSetsPath } from '../../../adapters/kubernetes/kinds.ts';
import { restartAnnotation } from '../../../adapters/kubernetes/marks.ts';
import { allOf, pod, replicaSet, type Workload } from '../../../adapters/kubernetes/objects.ts';
import { eventually } from '../../integration/support/wait.ts';
import { type Cluster, clusterAt } from '../../support/kubernetes/control-plane.ts';
import type { Recorded } from '../../support/kubernetes/rollout-worker.ts';
import { describeWithCluster } from '../../support/kubernetes/shared-cluster.ts';
import {
  createNamespace,
  deploy,
  executorFor,
  intentFor,
  read,
  settingsFor,
  stateOf,
} from '../../support/kubernetes/workloads.ts';

const namespace = 'many';
const worker = join(import.meta.dirname, '../../support/kubernetes/rollout-worker.ts');

/** How many templates it has had, as its controller counts. */
const revisionOf = ({ metadata }: Workload) => metadata.annotations['deployment.kubernetes.io/revision'];

await describeWithCluster('a rollout whose worker is killed', (info) => {
  let plane: Cluster;
  const dir = mkdtempSync(join(tmpdir(), 'sentinel-rollout-'));

  beforeAll(async () => {
    plane = clusterAt(info);
    await createNamespace(plane.admin, namespace);
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true, force: true });
  });

  it('makes every one of fifty pods new once', async () => {
    await deploy(plane.admin, namespace, 'orders', { replicas: 50 });
    const state = await stateOf(executorFor(plane, [namespace]), 'orders');
    const before = await read(plane.admin, namespace, 'orders');
    const intent = intentFor(state, 'restart', {});
    const file = join(dir, 'record.json');
    writeFileSync(file, JSON.stringify({ sends: 0, told: [] } satisfies Recorded));
    const recorded = () => JSON.parse(readFileSync(file, 'utf8')) as Recorded;
    const start = (): ChildProcess =>
      spawn(
        process.execPath,
        [worker, file, JSON.stringify(settingsFor(plane, [namespace])), JSON.stringify(intent)],
        { stdio: ['ignore', 'ignore', 'inherit'] },
      );
    const fresh = async () =>
      allOf(pod, await plane.admin.list(podsPath(namespace))).filter(
        ({ metadata }) => metadata.annotations[restartAnnotation] === intent.id,
      ).length;

    // Right after it wrote down that it sends, then while more and more pods are new.
    const moments = [
      ['a send', async () => recorded().sends > 0],
      ...[5, 20, 35].map((count) => [`${count} new pods`, async () => (await fresh()) >= count] as const),
    ] as const;
    for (const [what, come] of moments) {
      const child = start();
      await eventually(what, come, 200_000);
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
      expect(recorded().end).toBeUndefined();
    }
    const last = start();
    const gone = new Promise((resolve) => last.once('exit', resolve));
    await gone;

    expect(recorded().end).toMatchObject({ kind: 'done' });
    const after = await read(plane.admin, namespace, 'orders');
    // One new template, one new replica set, fifty new pods and none too many.
    expect([revisionOf(before), revisionOf(after)]).toEqual(['1', '2']);
    expect(allOf(replicaSet, await plane.admin.list(replicaSetsPath(namespace)))).toHaveLength(2);
    expect(after.status).toMatchObject({ replicas: 50, updatedReplicas: 50, readyReplicas: 50 });
    expect(await fresh()).toBe(50);
  });
});
