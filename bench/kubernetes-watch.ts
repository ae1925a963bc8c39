// Following a cluster: how many events of a watch are taken in a second, from the bytes that the API server sends to what is kept;
// what ten thousand pods of two hundred Deployments cost in memory; how long one look at all of them takes, and what it tells.
// No server: lists and watches are made here, as large as a real API server's. Prints one JSON line.
//
// node --expose-gc bench/kubernetes-watch.ts [--pods 10000] [--events 50000]

import { stdout } from 'node:process';
import { parseArgs } from 'node:util';
import type { Api } from '../adapters/kubernetes/api.ts';
import { settings } from '../adapters/kubernetes/settings.ts';
import { jsonLines } from '../adapters/kubernetes/watch/json-lines.ts';
import { createKubernetesReadings } from '../adapters/kubernetes/watch/readings.ts';

const { values } = parseArgs({
  options: { pods: { type: 'string', default: '10000' }, events: { type: 'string', default: '50000' } },
});
const pods = Number(values.pods);
const events = Number(values.events);
const deployments = 200;
const pageSize = 500;
const at = new Date().toISOString();

const metadata = (name: string, owner?: readonly [string, string]) => ({
  ...{
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    resourceVersion: '1',
    creationTimestamp: at,
    generation: 1,
  },
  labels: { app: name.split('-')[0], 'pod-template-hash': '5d4f8c7b9' },
  ...(owner === undefined
    ? {}
    : {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: owner[0], name: owner[1], uid: `uid-${owner[1]}`, controller: true },
        ],
      }),
  // About half of what a server sends of an object.
  managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: { filler: 'f:'.repeat(700) } }],
});
const template = {
  spec: {
    containers: [
      { name: 'main', image: 'registry.test/shop:v1', env: [{ name: 'A', value: 'x'.repeat(300) }] },
    ],
  },
};
const podOf = (index: number, restarts: number) => ({
  metadata: metadata(`s${index % deployments}-5d4f8c7b9-${index}`, [
    'ReplicaSet',
    `s${index % deployments}-5d4f8c7b9`,
  ]),
  spec: { ...template.spec, nodeName: `node-${index % 100}` },
  status: {
    phase: 'Running',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      ...{ type, status: 'True', lastProbeTime: null, lastTransitionTime: at },
    })),
    containerStatuses: [
      {
        ...{ name: 'main', restartCount: restarts, ready: true, image: 'registry.test/shop:v1' },
        state: { running: { startedAt: at } },
        ...(restarts === 0
          ? {}
          : {
              lastState: {
                terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: `${at}${restarts}` },
              },
            }),
      },
    ],
  },
});
const each = pods / deployments;
const workloadOf = (index: number) => ({
  metadata: metadata(`s${index}`),
  spec: { replicas: each, template },
  status: {
    observedGeneration: 1,
    replicas: each,
    updatedReplicas: each,
    readyReplicas: each,
    availableReplicas: each,
  },
});
const setOf = (index: number) => ({
  metadata: metadata(`s${index}-5d4f8c7b9`, ['Deployment', `s${index}`]),
  spec: { template },
});

function* itemsOf(plural: string): Generator<object> {
  if (plural === 'pods') for (let index = 0; index < pods; index += 1) yield podOf(index, 0);
  if (plural === 'deployments') for (let index = 0; index < deployments; index += 1) yield workloadOf(index);
  if (plural === 'replicasets') for (let index = 0; index < deployments; index += 1) yield setOf(index);
}

const started = Promise.withResolvers<void>();
const taken = Promise.withResolvers<void>();
let bytes = 0;

/** As it comes from the wire: parts that end anywhere. */
async function* wire(): AsyncGenerator<Uint8Array> {
  await started.promise;
  let part = '';
  for (let index = 0; index < events; index += 1) {
    part += `${JSON.stringify({ type: 'MODIFIED', object: podOf(index % pods, 1 + Math.floor(index / pods)) })}\n`;
    if (part.length < 64 * 1024) continue;
    bytes += part.length;
    yield Buffer.from(part);
    part = '';
  }
  bytes += part.length;
  yield Buffer.from(part);
}

const unasked = () => Promise.reject(new Error('nothing here asks that'));
const api: Api = {
  ...{ get: unasked, list: unasked, change: unasked },
  async *pages(path) {
    let items: unknown[] = [];
    for (const item of itemsOf(path.split('?')[0]?.split('/').at(-1) ?? '')) {
      items.push(JSON.parse(JSON.stringify(item)));
      if (items.length < pageSize) continue;
      yield { items, version: '1', serverMs: Date.now() };
      items = [];
    }
    yield { items, version: '1', serverMs: Date.now() };
  },
  async *watch(path, { opened }, signal) {
    opened();
    if (path.endsWith('/pods')) {
      yield* jsonLines(wire());
      taken.resolve();
    }
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
};

const heapBytes = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const signal = new AbortController().signal;
const given = { name: 'kube', ...settings.parse({ cluster: 'main', namespaces: ['shop'] }) };
const heapBefore = heapBytes();
const readings = createKubernetesReadings(
  given,
  { nowMs: () => Date.now(), serviceOf: ({ service }) => service },
  api,
);
const listedFrom = performance.now();
for (let listed = false; !listed; ) {
  listed = await readings.read('bench', signal).then(
    () => true,
    () => false,
  );
  if (!listed) await new Promise((resolve) => setTimeout(resolve, 20));
}
const listSeconds = (performance.now() - listedFrom) / 1_000;
const heapListed = heapBytes();
const lookFrom = performance.now();
const told = (await readings.read('bench', signal)).length;
const lookMs = performance.now() - lookFrom;
const eventsFrom = performance.now();
const cpuFrom = process.cpuUsage();
started.resolve();
await taken.promise;
const eventSeconds = (performance.now() - eventsFrom) / 1_000;
const { user, system } = process.cpuUsage(cpuFrom);
const heapAfter = heapBytes();
const megabytes = (value: number): number => Math.round((value / 1024 / 1024) * 10) / 10;
stdout.write(
  `${JSON.stringify({
    bench: 'kubernetes-watch',
    ...{ pods, deployments, events },
    listSeconds: Math.round(listSeconds * 100) / 100,
    lookMs: Math.round(lookMs),
    told,
    eventsPerSecond: Math.round(events / eventSeconds),
    eventsPerCpuSecond: Math.round(events / ((user + system) / 1e6)),
    megabytesOfEvents: megabytes(bytes),
    heapMegabytes: {
      listed: megabytes(heapListed - heapBefore),
      afterEvents: megabytes(heapAfter - heapBefore),
    },
    bytesPerPod: Math.round((heapListed - heapBefore) / pods),
    lines: (await readings.read('bench', signal)).filter(({ kind }) => kind === 'log').length,
  })}\n`,
);
await readings.close?.();
