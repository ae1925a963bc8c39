/** What is told of the objects of a cluster: each trouble in its words, and nothing of what is no trouble. */
import { afterEach, describe, expect, it } from 'vitest';
import { settings as schema } from '../../../../adapters/kubernetes/settings.ts';
import { usualPace } from '../../../../adapters/kubernetes/watch/follow.ts';
import { createKubernetesReadings } from '../../../../adapters/kubernetes/watch/readings.ts';
import type { Observation } from '../../../../domain/observation.ts';
import type { Readings } from '../../../../ingest/watched.ts';
import { eventually } from '../../../integration/support/wait.ts';
import { type ToldCluster, toldCluster } from '../../../support/kubernetes/told-cluster.ts';

const nowMs = 1_800_000_000_000;
const ago = (seconds: number) => new Date(nowMs - seconds * 1_000).toISOString();
const never = new AbortController().signal;

let readings: Readings | undefined;
afterEach(async () => {
  await readings?.close?.();
});

/** Has listed everything. */
async function look(cluster: ToldCluster, aheadMs = 0): Promise<readonly Observation[]> {
  const settings = { name: 'kube', ...schema.parse({ cluster: 'main', namespaces: ['shop'] }) };
  const serviceOf = ({ service }: { readonly service: string }) => service;
  readings ??= createKubernetesReadings(
    settings,
    { nowMs: () => nowMs - aheadMs, serviceOf },
    cluster.api,
    usualPace,
  );
  const its = readings;
  return eventually('the cluster to be listed', () => its.read('test', never));
}
const fresh = () => {
  readings = undefined;
  return toldCluster(nowMs);
};

const object = (name: string, more: object = {}) => ({
  metadata: {
    ...{ name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: ago(3_600) },
    ...{ labels: { app: name }, generation: 1 },
    ...more,
  },
});
const owned = (kind: string, name: string) => ({
  ownerReferences: [{ kind, name, uid: `uid-${name}`, controller: true }],
});
const pod = (name: string, status: object, more: object = {}) => ({
  ...object(name, more),
  spec: { containers: [{ name: 'main', image: 'a:1' }] },
  status: { phase: 'Pending', ...status },
});
const waiting = (reason: string, message = '', more: object = {}) => ({
  containerStatuses: [{ name: 'main', restartCount: 0, state: { waiting: { reason, message } }, ...more }],
});
const condition = (type: string, status: string, reason = '', message = '', seconds = 3_600) => ({
  conditions: [{ type, status, reason, message, lastTransitionTime: ago(seconds) }],
});
const deployment = (name: string, status: object, spec: object = {}) => ({
  ...object(name),
  spec: { replicas: 2, template: { spec: { containers: [{ name: 'main', image: 'a:1' }] } }, ...spec },
  status: {
    observedGeneration: 1,
    replicas: 2,
    updatedReplicas: 2,
    availableReplicas: 2,
    readyReplicas: 2,
    ...status,
  },
});

const titles = (seen: readonly Observation[]) =>
  seen.flatMap((one) => (one.kind === 'alert' ? [`${one.severity} ${one.scope.service}: ${one.title}`] : []));

describe('a trouble is told with its reason', () => {
  it.each<[string, string, readonly object[], string]>([
    [
      'an image that cannot be pulled',
      'pods',
      [pod('orders', waiting('ImagePullBackOff', 'manifest unknown'))],
      'warning orders: container main of pod orders does not start, the image cannot be pulled: ImagePullBackOff: manifest unknown',
    ],
    [
      'a container that cannot be made',
      'pods',
      [pod('orders', waiting('CreateContainerConfigError', 'secret "db" not found'))],
      'warning orders: container main of pod orders does not start, the container cannot be made: CreateContainerConfigError: secret "db" not found',
    ],
    [
      'a pod that finds no node',
      'pods',
      [pod('orders', condition('PodScheduled', 'False', 'Unschedulable', '0/3 nodes: insufficient memory'))],
      'warning orders: pod orders finds no node: 0/3 nodes: insufficient memory',
    ],
    [
      'a pod that does not get ready',
      'pods',
      [pod('orders', { phase: 'Running', ...condition('Ready', 'False', 'ContainersNotReady', '', 700) })],
      'warning orders: pod orders has not been ready for more than 10 min (Running)',
    ],
    [
      'a crash loop of an init container',
      'pods',
      [
        pod('orders', {
          initContainerStatuses: [
            {
              ...{ name: 'migrate', restartCount: 1, state: { waiting: { reason: 'CrashLoopBackOff' } } },
              lastState: { terminated: { exitCode: 1, reason: 'Error' } },
            },
          ],
        }),
      ],
      'warning orders: container migrate of pod orders is in a crash loop: Error, exit code 1, 1 restart',
    ],
    [
      'a rollout past its deadline',
      'deployments',
      [
        deployment('orders', {
          ...{ updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1 },
          ...condition('Progressing', 'False', 'ProgressDeadlineExceeded'),
        }),
      ],
      'warning orders: deployment orders: the rollout exceeded its progress deadline with 1 of 2 pods new, 1 ready, 1 old',
    ],
    [
      'a workload that may make no pods',
      'deployments',
      [
        deployment('orders', {
          ...{ replicas: 0, updatedReplicas: 0, availableReplicas: 0, readyReplicas: 0 },
          ...condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota: pods=10'),
        }),
      ],
      'critical orders: deployment orders cannot make its pods: exceeded quota: pods=10',
    ],
    [
      'an autoscaler at its maximum',
      'horizontalpodautoscalers',
      [
        {
          ...object('orders'),
          spec: { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, maxReplicas: 8 },
          status: condition('ScalingLimited', 'True', 'TooManyReplicas'),
        },
      ],
      'info orders: autoscaler orders is at its maximum of 8 replicas and wants more',
    ],
    [
      'a failed job',
      'jobs',
      [{ ...object('report'), status: condition('Failed', 'True', 'BackoffLimitExceeded', 'has failed') }],
      'warning report: job report failed: BackoffLimitExceeded: has failed',
    ],
  ])('%s', async (_, plural, items, title) => {
    const cluster = fresh();
    cluster.has(plural, ...items);
    expect(titles(await look(cluster))).toEqual([title]);
  });

  it('once for a workload, however many of its pods have it; critical when nothing of it works', async () => {
    const cluster = fresh();
    cluster.has('deployments', deployment('orders', { availableReplicas: 0, readyReplicas: 0 }));
    cluster.has('replicasets', {
      ...object('orders-1', owned('Deployment', 'orders')),
      spec: { template: { spec: { containers: [{ name: 'main', image: 'a:1' }] } } },
    });
    for (const name of ['a', 'b', 'c'])
      cluster.has('pods', pod(name, waiting('ErrImagePull'), owned('ReplicaSet', 'orders-1')));
    expect(titles(await look(cluster))).toEqual([
      'critical orders: container main of pod a does not start, the image cannot be pulled: ErrImagePull (and 2 more pods)',
    ]);
  });
});

describe('no trouble is', () => {
  it.each<[string, string, readonly object[]]>([
    [
      'an image that is asked for the first time',
      'pods',
      [pod('orders', waiting('ErrImagePull'), { creationTimestamp: ago(20) })],
    ],
    [
      'a pod that waits for a node for a minute',
      'pods',
      [pod('orders', condition('PodScheduled', 'False', 'Unschedulable', '', 60))],
    ],
    [
      'a pod that starts for five minutes',
      'pods',
      [pod('orders', { phase: 'Running', ...condition('Ready', 'False', '', '', 300) })],
    ],
    [
      'one that is being deleted',
      'pods',
      [pod('orders', waiting('CrashLoopBackOff'), { deletionTimestamp: ago(1) })],
    ],
    [
      'a failed job whose schedule has succeeded since',
      'jobs',
      [
        { ...object('one', owned('CronJob', 'report')), status: condition('Failed', 'True') },
        {
          ...object('two', { ...owned('CronJob', 'report'), creationTimestamp: ago(60) }),
          status: condition('Complete', 'True'),
        },
      ],
    ],
    [
      'an autoscaler at its minimum',
      'horizontalpodautoscalers',
      [
        {
          ...object('orders'),
          spec: { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, maxReplicas: 8 },
          status: condition('ScalingLimited', 'True', 'TooFewReplicas'),
        },
      ],
    ],
  ])('%s', async (_, plural, items) => {
    const cluster = fresh();
    cluster.has(plural, ...items);
    const seen = await look(cluster);
    expect(titles(seen)).toEqual([]);
  });

  it('a pod that seems old only because our clock is an hour ahead of the cluster', async () => {
    const cluster = fresh();
    cluster.has('pods', pod('orders', { phase: 'Running', ...condition('Ready', 'False', '', '', 300) }));
    expect(titles(await look(cluster, -3_600_000))).toEqual([]);
  });
});

describe('what is over when it is seen', () => {
  const warning = (name: string, count: number) => ({
    ...object(name),
    ...{ type: 'Warning', reason: 'Unhealthy', message: 'probe failed', count },
    involvedObject: { kind: 'Pod', name: 'orders' },
  });
  const bodies = (seen: readonly Observation[]) =>
    seen.flatMap((one) => (one.kind === 'log' ? [one.body] : []));

  it('an eviction and the repetitions of a warning become one line each', async () => {
    const cluster = fresh();
    cluster.has('pods', pod('orders', { phase: 'Running' }));
    cluster.has('events', warning('w', 3));
    expect(bodies(await look(cluster))).toEqual([]);
    const evicted = pod('orders', {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'the node was low on memory',
    });
    await cluster.tell('pods', { type: 'MODIFIED', object: evicted }, { type: 'MODIFIED', object: evicted });
    await cluster.tell('events', { type: 'MODIFIED', object: warning('w', 7) });
    await cluster.tell('events', { type: 'MODIFIED', object: warning('w', 7) });
    expect(bodies(await look(cluster))).toEqual([
      'pod orders was ended: Evicted: the node was low on memory',
      'Unhealthy of pod orders: probe failed (4 times)',
    ]);
    expect(bodies(await look(cluster))).toEqual([]);
  });

  it('of a storm of ten thousand the newest half is kept, and that the others went is said', async () => {
    const cluster = fresh();
    await look(cluster);
    const storm = Array.from({ length: 10_000 }, (_, at) => ({
      type: 'ADDED',
      object: warning(`w${at}`, at + 1),
    }));
    await cluster.tell('events', ...storm);
    expect(readings?.problem?.()).toBe('5000 lines and changes were dropped: too many at once');
    const told = bodies(await look(cluster));
    expect(told).toHaveLength(5_000);
    expect(told.at(-1)).toContain('(10000 times)');
  });

  it('an object that nobody can read is counted, and hides no other', async () => {
    const cluster = fresh();
    cluster.has('pods', { metadata: { name: 7 } }, pod('orders', waiting('ImagePullBackOff')));
    expect(titles(await look(cluster))).toHaveLength(1);
    expect(readings?.problem?.()).toBe('1 object was left out: too many, or unreadable');
  });
});

it('says until when all changes are told: not before the cluster is listed', async () => {
  const { api } = fresh();
  const settings = { name: 'kube', ...schema.parse({ cluster: 'main', namespaces: ['shop'] }) };
  const serviceOf = ({ service }: { readonly service: string }) => service;
  readings = createKubernetesReadings(settings, { nowMs: () => nowMs, serviceOf }, api, usualPace);
  const its = readings;
  await expect(its.read('test', never)).rejects.toThrow(/listed/);
  expect(its.changesUntilMs?.('test')).toBeNull();
  await eventually('the cluster to be listed', () => its.read('test', never));
  expect(its.changesUntilMs?.('test')).toBe(nowMs);
  expect(its.changesUntilMs?.('elsewhere')).toBeNull();
});
