/** What a real cluster does, as incidents: a crash loop is one and says why; an ordinary rollout, however slow, is none. */
import { afterEach, beforeAll, expect, it } from 'vitest';
import { podsPath, workloadsPath } from '../../../../adapters/kubernetes/kinds.ts';
import { eventually } from '../../../integration/support/wait.ts';
import { type Cluster, clusterAt } from '../../../support/kubernetes/control-plane.ts';
import { holdPods } from '../../../support/kubernetes/played-nodes.ts';
import { describeWithCluster } from '../../../support/kubernetes/shared-cluster.ts';
import {
  anomaliesIn,
  changesIn,
  linesOf,
  startWatching,
  type Watching,
} from '../../../support/kubernetes/watching.ts';
import {
  createNamespace,
  deploy,
  manifest,
  must,
  patch,
  settingsFor,
  settled,
} from '../../../support/kubernetes/workloads.ts';

await describeWithCluster('incidents of a Kubernetes cluster', (info) => {
  let plane: Cluster;
  let watching: Watching | undefined;
  beforeAll(() => {
    plane = clusterAt(info);
  });
  afterEach(async () => {
    await watching?.stop();
    watching = undefined;
  });

  const start = (namespace: string, more: object = {}): Watching => {
    watching = startWatching(settingsFor(plane, [namespace], more), plane.admin);
    return watching;
  };
  const image = (tag: string) => ({
    spec: { template: { spec: { containers: [{ name: 'main', image: `registry.test/shop:${tag}` }] } } },
  });

  it('a pod in a crash loop opens one that says how its container ends, of the service by its label', async () => {
    await createNamespace(plane.admin, 'crash');
    await deploy(plane.admin, 'crash', 'orders', {
      replicas: 2,
      metadata: { labels: { 'app.kubernetes.io/name': 'shop-orders' } },
    });
    const its = start('crash');
    await its.looks(3);
    expect(its.items).toEqual([]);
    await patch(plane.admin, 'crash', 'orders', image('crashing'));
    await eventually('the crash loop to be seen', async () => {
      await its.looks(1);
      return anomaliesIn(its.items).length > 0;
    });
    expect(anomaliesIn(its.items)).toMatchObject([
      {
        scope: { environment: 'test', service: 'shop-orders' },
        title: expect.stringMatching(
          /container main of pod orders-\S+ is in a crash loop: OOMKilled, exit code 137, 7 restarts/,
        ),
      },
    ]);
    expect(its.starter.incidents.size).toBe(1);
    expect(linesOf(its.seen).filter((line) => line.includes('OOMKilled, exit code 137'))).toHaveLength(1);
    // The release before is what it is explained by.
    expect(changesIn(its.items)).toEqual(['orders v1 → crashing']);
    await its.looks(5);
    expect(anomaliesIn(its.items)).toHaveLength(1);
  });

  it('a series of events that goes on is one alert of its workload, and over when it does not go on', async () => {
    await createNamespace(plane.admin, 'mounts');
    await deploy(plane.admin, 'mounts', 'orders', { replicas: 1 });
    const [pod] = (await plane.admin.list(podsPath('mounts'))) as {
      metadata: { name: string; uid: string };
    }[];
    const its = start('mounts');
    await its.looks(2);
    const path = '/apis/events.k8s.io/v1/namespaces/mounts/events';
    const now = () => new Date().toISOString().replace('Z', '000Z');
    const event = {
      ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'mounts', namespace: 'mounts' } },
      ...{ type: 'Warning', reason: 'FailedMount', note: 'secret "orders" not found', action: 'Mount' },
      ...{ eventTime: now(), reportingController: 'kubelet', reportingInstance: 'node-1' },
      regarding: { kind: 'Pod', namespace: 'mounts', name: pod?.metadata.name, uid: pod?.metadata.uid },
    };
    await must(plane.admin, path, event);
    await its.looks(2);
    expect(anomaliesIn(its.items)).toEqual([]);
    const series = { count: 4, lastObservedTime: now() };
    const changed = await plane.admin.change({ method: 'PATCH', path: `${path}/mounts`, body: { series } });
    expect(changed).toMatchObject({ kind: 'ok' });
    await eventually('the alert', async () => {
      await its.looks(1, 1_000);
      return anomaliesIn(its.items).length > 0;
    });
    expect(anomaliesIn(its.items)).toMatchObject([
      {
        scope: { service: 'orders' },
        title: `FailedMount of pod ${pod?.metadata.name}, 4 times: secret "orders" not found`,
      },
    ]);
    await its.looks(14, 60_000);
    expect(anomaliesIn(its.items).map(({ state }) => state)).toEqual(['firing', 'cleared']);
  });

  it('a rollout of five replicas opens none, even when it stands half-way for minutes; it is a release, told once', async () => {
    await createNamespace(plane.admin, 'calm');
    await deploy(plane.admin, 'calm', 'orders', { replicas: 5 });
    const its = start('calm');
    await its.looks(12);
    await holdPods(plane.admin, 'calm', true);
    await patch(plane.admin, 'calm', 'orders', image('v2'));
    await eventually('new pods beside fewer old ones', async () => {
      const pods = (await plane.admin.list(podsPath('calm'))) as {
        metadata: { deletionTimestamp?: string };
      }[];
      return pods.length > 5 && pods.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
    });
    // By the clock of Sentinel three minutes, with four of five ready.
    await its.looks(18);
    await holdPods(plane.admin, 'calm', false);
    await settled(plane.admin, 'calm', 'orders');
    await its.looks(12);
    expect(anomaliesIn(its.items)).toEqual([]);
    expect(its.starter.incidents.size).toBe(0);
    expect(changesIn(its.items)).toEqual(['orders v1 → v2']);
    const available = its.seen.flatMap((one) =>
      one.kind === 'gauge' && one.metric === 'container.replicas.available' ? [one.value] : [],
    );
    // What kept quiet about it was no blindness.
    expect(available).toContain(4);
    await its.stop();
    // Whoever comes later finds the same release under the same name, and stores it once.
    const later = start('calm');
    await later.looks(2);
    expect(changesIn(later.items)).toEqual(['orders v1 → v2']);
    const ids = [its, later].map(({ items }) =>
      items.flatMap(({ kind, id }) => (kind === 'change' ? [id] : [])),
    );
    expect(ids[1]).toEqual(ids[0]);
    expect(anomaliesIn(later.items)).toEqual([]);
  });

  it('replicas that are missing without a rollout open one', async () => {
    await createNamespace(plane.admin, 'lost');
    await deploy(plane.admin, 'lost', 'orders', { replicas: 3 });
    const its = start('lost');
    await its.looks(12);
    await holdPods(plane.admin, 'lost', true);
    const [pod] = (await plane.admin.list(podsPath('lost'))) as { metadata: { name: string } }[];
    await plane.admin.change({
      method: 'DELETE',
      path: `${podsPath('lost')}/${pod?.metadata.name}`,
      body: {},
    });
    await eventually('an incident', async () => {
      await its.looks(6);
      return its.starter.incidents.size > 0;
    });
    expect(anomaliesIn(its.items)[0]?.summary ?? '').toMatch(/2 of 3 replicas/);
  });

  it('a node that is not ready is told with the reason; nodes that are not named are not looked at', async () => {
    await createNamespace(plane.admin, 'nodes');
    const its = start('nodes', { nodes: ['node-a'], actions: ['cordon', 'uncordon'] });
    await its.looks(1);
    const say = async (conditions: readonly object[]): Promise<void> => {
      for (const name of ['node-a', 'node-b']) {
        const path = `/api/v1/nodes/${name}/status`;
        const body = { status: { conditions } };
        expect(await plane.admin.change({ method: 'PATCH', path, body })).toMatchObject({ kind: 'ok' });
      }
    };
    await say([
      { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'the runtime is down' },
      { type: 'MemoryPressure', status: 'True', reason: 'KubeletHasInsufficientMemory' },
    ]);
    await eventually('both troubles', async () => {
      await its.looks(1);
      return anomaliesIn(its.items).length >= 2;
    });
    expect(anomaliesIn(its.items).map(({ scope, title }) => [scope.service, title])).toEqual([
      ['node-a', 'node node-a is not ready: KubeletNotReady: the runtime is down'],
      ['node-a', 'node node-a is short of memory: KubeletHasInsufficientMemory'],
    ]);
    // They are the other test files', too.
    await say([
      { type: 'Ready', status: 'True' },
      { type: 'MemoryPressure', status: 'False' },
    ]);
  });

  it('what somebody writes into a namespace is text: no secret, no control sequence, no other target', async () => {
    await createNamespace(plane.admin, 'hostile');
    await must(plane.admin, workloadsPath('hostile', 'deployment'), manifest('orders', { replicas: 0 }));
    const its = start('hostile');
    await its.looks(1);
    const metadata = {
      name: 'evil',
      labels: { app: 'evil' },
      ownerReferences: [
        {
          ...{ apiVersion: 'v1', kind: 'deployment/orders', name: '../../orders', uid: 'u' },
          controller: true,
        },
      ],
    };
    await must(plane.admin, podsPath('hostile'), {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata },
      spec: { containers: [{ name: 'main', image: 'a:crashing' }] },
    });
    await must(plane.admin, '/api/v1/namespaces/hostile/events', {
      ...{
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'evil' },
        type: 'Warning',
        reason: 'Bad\u001b[31m',
      },
      involvedObject: { kind: 'Pod/../x', name: '__proto__', namespace: 'hostile' },
      // A token that is cut in the middle: its first half has no shape any more.
      message: `password=hunter2secret \u202e${'x '.repeat(130)}ghp_${'a1B2c3D4e5F6'.repeat(3)}`,
    });
    await eventually('both to be seen', async () => {
      await its.looks(1);
      return anomaliesIn(its.items).length > 0 && linesOf(its.seen).some((line) => line.startsWith('Bad'));
    });
    expect(anomaliesIn(its.items)).toMatchObject([{ scope: { service: 'evil' } }]);
    const stored = JSON.stringify([its.items, its.observed]);
    expect(stored).not.toContain('hunter2secret');
    expect(stored).not.toMatch(/\\u001b|\\u202e|\u202e|deployment\/orders|ghp_a1/);
    expect(Math.max(...linesOf(its.observed).map((line) => line.length))).toBeLessThan(500);
  });
});
