// Pausing what keeps a workload as Git says, and giving it back: one patch of that object, with the intent on it.

import type { Intent } from '../../domain/remediation/intent.ts';
import { KubernetesError } from './api.ts';
import type { Cluster } from './cluster.ts';
import { refused } from './edit.ts';
import type { Effect, Step } from './effect.ts';
import type { WorkloadRef } from './kinds.ts';
import {
  acceptedMarked,
  beginMarked,
  closeMarked,
  type Edited,
  type Kept,
  lookUpMarked,
  previewMarked,
} from './marked-object.ts';
import type { SyncObject } from './objects.ts';
import { protectionOf, readWorkload } from './observe.ts';
import {
  findSync,
  pausedAtAnnotation,
  pausedByAnnotation,
  readSync,
  type SyncRef,
  skipAnnotation,
  syncName,
  syncPath,
  syncStateOf,
  whyNotPaused,
} from './sync.ts';

export function syncEffect(cluster: Cluster, workload: WorkloadRef): Effect {
  /** Found anew each time: what the workload is kept by now, and nothing that was recorded of it. */
  const kept = async (signal?: AbortSignal): Promise<Kept<SyncObject>> => {
    const its = await readWorkload(cluster.read, workload, signal);
    if (its === null)
      throw new KubernetesError('unknown-target', `there is no ${workload.kind} ${workload.name} any more`);
    const guarded = protectionOf(its);
    if (guarded !== null) throw new KubernetesError('protected', `nothing may act on it: ${guarded}`);
    const sync = await findSync(cluster.read, cluster.settings, workload.kind, its, signal);
    if (sync === null)
      throw new KubernetesError(
        'owned',
        `nothing keeps ${workload.kind} ${workload.name} that may be paused`,
      );
    return keptOf(cluster, sync.ref);
  };
  const done = (intent: Intent, named: string) =>
    ({ kind: 'done', after: null, summary: wordsFor(intent, named) }) as const;
  return {
    preview: async (step, signal) => previewMarked(cluster, await kept(signal), step, signal),
    async begin(intent, call) {
      const its = await kept(call.signal);
      // The revision is the workload's: it says nothing of what keeps it.
      const { revision: _, ...rest } = call;
      const begun = await beginMarked(cluster, its, intent, rest);
      return begun.kind === 'changed' ? done(intent, its.named) : begun;
    },
    poll: async (intent, _handle, _call, signal) => done(intent, (await kept(signal)).named),
    async accepted(intent, signal) {
      const object = await acceptedMarked(await kept(signal), intent, signal);
      return object === null ? null : { uid: object.metadata.uid };
    },
    lookUp: async (intent, signal) => lookUpMarked(await kept(signal), intent, signal),
    close: async (intent, send, signal) => closeMarked(cluster, await kept(signal), intent, send, signal),
  };
}

function keptOf({ read, nowMs }: Cluster, ref: SyncRef): Kept<SyncObject> {
  return {
    named: syncName(ref),
    path: syncPath(ref),
    read: (signal) => readSync(read, ref, signal),
    edit: async (step, object, intentId) => edited(ref, step, object, intentId, nowMs()),
    revisionOf: (object) => syncStateOf(ref, object),
    isInForce: ({ action }, object) => (syncStateOf(ref, object) === 'on') === (action === 'resume-sync'),
  };
}

function edited(
  ref: SyncRef,
  step: Step | Intent,
  object: SyncObject,
  intentId: string,
  nowMs: number,
): Edited {
  const is = syncStateOf(ref, object);
  const isArgo = ref.kind === 'application';
  if (step.action === 'pause-sync') {
    if (is !== 'on') return refused('changed-meanwhile', `${syncName(ref)} is paused already`);
    const why = whyNotPaused(ref, object);
    if (why !== null) return refused('owned', `${syncName(ref)} is not paused: ${why}`);
    const annotations = { [pausedByAnnotation]: intentId, [pausedAtAnnotation]: String(nowMs) };
    return isArgo
      ? { ok: true, annotations: { ...annotations, [skipAnnotation]: 'true' } }
      : { ok: true, annotations, spec: { suspend: true } };
  }
  if (is !== 'paused-by-sentinel')
    return refused('changed-meanwhile', `${syncName(ref)} is not paused by Sentinel: it is left as it is`);
  const by = object.metadata.annotations[pausedByAnnotation];
  if ('undoes' in step && step.undoes !== undefined && step.undoes !== by)
    return refused('changed-meanwhile', `${syncName(ref)} was paused for something else`);
  const annotations = { [pausedByAnnotation]: null, [pausedAtAnnotation]: null };
  return isArgo
    ? { ok: true, annotations: { ...annotations, [skipAnnotation]: null } }
    : { ok: true, annotations, spec: { suspend: null } };
}

function wordsFor({ action }: Intent, named: string): string {
  return action === 'pause-sync'
    ? `${named} is paused: nothing from Git reaches what it keeps until it is given back`
    : `${named} is given back: what it keeps is as Git says again`;
}
