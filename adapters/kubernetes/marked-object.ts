// An effect that is complete with one patch of one object: the patch carries the marks of the effect (marks.ts) and is conditional
// on the resourceVersion that was read right before, so of two senders one meets 409, and a send that was closed meets it, too.

import type { Begun, Call, Found, Previewed } from '../../activities/ports/executor.ts';
import type { Intent, Send } from '../../domain/remediation/intent.ts';
import type { Change } from './api.ts';
import type { Cluster } from './cluster.ts';
import { type Refusal, refused } from './edit.ts';
import type { Step } from './effect.ts';
import { isMarked, marksOf, overtakenBy, withMark } from './marks.ts';
import type { Metadata } from './objects.ts';
import { previewChange } from './preview.ts';

type Marked = { readonly metadata: Metadata };
export type Edited =
  | {
      readonly ok: true;
      readonly annotations: Readonly<Record<string, string | null>>;
      readonly spec?: object;
    }
  | Refusal;

export type Kept<T extends Marked> = {
  /** In words: `node worker-1`. */
  readonly named: string;
  readonly path: string;
  /** Null: there is none of that name. */
  read(signal?: AbortSignal): Promise<T | null>;
  /** What the action writes, from the object as it is, or why it is not for it. */
  edit(step: Step | Intent, object: T, intentId: string, signal?: AbortSignal): Promise<Edited>;
  revisionOf(object: T): string;
  /** Whether it is as the action wants it, whoever did that. */
  isInForce(step: Step, object: T): boolean;
};

const tries = 5;

export function previewMarked<T extends Marked>(
  { write }: Cluster,
  kept: Kept<T>,
  step: Step,
  signal?: AbortSignal,
): Promise<Previewed> {
  const once = () => make(kept, step, { id: 'preview', fence: 0 }, { number: 0 }, signal);
  return previewChange(write, `${step.action} of ${kept.named}`, once, signal);
}

/** Its object's controllers write it, too: what met 409 certainly changed nothing, and is judged again from the start. */
export async function beginMarked<T extends Marked>(
  cluster: Pick<Cluster, 'write' | 'nowMs'>,
  kept: Kept<T>,
  intent: Intent,
  call: Call,
): Promise<
  | { readonly kind: 'changed'; readonly object: T; readonly before: boolean }
  | Exclude<Begun, { kind: 'done' | 'accepted' }>
> {
  for (let tried = 1; ; tried += 1) {
    const made = await make(kept, intent, intent, call, call.signal, (object) => {
      if (isMarked(object.metadata.annotations, intent.id)) return { ok: true, object };
      const overtaken = overtakenBy(object.metadata.annotations, intent, call);
      if (overtaken !== null) return refused('overtaken', overtaken);
      if (call.revision !== undefined && call.revision !== kept.revisionOf(object))
        return refused('changed-meanwhile', `${kept.named} was changed after it was looked at`);
      return null;
    });
    if (!made.ok) return { kind: 'refused', code: made.code, reason: made.reason };
    if (made.change === null) return { kind: 'changed', object: made.object, before: true };
    if (cluster.nowMs() > call.notAfterMs)
      return { kind: 'refused', code: 'too-late', reason: 'the call is too late' };
    const answer = await cluster.write.change(made.change, call.signal);
    if (answer.kind === 'ok') return { kind: 'changed', object: made.object, before: false };
    if (answer.kind === 'unknown')
      return { kind: 'unknown', reason: `no answer to ${intent.action} of ${kept.named}: ${answer.reason}` };
    if (answer.status !== 409) return { kind: 'refused', code: answer.code, reason: answer.reason };
    const permit = tried < tries ? await call.permit() : null;
    if (permit?.ok !== true)
      return {
        kind: 'refused',
        code: 'changed-meanwhile',
        reason: permit?.reason ?? `${kept.named} kept changing between reading and writing`,
      };
  }
}

export async function lookUpMarked<T extends Marked>(
  kept: Kept<T>,
  intent: Intent,
  signal?: AbortSignal,
): Promise<Found> {
  const object = await kept.read(signal);
  // What happened to it before it was deleted can no longer be seen.
  return object === null ? 'cannot-tell' : judge(kept, object, intent);
}

export async function acceptedMarked<T extends Marked>(
  kept: Kept<T>,
  { id }: Intent,
  signal?: AbortSignal,
): Promise<T | null> {
  const object = await kept.read(signal);
  return object !== null && isMarked(object.metadata.annotations, id) ? object : null;
}

/** Bars every send up to this one. */
export async function closeMarked<T extends Marked>(
  { write }: Pick<Cluster, 'write'>,
  kept: Kept<T>,
  intent: Intent,
  send: Send,
  signal?: AbortSignal,
): Promise<Found> {
  for (let tried = 0; tried < tries; tried += 1) {
    const object = await kept.read(signal);
    if (object === null) return 'cannot-tell';
    const found = judge(kept, object, intent);
    if (found !== 'not-happened') return found;
    const { annotations } = object.metadata;
    if (overtakenBy(annotations, intent, send) !== null) return 'not-happened';
    const answer = await write.change(
      changeOf(kept, object, { ok: true, annotations: withMark(annotations, intent, send, null) }),
      signal,
    );
    if (answer.kind === 'ok') return 'not-happened';
    if (answer.kind === 'unknown' || answer.status !== 409) return 'cannot-tell';
  }
  return 'cannot-tell';
}

type Made<T> = { readonly ok: true; readonly object: T; readonly change: Change | null } | Refusal;
type Settled<T> = { readonly ok: true; readonly object: T } | Refusal;

/** `settled`: what the object itself says of this send, before what it is to become is looked at; null: nothing. */
async function make<T extends Marked>(
  kept: Kept<T>,
  step: Step | Intent,
  intent: Pick<Intent, 'id' | 'fence'>,
  send: Pick<Send, 'number'>,
  signal: AbortSignal | undefined,
): Promise<Extract<Made<T>, Refusal> | { readonly ok: true; readonly object: T; readonly change: Change }>;
async function make<T extends Marked>(
  kept: Kept<T>,
  step: Step | Intent,
  intent: Pick<Intent, 'id' | 'fence'>,
  send: Pick<Send, 'number'>,
  signal: AbortSignal | undefined,
  settled: (object: T) => Settled<T> | null,
): Promise<Made<T>>;
async function make<T extends Marked>(
  kept: Kept<T>,
  step: Step | Intent,
  intent: Pick<Intent, 'id' | 'fence'>,
  send: Pick<Send, 'number'>,
  signal: AbortSignal | undefined,
  settled: (object: T) => Settled<T> | null = () => null,
): Promise<Made<T>> {
  const object = await kept.read(signal);
  if (object === null)
    return refused('unknown-target', `there is no ${kept.named}: it was renamed, moved or deleted`);
  const already = settled(object);
  if (already !== null) return already.ok ? { ...already, change: null } : already;
  const edited = await kept.edit(step, object, intent.id, signal);
  if (!edited.ok) return edited;
  const marks = withMark(object.metadata.annotations, intent, send, intent.id);
  const change = changeOf(kept, object, { ...edited, annotations: { ...edited.annotations, ...marks } });
  return { ok: true, object, change };
}

function changeOf<T extends Marked>(
  { path }: Kept<T>,
  { metadata: { resourceVersion, uid } }: T,
  { annotations, spec }: Extract<Edited, { ok: true }>,
): Change {
  const body = { metadata: { resourceVersion, uid, annotations }, ...(spec === undefined ? {} : { spec }) };
  return { method: 'PATCH', path, body, plainMerge: true };
}

function judge<T extends Marked>(kept: Kept<T>, object: T, intent: Intent): Found {
  const { annotations } = object.metadata;
  if (isMarked(annotations, intent.id)) return 'happened';
  const marks = marksOf(annotations);
  const [oldest] = marks;
  // With marks from before it, its own would be there. Without any, somebody may have wiped them away.
  if (oldest !== undefined)
    return marks.length < 8 || oldest.fence < intent.fence ? 'not-happened' : 'cannot-tell';
  return kept.isInForce(intent, object) ? 'cannot-tell' : 'not-happened';
}
