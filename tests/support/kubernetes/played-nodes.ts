/**
 * Nodes without machines: what the kubelet would say of a pod is written into its status. A pod becomes ready at once, unless the
 * tag of its image says otherwise: `never-ready` stays as it is, `crashing` restarts for ever. A deleted pod ends at once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Api } from '../../../adapters/kubernetes/api.ts';
import { podPath } from '../../../adapters/kubernetes/kinds.ts';
import { allOf, pod } from '../../../adapters/kubernetes/objects.ts';

export interface PlayedNodes {
  /** While it holds, no pod becomes ready or ends. */
  hold(held: boolean): void;
  stop(): Promise<void>;
}

const everyMs = 100;
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
  let held = false;
  let running = true;
  const play = async (): Promise<void> => {
    while (running) {
      // A pod that was changed or has ended meanwhile is looked at again.
      if (!held) await step(admin).catch(() => {});
      await pause(everyMs);
    }
  };
  const playing = play();
  return {
    hold(next) {
      held = next;
    },
    async stop() {
      running = false;
      await playing;
    },
  };
}

async function step(admin: Api): Promise<void> {
  const pods = allOf(pod, await admin.list('/api/v1/pods'));
  const due = pods.map(async (one) => {
    const { metadata, status } = one;
    const spec = one.spec as unknown as {
      readonly nodeName: string;
      readonly containers: readonly { name: string; image: string }[];
    };
    const path = podPath(metadata.namespace, metadata.name);
    if (metadata.deletionTimestamp !== undefined) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 };
      await admin.change({ method: 'DELETE', path, body });
      return;
    }
    if (spec.nodeName === '' || status.phase !== 'Pending') return;
    const tag = spec.containers[0]?.image.split(':').at(-1);
    if (tag === 'never-ready') return;
    await admin.change({
      method: 'PATCH',
      path: `${path}/status`,
      body: { status: tag === 'crashing' ? crashing(spec.containers) : healthy(spec.containers) },
    });
  });
  await Promise.all(due);
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
