// The restart of one pod: it is deleted, and its controller makes another. The deletion names the pod's uid and the version of
// it that was read, so that it can never reach the next pod of that name, and a closed one meets 409. That a pod has ended is the
// whole effect: it can happen only once.

import type { Begun, Call, Found, Polled, Previewed } from '../../activities/ports/executor.ts';
import type { Intent, Send } from '../../domain/remediation/intent.ts';
import { whyNot } from './admission.ts';
import type { Change } from './api.ts';
import type { Cluster } from './cluster.ts';
import type { Refusal } from './edit.ts';
import type { Effect, Step } from './effect.ts';
import { podPath, type WorkloadRef } from './kinds.ts';
import { overtakenBy, withMark } from './marks.ts';
import { type Pod, pod } from './objects.ts';
import { podsOf, readNamespace, revisionOf, stateOf } from './observe.ts';
import { previewChange } from './preview.ts';
import { wantedOf } from './rollout.ts';

const closingTries = 5;

export const podOf = ({ parameters }: Pick<Step, 'parameters'>): string | null =>
  parameters.taskId === undefined ? null : String(parameters.taskId);

export function podEffect(cluster: Cluster, ref: WorkloadRef, name: string): Effect {
  return {
    preview: (step, signal) => previewPod(cluster, ref, step, name, signal),
    begin: (intent, call) => beginPod(cluster, ref, intent, name, call),
    poll: (intent, handle, _call, signal) => pollPod(cluster, ref, intent, name, handle, signal),
    async accepted(intent, signal) {
      const uid = await acceptedPod(cluster, ref, intent, name, signal);
      return uid === null ? null : { uid };
    },
    lookUp: (intent, signal) => lookUpPod(cluster, ref, intent, name, signal),
    close: (intent, send, signal) => closePod(cluster, ref, intent, name, send, signal),
  };
}

function previewPod(
  cluster: Cluster,
  ref: WorkloadRef,
  step: Step,
  name: string,
  signal?: AbortSignal,
): Promise<Previewed> {
  const once = async () => {
    const found = await findPod(cluster, ref, step, name, signal);
    return found.ok ? ({ ok: true, change: deletionOf(found.pod) } as const) : found;
  };
  return previewChange(cluster.write, `restart of pod ${name}`, once, signal);
}

async function beginPod(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  name: string,
  call: Call,
): Promise<Begun> {
  const found = await findPod(cluster, ref, intent, name, call.signal);
  if (!found.ok) return { kind: 'refused', code: found.code, reason: found.reason };
  const { metadata } = found.pod;
  const before = uidBefore(intent, name);
  if (before !== undefined && before !== metadata.uid)
    return changed(`pod ${name} is another one than the plan was made for`);
  const overtaken = overtakenBy(metadata.annotations, intent, call);
  if (overtaken !== null) return { kind: 'refused', code: 'overtaken', reason: overtaken };
  if (call.revision !== undefined && call.revision !== found.revision)
    return changed(`${ref.kind} ${ref.name} was changed after it was looked at`);
  if (cluster.nowMs() > call.notAfterMs)
    return { kind: 'refused', code: 'too-late', reason: 'the call is too late' };
  const answer = await cluster.write.change(deletionOf(found.pod), call.signal);
  switch (answer.kind) {
    case 'ok':
      return {
        kind: 'accepted',
        handle: JSON.stringify({ uid: metadata.uid }),
        summary: `pod ${name} is being replaced`,
      };
    case 'refused':
      return { kind: 'refused', code: answer.code, reason: answer.reason };
    case 'unknown':
      return { kind: 'unknown', reason: `no answer to the deletion of pod ${name}: ${answer.reason}` };
  }
}

async function pollPod(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  name: string,
  handle: { readonly uid: string },
  signal?: AbortSignal,
): Promise<Polled> {
  const current = await readPod(cluster, ref, name, signal);
  const contents = await readNamespace(cluster.read, ref.namespace, signal);
  const found = contents.workloads.find(
    ({ kind, workload: { metadata } }) => kind === ref.kind && metadata.name === ref.name,
  );
  if (found === undefined) return { kind: 'superseded', reason: `${ref.kind} ${ref.name} was deleted` };
  if (current?.metadata.uid === handle.uid)
    return { kind: 'running', progress: { done: 0, of: 1, words: `pod ${name} is shutting down` } };
  // As many as before: the others may have troubles of their own. The pods are counted, because a status lags behind.
  const wanted = wantedOf(ref.kind, found.workload);
  const ready = podsOf(found.workload, contents).filter((one) => stateOf(one) === 'running').length;
  const words = `${ready} of ${wanted} ready`;
  if (ready < Math.min(wanted, intent.before.readyReplicas ?? wanted))
    return { kind: 'running', progress: { done: ready, of: wanted, words: `pod ${name} is gone; ${words}` } };
  const after = await cluster.observeOne(intent.target, signal);
  return { kind: 'done', after, summary: `pod ${name} was replaced; ${words}` };
}

async function lookUpPod(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  name: string,
  signal?: AbortSignal,
): Promise<Found> {
  return judge(await readPod(cluster, ref, name, signal), intent, name);
}

/** The uid of the pod that is ending or has ended; null while it goes on, and where nobody knows which one was meant. */
async function acceptedPod(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  name: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const before = uidBefore(intent, name);
  if (before === undefined) return null;
  const current = await readPod(cluster, ref, name, signal);
  const goesOn = current?.metadata.uid === before && current.metadata.deletionTimestamp === undefined;
  return goesOn ? null : before;
}

async function closePod(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  name: string,
  send: Send,
  signal?: AbortSignal,
): Promise<Found> {
  for (let tries = 0; tries < closingTries; tries += 1) {
    const current = await readPod(cluster, ref, name, signal);
    const found = judge(current, intent, name);
    if (found !== 'not-happened' || current === null) return found;
    const { annotations, resourceVersion, uid } = current.metadata;
    if (overtakenBy(annotations, intent, send) !== null) return 'not-happened';
    const patch = {
      metadata: { resourceVersion, uid, annotations: withMark(annotations, intent, send, null) },
    };
    const answer = await cluster.write.change(
      { method: 'PATCH', path: podPath(ref.namespace, name), body: patch },
      signal,
    );
    if (answer.kind === 'ok') return 'not-happened';
    // Changed, or ended, since it was read: it is looked at again.
    if (answer.kind === 'unknown' || (answer.status !== 409 && answer.status !== 404)) return 'cannot-tell';
  }
  return 'cannot-tell';
}

function judge(current: Pod | null, intent: Intent, name: string): Found {
  const before = uidBefore(intent, name);
  // Without the uid of the pod that was meant, one of the same name may be its successor.
  if (before === undefined) return 'cannot-tell';
  if (current === null || current.metadata.uid !== before) return 'happened';
  // Being deleted cannot be stopped any more, and takes its time.
  return current.metadata.deletionTimestamp === undefined ? 'not-happened' : 'cannot-tell';
}

const uidBefore = ({ before }: Intent, name: string) => before.replicas.find(({ id }) => id === name)?.uid;

async function readPod(
  { read }: Cluster,
  { namespace }: WorkloadRef,
  name: string,
  signal?: AbortSignal,
): Promise<Pod | null> {
  const found = await read.get(podPath(namespace, name), signal);
  return found === null ? null : pod.parse(found);
}

type FoundPod = { readonly ok: true; readonly pod: Pod; readonly revision: string } | Refusal;

/** The pod, if it is one of this workload's. */
async function findPod(
  cluster: Cluster,
  ref: WorkloadRef,
  { action }: Step,
  name: string,
  signal?: AbortSignal,
): Promise<FoundPod> {
  const [admitted, contents] = await Promise.all([
    whyNot(cluster, ref, action, 'begin', signal),
    readNamespace(cluster.read, ref.namespace, signal),
  ]);
  if (!admitted.ok) return admitted;
  const one = podsOf(admitted.workload, contents).find(({ metadata }) => metadata.name === name);
  if (one === undefined)
    return {
      ok: false,
      code: 'changed-meanwhile',
      reason: `${ref.kind} ${ref.name} has no pod ${name}: it was replaced already`,
    };
  return { ok: true, pod: one, revision: revisionOf(admitted.workload) };
}

function deletionOf({ metadata: { namespace, name, uid, resourceVersion } }: Pod): Change {
  return {
    method: 'DELETE',
    path: podPath(namespace, name),
    body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } },
  };
}

function changed(reason: string): Begun {
  return { kind: 'refused', code: 'changed-meanwhile', reason };
}
