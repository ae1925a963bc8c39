// Cordon and uncordon: one patch of the node. A drain begins as a cordon does, and goes on in drain.ts.

import type { Call } from '../../activities/ports/executor.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { Cluster } from './cluster.ts';
import { cancelDrain, drainPods, isDrained, previewDrain, whyNotDrained } from './drain.ts';
import { refused } from './edit.ts';
import type { Effect, Step } from './effect.ts';
import { nodePath } from './kinds.ts';
import {
  acceptedMarked,
  beginMarked,
  closeMarked,
  type Edited,
  type Kept,
  lookUpMarked,
  previewMarked,
} from './marked-object.ts';
import {
  cordonedBy,
  cordonedByAnnotation,
  nodeProtection,
  nodeRevisionOf,
  othersToGoTo,
  readNode,
  readNodes,
} from './nodes.ts';
import type { Node } from './objects.ts';

export function nodeEffect(cluster: Cluster, name: string): Effect {
  const kept: Kept<Node> = {
    named: `node ${name}`,
    path: nodePath(name),
    read: (signal) => readNode(cluster.read, name, signal),
    edit: (step, object, intentId, signal) => edited(cluster, step, object, intentId, signal),
    revisionOf: nodeRevisionOf,
    isInForce: ({ action }, object) => object.spec.unschedulable === (action !== 'uncordon'),
  };
  const isDrain = ({ action }: Pick<Step, 'action'>) => action === 'drain-node';
  return {
    async preview(step, signal) {
      const answer = await previewMarked(cluster, kept, step, signal);
      return answer.ok && isDrain(step) ? previewDrain(cluster, name, signal) : answer;
    },

    async begin(intent, call) {
      const begun = await beginMarked(cluster, kept, intent, call);
      if (begun.kind !== 'changed') return begun;
      const summary = `${intent.action} of node ${name} accepted${begun.before ? ' before' : ''}`;
      if (!isDrain(intent)) return { kind: 'done', after: null, summary: wordsFor(intent, name) };
      const { uid } = begun.object.metadata;
      return { kind: 'accepted', handle: JSON.stringify({ uid, total: totalOf(intent) }), summary };
    },

    async poll(intent, handle, call, signal) {
      if (isDrain(intent)) return drainPods(cluster, name, handle, call, signal);
      return { kind: 'done', after: null, summary: wordsFor(intent, name) };
    },

    async accepted(intent, signal) {
      const object = await acceptedMarked(kept, intent, signal);
      return object === null ? null : { uid: object.metadata.uid, total: totalOf(intent) };
    },

    async cancel(intent, handle, call: Call) {
      if (isDrain(intent)) return cancelDrain(cluster, name, handle, call.signal);
      return { kind: 'done', after: null, summary: wordsFor(intent, name) };
    },

    async lookUp(intent, signal) {
      const found = await lookUpMarked(kept, intent, signal);
      if (found !== 'happened' || !isDrain(intent)) return found;
      // What was begun and is not finished has not happened yet, and may still fail.
      return (await isDrained(cluster, name, signal)) ? 'happened' : 'cannot-tell';
    },

    close: (intent, send, signal) => closeMarked(cluster, kept, intent, send, signal),
  };
}

async function edited(
  cluster: Cluster,
  step: Step | Intent,
  its: Node,
  intentId: string,
  signal?: AbortSignal,
): Promise<Edited> {
  const { action, parameters } = step;
  const named = `node ${its.metadata.name}`;
  const guarded = nodeProtection(its);
  if (guarded !== null) return refused('protected', `nothing may act on ${named}: ${guarded}`);
  const cordoned = cordonedBy(its);
  if (cordoned === 'by-somebody-else')
    return refused('changed-meanwhile', `somebody else has cordoned ${named}: that is theirs to end`);
  if (action === 'uncordon') {
    if (cordoned === 'no') return refused('changed-meanwhile', `${named} is not cordoned any more`);
    return { ok: true, annotations: { [cordonedByAnnotation]: null }, spec: { unschedulable: null } };
  }
  if (action === 'cordon' && cordoned !== 'no')
    return refused('changed-meanwhile', `${named} is cordoned already`);
  if (othersToGoTo(await readNodes(cluster.read, signal), its.metadata.name) === 0)
    return refused('protected', `${named} is the last one that is ready and takes pods`);
  if (action === 'drain-node') {
    const held = 'fence' in step ? (step.touches ?? []) : null;
    const why = await whyNotDrained(cluster, its, parameters, held, signal);
    if (why !== null) return why;
    if (cordoned === 'by-sentinel') return { ok: true, annotations: {} };
  }
  return { ok: true, annotations: { [cordonedByAnnotation]: intentId }, spec: { unschedulable: true } };
}

/** Ready ones: what does not serve is moved, too, and nobody counts it. */
function totalOf({ before }: Intent): number {
  return (before.node?.carries ?? []).reduce((sum, { here }) => sum + here, 0);
}

function wordsFor({ action }: Pick<Intent, 'action'>, name: string): string {
  return action === 'uncordon'
    ? `new pods may go to node ${name} again; pods that were moved do not come back by themselves`
    : `no new pods go to node ${name}`;
}
