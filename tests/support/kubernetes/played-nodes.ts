/**
 * Nodes without machines: what the kubelet would say of a pod is written into its status. A pod becomes ready at once, unless the
 * tag of its image says otherwise: `never-ready` stays as it is, `crashing` restarts for ever. A deleted pod ends at once. In a
 * namespace that is held (`holdPods`) no pod becomes ready or ends.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../../../adapters/kubernetes/api.ts';
import { podPath } from '../../../adapters/kubernetes/kinds.ts';
import { allOf, pod } from '../../../adapters/kubernetes/objects.ts';

export interface PlayedNodes {
  stop(): Promise<void>;
}

/** It is said in the cluster itself: who plays the nodes may be another process. */
const heldLabel = 'played-nodes-hold';

export async function holdPods(admin: Api, namespace: string, held: boolean): Promise<void> {
  const body = { metadata: { labels: { [heldLabel]: held ? 'true' : null } } };
  const changed = await admin.change({ method: 'PATCH', path: `/api/v1/namespaces/${namespace}`, body });
  if (changed.kind !== 'ok') throw new Error(`holding the pods of ${namespace}: ${changed.reason}`);
}

/** Changes come in bursts; and what failed, because something else changed it, is tried again. */
const gatherMs = 50;
const againMs = 500;
const room = { cpu: '64', memory: '256Gi', pods: '500' };

export async function playNodes(admin: Api, names: readonly string[]): Promise<PlayedNodes> {
  for (const name of names) {
    const made = await admin.change({
      method: 'POST',
      path: '/api/v1/nodes',
      body: {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name, labels: { 'kubernetes.io/hostname': name } },
        status: { capacity: room, allocatable: room, conditions: [{ type: 'Ready', status: 'True' }] },
      },
    });
    if (made.kind !== 'ok') throw new Error(`node ${name}: ${made.reason}`);
  }
  const stopping = new AbortController();
  let changed = Promise.withResolvers<void>();
  const nudge = (): void => changed.resolve();
  const play = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await changed.promise;
      await pause(gatherMs);
      changed = Promise.withResolvers<void>();
      const done = await step(admin).catch(() => false);
      if (!done) setTimeout(nudge, againMs).unref();
    }
  };
  const working = [
    play(),
    ...[podsPath, heldPath].map((path) => follow(admin, path, nudge, stopping.signal)),
  ];
  return {
    async stop() {
      stopping.abort();
      nudge();
      await Promise.all(working);
    },
  };
}

const podsPath = '/api/v1/pods';
const heldPath = `/api/v1/namespaces?labelSelector=${heldLabel}`;

/** Says so whenever something changes at a path. */
async function follow(admin: Api, path: string, changed: () => void, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    try {
      let version = '';
      for await (const page of admin.pages(path, stop)) version = page.version;
      changed();
      for await (const _ of admin.watch(path, { version, seconds: 300, opened: () => {} }, stop)) changed();
    } catch {
      if (!stop.aborted) await pause(againMs);
    }
  }
}

/** False when something could not be done. */
async function step(admin: Api): Promise<boolean> {
  const pods = allOf(pod, await admin.list(podsPath));
  // Asked after the pods: what is held before they were listed is held here.
  const held = new Set(namesOf(await admin.list(heldPath)));
  const due = pods.map(async (one) => {
    const { metadata, status } = one;
    if (held.has(metadata.namespace)) return true;
    const spec = one.spec as unknown as {
      readonly nodeName: string;
      readonly containers: readonly { name: string; image: string }[];
    };
    const path = podPath(metadata.namespace, metadata.name);
    if (metadata.deletionTimestamp !== undefined) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
      return (await admin.change({ method: 'DELETE', path, body })).kind === 'ok';
    }
    if (spec.nodeName === '' || status.phase !== 'Pending') return true;
    const tag = spec.containers[0]?.image.split(':').at(-1);
    if (tag === 'never-ready') return true;
    const body = { status: tag === 'crashing' ? crashing(spec.containers) : healthy(spec.containers) };
    return (await admin.change({ method: 'PATCH', path: `${path}/status`, body })).kind === 'ok';
  });
  return (await Promise.all(due)).every(Boolean);
}

function namesOf(objects: readonly unknown[]): readonly string[] {
  return (objects as readonly { readonly metadata: { readonly name: string } }[]).map(
    ({ metadata }) => metadata.name,
  );
}

const now = () => new Date().toISOString();

function healthy(containers: readonly { name: string; image: string }[]): object {
  const conditions = ['Initialized', 'ContainersReady', 'Ready', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: now(),
  }));
  return {
    phase: 'Running',
    podIP: '10.0.0.1',
    startTime: now(),
    conditions,
    containerStatuses: containers.map(({ name, image }) => ({
      ...{ name, image, imageID: image, ready: true, restartCount: 0 },
      state: { running: { startedAt: now() } },
    })),
  };
}

function crashing(containers: readonly { name: string; image: string }[]): object {
  return {
    phase: 'Running',
    startTime: now(),
    containerStatuses: containers.map(({ name, image }) => ({
      ...{ name, image, imageID: image, ready: false, restartCount: 7 },
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: now() } },
    })),
  };
}
