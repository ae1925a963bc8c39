// An effect on a whole workload: a restart of all pods, another number of replicas, a stored version put back. One patch, with
// the marks of the effect in it and conditional on the resourceVersion that was read right before: of two senders one meets 409,
// and a send that was closed meets it, too.

import { setTimeout as pause } from 'node:timers/promises';
import type { Begun, Call, Found, Polled, Previewed } from '../../activities/ports/executor.ts';
import type { Intent, Send } from '../../domain/remediation/intent.ts';
import { whyNot } from './admission.ts';
import type { Cluster } from './cluster.ts';
import { editOf, isInForce, type Refusal } from './edit.ts';
import type { Effect, Step } from './effect.ts';
import { type WorkloadRef, workloadPath } from './kinds.ts';
import { effectsAnnotation, isMarked, marksOf, overtakenBy, restartAnnotation, withMark } from './marks.ts';
import type { Metadata, Workload } from './objects.ts';
import { readRevisions, readWorkload, revisionOf } from './observe.ts';
import { previewChange } from './preview.ts';
import { rolloutOf } from './rollout.ts';

const beginningTries = 4;
const closingTries = 5;
const seenLooks = 20;
const seenEveryMs = 100;

export function workloadEffect(cluster: Cluster, ref: WorkloadRef): Effect {
  return {
    preview: (step, signal) => previewWorkload(cluster, ref, step, signal),
    begin: (intent, call) => beginWorkload(cluster, ref, intent, call),
    poll: (intent, handle, _call, signal) => pollWorkload(cluster, ref, intent, handle, signal),
    async accepted(intent, signal) {
      const uid = await acceptedWorkload(cluster, ref, intent, signal);
      return uid === null ? null : { uid };
    },
    lookUp: (intent, signal) => lookUpWorkload(cluster, ref, intent, signal),
    close: (intent, send, signal) => closeWorkload(cluster, ref, intent, send, signal),
  };
}

function previewWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  step: Step,
  signal?: AbortSignal,
): Promise<Previewed> {
  const once = async () => {
    const made = await makePatch(cluster, ref, step, { id: 'preview', fence: 0 }, { number: 0 }, signal);
    if (!made.ok) return made;
    const change = { method: 'PATCH', path: workloadPath(ref), body: made.patch } as const;
    return { ok: true, change } as const;
  };
  return previewChange(cluster.write, `${step.action} on ${ref.kind} ${ref.name}`, once, signal);
}

/**
 * Pods that become ready change the `resourceVersion`, too. What met 409 certainly changed nothing, so it is read and judged again
 * from the start, a few times, and with a new permission: what people changed meanwhile shows in the revision, and is refused.
 */
async function beginWorkload(cluster: Cluster, ref: WorkloadRef, intent: Intent, call: Call): Promise<Begun> {
  for (let tries = 1; ; tries += 1) {
    const begun = await tryWorkload(cluster, ref, intent, call);
    if (begun !== 'stale') return begun;
    const permit = tries < beginningTries ? await call.permit() : null;
    if (permit?.ok !== true)
      return {
        kind: 'refused',
        code: 'changed-meanwhile',
        reason: permit?.reason ?? `${ref.kind} ${ref.name} kept changing between reading and writing`,
      };
  }
}

async function tryWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  call: Call,
): Promise<Begun | 'stale'> {
  const made = await makePatch(cluster, ref, intent, intent, call, call.signal);
  if (!made.ok) return { kind: 'refused', code: made.code, reason: made.reason };
  const { workload, patch } = made;
  const handle = JSON.stringify({ uid: workload.metadata.uid });
  const what = `${intent.action} of ${ref.kind} ${ref.name}`;
  if (isMarked(workload.metadata.annotations, intent.id))
    return { kind: 'accepted', handle, summary: `${what} had been accepted before` };
  const overtaken = overtakenBy(workload.metadata.annotations, intent, call);
  if (overtaken !== null) return { kind: 'refused', code: 'overtaken', reason: overtaken };
  if (call.revision !== undefined && call.revision !== revisionOf(workload))
    return {
      kind: 'refused',
      code: 'changed-meanwhile',
      reason: `${ref.kind} ${ref.name} was changed after it was looked at`,
    };
  if (cluster.nowMs() > call.notAfterMs)
    return { kind: 'refused', code: 'too-late', reason: 'the call is too late' };
  const answer = await cluster.write.change(
    { method: 'PATCH', path: workloadPath(ref), body: patch },
    call.signal,
  );
  switch (answer.kind) {
    case 'ok':
      return { kind: 'accepted', handle, summary: `${what} accepted` };
    case 'refused':
      if (answer.status === 409) return 'stale';
      return { kind: 'refused', code: answer.code, reason: answer.reason };
    case 'unknown':
      return { kind: 'unknown', reason: `no answer to ${what}: ${answer.reason}` };
  }
}

async function pollWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  handle: { readonly uid: string },
  signal?: AbortSignal,
): Promise<Polled> {
  const workload = await readWorkload(cluster.read, ref, signal);
  const named = `${ref.kind} ${ref.name}`;
  if (workload === null) return { kind: 'superseded', reason: `${named} was deleted` };
  if (workload.metadata.uid !== handle.uid)
    return { kind: 'superseded', reason: `${named} was deleted and made again` };
  if (!isInForce(intent, workload, intent.id))
    return { kind: 'superseded', reason: `${named} was changed again${byWhom(workload.metadata)}` };
  const rollout = rolloutOf(ref.kind, workload);
  if (rollout.stuck !== null) return { kind: 'failed', reason: rollout.stuck, left: rollout.words };
  const { done, of, words } = rollout;
  if (!rollout.complete) return { kind: 'running', progress: { done, of, words } };
  const after = await cluster.observeOne(intent.target, signal);
  return { kind: 'done', after, summary: `${intent.action} of ${named} complete: ${words}` };
}

async function lookUpWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  signal?: AbortSignal,
): Promise<Found> {
  const workload = await readWorkload(cluster.read, ref, signal);
  // What happened to it before it was deleted can no longer be seen.
  if (workload === null) return 'cannot-tell';
  const found = judge(workload, intent);
  // What the cluster has taken on and not finished has not happened yet, and may still fail.
  if (found === 'happened' && isInForce(intent, workload, intent.id))
    return rolloutOf(ref.kind, workload).complete ? 'happened' : 'cannot-tell';
  // Somebody's later template has taken the mark of a restart away; the pods' own history still has it.
  if (found !== 'not-happened' || intent.action !== 'restart') return found;
  const stored = await readRevisions(cluster.read, ref, workload, signal);
  const isIts = stored.some(
    ({ template }) => template.metadata?.annotations?.[restartAnnotation] === intent.id,
  );
  return isIts ? 'happened' : 'not-happened';
}

/** The uid of the workload that has taken this intent on; null where none has. */
async function acceptedWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  { id }: Intent,
  signal?: AbortSignal,
): Promise<string | null> {
  const workload = await readWorkload(cluster.read, ref, signal);
  return workload !== null && isMarked(workload.metadata.annotations, id) ? workload.metadata.uid : null;
}

/** Bars every send up to this one: what is in flight was made for another resourceVersion, what comes later sees the mark. */
async function closeWorkload(
  cluster: Cluster,
  ref: WorkloadRef,
  intent: Intent,
  send: Send,
  signal?: AbortSignal,
): Promise<Found> {
  for (let tries = 0; tries < closingTries; tries += 1) {
    const found = await lookUpWorkload(cluster, ref, intent, signal);
    if (found !== 'not-happened') return found;
    const workload = await readWorkload(cluster.read, ref, signal);
    if (workload === null) return 'cannot-tell';
    const { annotations } = workload.metadata;
    // What was written between the two readings is judged again.
    if (isMarked(annotations, intent.id)) continue;
    if (overtakenBy(annotations, intent, send) !== null) return 'not-happened';
    const patch = { metadata: metadataFor(workload, withMark(annotations, intent, send, null)) };
    const answer = await cluster.write.change(
      { method: 'PATCH', path: workloadPath(ref), body: patch },
      signal,
    );
    if (answer.kind === 'ok') {
      await untilSeen(cluster, ref, signal);
      return 'not-happened';
    }
    if (answer.kind === 'unknown' || answer.status !== 409) return 'cannot-tell';
  }
  return 'cannot-tell';
}

/**
 * A mark alone counts as a change until the workload's controller has looked at it, and what seems to be rolled out is not acted
 * on. Waits for that, and not for ever: it holds nothing up but the next send.
 */
async function untilSeen(cluster: Cluster, ref: WorkloadRef, signal?: AbortSignal): Promise<void> {
  for (let looks = 0; looks < seenLooks; looks += 1) {
    const workload = await readWorkload(cluster.read, ref, signal).catch(() => null);
    if (workload === null || workload.status.observedGeneration >= workload.metadata.generation) return;
    await pause(seenEveryMs);
  }
}

type Made = { readonly ok: true; readonly workload: Workload; readonly patch: object } | Refusal;

/**
 * Reads what the patch depends on, and refuses what would not last or must not be. The workload comes last, and whose it is is
 * judged from that very reading: the patch is conditional on it, so an owner who comes later meets 409.
 */
async function makePatch(
  cluster: Cluster,
  ref: WorkloadRef,
  step: Step | Intent,
  intent: Pick<Intent, 'id' | 'fence'>,
  send: Pick<Send, 'number'>,
  signal?: AbortSignal,
): Promise<Made> {
  const earlier = await readWorkload(cluster.read, ref, signal);
  const revisions = earlier === null ? [] : await readRevisions(cluster.read, ref, earlier, signal);
  const found = await whyNot(cluster, ref, step.action, 'fence' in step ? 'begin' : 'preview', signal);
  if (!found.ok) return found;
  const { workload } = found;
  if (workload.metadata.uid !== earlier?.metadata.uid)
    return {
      ok: false,
      code: 'changed-meanwhile',
      reason: `${ref.kind} ${ref.name} was deleted and made again meanwhile`,
    };
  const edit = editOf(step, ref.kind, workload, revisions, intent.id);
  if (!edit.ok) return edit;
  const marks = withMark(workload.metadata.annotations, intent, send, intent.id);
  return { ok: true, workload, patch: { metadata: metadataFor(workload, marks), spec: edit.spec } };
}

function metadataFor(
  { metadata: { resourceVersion, uid } }: Workload,
  annotations: Readonly<Record<string, string>>,
): object {
  return { resourceVersion, uid, annotations };
}

function judge(workload: Workload, intent: Intent): Found {
  const { annotations, uid } = workload.metadata;
  if (isMarked(annotations, intent.id)) return 'happened';
  if (intent.action === 'restart' && isInForce(intent, workload, intent.id)) return 'happened';
  const [beforeUid] = (intent.before.revision ?? '').split('/');
  if (beforeUid !== undefined && beforeUid !== '' && beforeUid !== uid) return 'cannot-tell';
  if (intent.before.revision === revisionOf(workload)) return 'not-happened';
  const marks = marksOf(annotations);
  const [oldest] = marks;
  // With marks from before it, its own would be there. Without any, somebody may have replaced the whole object.
  if (oldest !== undefined) {
    const reachesBack = marks.length < 8 || oldest.fence < intent.fence;
    return reachesBack ? 'not-happened' : 'cannot-tell';
  }
  const wiped = annotations[effectsAnnotation] === undefined && intent.action !== 'restart';
  return wiped && isInForce(intent, workload, intent.id) ? 'cannot-tell' : 'not-happened';
}

/** Who else wrote last, as far as the API server says; its times are whole seconds. */
function byWhom({ managedFields }: Metadata): string {
  const others = managedFields.filter(
    ({ manager, subresource }) => subresource === '' && manager !== '' && manager !== 'sentinel',
  );
  const last = others.sort((a, b) => String(a.time).localeCompare(String(b.time))).at(-1);
  return last === undefined ? '' : `, last by ${last.manager.slice(0, 60)}`;
}
