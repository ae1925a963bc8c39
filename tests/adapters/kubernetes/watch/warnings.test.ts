/** Warning events as alerts: which become one, what it says, when it is over, and what is not said twice. */
import { afterEach, expect, it } from 'vitest';
import { type KubernetesSettings, settings as schema } from '../../../../adapters/kubernetes/settings.ts';
import { usualPace } from '../../../../adapters/kubernetes/watch/follow.ts';
import { createKubernetesReadings } from '../../../../adapters/kubernetes/watch/readings.ts';
import type { Readings } from '../../../../ingest/watched.ts';
import { eventually } from '../../../integration/support/wait.ts';
import { toldCluster } from '../../../support/kubernetes/told-cluster.ts';

const startMs = 1_800_000_000_000;
const minute = 60_000;
const never = new AbortController().signal;

let readings: Readings | undefined;
afterEach(async () => {
  await readings?.close?.();
});

function stage(warnings: KubernetesSettings['warnings'] | undefined = undefined, aheadMs = 0) {
  const clock = { nowMs: startMs };
  const cluster = toldCluster(startMs + aheadMs);
  const given = schema.parse({
    cluster: 'main',
    namespaces: ['shop'],
    ...(warnings === undefined ? {} : { warnings }),
  });
  readings = createKubernetesReadings(
    { name: 'kube', ...given },
    { nowMs: () => clock.nowMs, serviceOf: ({ service }) => service },
    cluster.api,
    usualPace,
  );
  const its = readings;
  return {
    cluster,
    clock,
    look: async () => {
      const seen = await eventually('the cluster to be listed', () => its.read('test', never));
      return seen.flatMap((one) =>
        one.kind === 'alert' ? [`${one.severity} ${one.scope.service}: ${one.title}`] : [],
      );
    },
  };
}

const metadata = (name: string, more: object = {}) => ({
  ...{ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1' },
  ...{ creationTimestamp: new Date(startMs - 60 * minute).toISOString(), generation: 1, ...more },
});
const owner = (kind: string, name: string) => ({
  ownerReferences: [{ kind, name, uid: `uid-${name}`, controller: true }],
});
const deployment = {
  metadata: metadata('orders', { labels: { app: 'orders' } }),
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'main', image: 'a:1' }] } } },
  status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 },
};
const set = {
  metadata: metadata('orders-a', owner('Deployment', 'orders')),
  spec: { replicas: 2, template: deployment.spec.template },
};
const well = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
const pod = (name: string, status: object = well) => ({
  metadata: metadata(name, owner('ReplicaSet', 'orders-a')),
  spec: { containers: [{ name: 'main', image: 'a:1' }] },
  status,
});
const event = (name: string, count: number, atMs: number, more: object = {}) => ({
  metadata: metadata(name),
  ...{ type: 'Warning', reason: 'FailedMount', message: 'no such secret', count },
  ...{ firstTimestamp: new Date(atMs - minute).toISOString(), lastTimestamp: new Date(atMs).toISOString() },
  involvedObject: { kind: 'Pod', name: 'orders-1', uid: 'uid-orders-1' },
  ...more,
});
const workload = (cluster: ReturnType<typeof stage>['cluster']) => {
  cluster.has('deployments', deployment);
  cluster.has('replicasets', set);
  cluster.has('pods', pod('orders-1'), pod('orders-2'));
};
const second = { involvedObject: { kind: 'Pod', name: 'orders-2', uid: 'uid-orders-2' } };

it('those of one reason and workload are one alert with how often, and it ends when there is none for its time', async () => {
  const { cluster, clock, look } = stage();
  workload(cluster);
  expect(await look()).toEqual([]);
  const tell = (object: object) => cluster.tell('events', { type: 'MODIFIED', object });
  await tell(event('a', 2, clock.nowMs));
  expect(await look()).toEqual([]);
  await tell(event('b', 1, clock.nowMs, second));
  expect(await look()).toEqual([
    'warning orders: FailedMount of pod orders-2 (and 1 more), 3 times: no such secret',
  ]);
  clock.nowMs += 9 * minute;
  await tell(event('a', 4, clock.nowMs));
  expect(await look()).toEqual([
    'warning orders: FailedMount of pod orders-1 (and 1 more), 5 times: no such secret',
  ]);
  clock.nowMs += 2 * minute;
  await tell(event('a', 5, clock.nowMs));
  expect(await look()).toEqual(['warning orders: FailedMount of pod orders-1, 3 times: no such secret']);
  clock.nowMs += 10 * minute;
  expect(await look()).toEqual([]);
});

it('a pod that is gone was of its workload', async () => {
  const { cluster, clock, look } = stage();
  workload(cluster);
  await look();
  await cluster.tell('events', { type: 'ADDED', object: event('a', 3, clock.nowMs) });
  expect(await look()).toHaveLength(1);
  await cluster.tell('pods', { type: 'DELETED', object: pod('orders-1') });
  expect(await look()).toEqual(['warning orders: FailedMount of pod orders-1, 3 times: no such secret']);
});

it('a series of events.k8s.io is counted by the series, at its own time', async () => {
  const { cluster, clock, look } = stage();
  workload(cluster);
  await look();
  const series = (count: number) => ({
    ...event('a', 0, 0, { count: undefined, firstTimestamp: null, lastTimestamp: null }),
    eventTime: new Date(clock.nowMs - 5 * minute).toISOString(),
    series: { count, lastObservedTime: new Date(clock.nowMs).toISOString() },
  });
  await cluster.tell('events', { type: 'ADDED', object: series(2) }, { type: 'MODIFIED', object: series(6) });
  expect(await look()).toEqual(['warning orders: FailedMount of pod orders-1, 6 times: no such secret']);
});

it('of what was there before only what goes on counts, by the clock of the cluster', async () => {
  const aheadMs = 3 * 60 * minute;
  const { cluster, look } = stage(undefined, aheadMs);
  workload(cluster);
  cluster.has('events', event('old', 50, startMs + aheadMs - 11 * minute, { reason: 'Evicted' }));
  cluster.has('events', event('new', 50, startMs + aheadMs - 9 * minute));
  // Ten hours of it are in the number; six a hour are not five in ten minutes.
  const tenHours = { firstTimestamp: new Date(startMs + aheadMs - 600 * minute).toISOString() };
  cluster.has('events', event('rare', 60, startMs + aheadMs, { ...tenHours, reason: 'Unhealthy' }));
  expect(await look()).toEqual(['warning orders: FailedMount of pod orders-1, 50 times: no such secret']);
});

it('what a condition of the same workload tells is not said twice', async () => {
  const { cluster, clock, look } = stage();
  workload(cluster);
  await look();
  const object = event('a', 20, clock.nowMs, { reason: 'BackOff', message: 'restarting' });
  await cluster.tell('events', { type: 'ADDED', object });
  expect(await look()).toEqual(['warning orders: BackOff of pod orders-1, 20 times: restarting']);
  const loop = {
    phase: 'Running',
    containerStatuses: [
      { name: 'main', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
  };
  await cluster.tell('pods', { type: 'MODIFIED', object: pod('orders-1', loop) });
  expect(await look()).toEqual([
    'warning orders: container main of pod orders-1 is in a crash loop, 3 restarts',
  ]);
});

it('one’s own reasons come first, and can be turned off', async () => {
  const warnings = {
    reasons: { FailedMount: { least: 1, severity: 'critical' as const }, 'Failed*': false as const },
  };
  const { cluster, clock, look } = stage(warnings);
  workload(cluster);
  await look();
  await cluster.tell(
    'events',
    { type: 'ADDED', object: event('a', 1, clock.nowMs) },
    { type: 'ADDED', object: event('b', 99, clock.nowMs, { reason: 'FailedCreate' }) },
  );
  expect(await look()).toEqual(['critical orders: FailedMount of pod orders-1: no such secret']);
});

it('none become alerts where that is off', async () => {
  const { cluster, clock, look } = stage(false);
  workload(cluster);
  await look();
  await cluster.tell('events', { type: 'ADDED', object: event('a', 99, clock.nowMs) });
  expect(await look()).toEqual([]);
});
