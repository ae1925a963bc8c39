// The pods of a node that is drained: evicted one by one, by uid, as fast as disruption budgets allow. An eviction that was made
// before changes nothing, so that any process can go on with it, two of them at once, too.

import type { Call, Polled, Previewed } from '../../activities/ports/executor.ts';
import { resourceWords } from '../../domain/inventory/kinds/index.ts';
import type { ActionParameters } from '../../domain/remediation/actions/action.ts';
import type { Written } from './api.ts';
import type { Cluster } from './cluster.ts';
import { type Refusal, refused } from './edit.ts';
import type { Handle } from './effect.ts';
import { evictionPath, podsOnPath } from './kinds.ts';
import { namedPod, type Sorted, sortPods, workloadName } from './node-pods.ts';
import { cordonedBy, readNode, workloadKeys } from './nodes.ts';
import { allOf, type Node, type Pod, pod } from './objects.ts';
import { protectionOf, readNamespaces } from './observe.ts';

/** One question to a drain has to be answered within seconds, and asks for more the next time. */
const evictForMs = 6_000;
const namedAtMost = 3;

/** Why it is not begun at all: half of a drain helps nobody. */
export async function whyNotDrained(
  cluster: Cluster,
  { metadata: { name } }: Node,
  { deleteLocalFiles }: ActionParameters,
  /** Keys of what is held for it; null: it is only asked about. */
  held: readonly string[] | null,
  signal?: AbortSignal,
): Promise<Refusal | null> {
  const { settings, read } = cluster;
  const [pods, contents] = await Promise.all([
    podsOn(cluster, name, signal),
    readNamespaces(read, settings, signal),
  ]);
  const { moving, inTheWay } = sortPods(pods, {
    ...settings,
    drainDeletesLocalFiles: settings.drainDeletesLocalFiles && deleteLocalFiles === true,
  });
  if (inTheWay.length > 0) return refused('protected', `node ${name} is not drained: ${listed(inTheWay)}`);
  const keyOf = workloadKeys(settings.cluster, contents);
  const keys = new Set(moving.map(keyOf));
  const came = [...keys].filter((key) => held?.includes(key) === false);
  if (came.length > 0)
    return refused(
      'changed-meanwhile',
      `node ${name} is not drained: since the plan was made came ${listed(came.map(resourceWords))}`,
    );
  const guarded = contents
    .flatMap(({ workloads }) => workloads)
    .flatMap(({ kind, workload }) => {
      const { namespace, name: its } = workload.metadata;
      if (!keys.has(`kubernetes/${settings.cluster}/${namespace}/${kind}/${its}`)) return [];
      // Pods of the cluster's own workloads may move where their namespace is allowed: they are made again.
      const why = namespace === 'kube-system' ? null : protectionOf(workload);
      return why === null ? [] : [`${kind} ${its} in ${namespace}: ${why}`];
    });
  return guarded.length === 0
    ? null
    : refused('protected', `node ${name} is not drained because of ${listed(guarded)}`);
}

/** A dry run of one eviction in each namespace: a budget that holds it up now may let it go later. */
export async function previewDrain(cluster: Cluster, name: string, signal?: AbortSignal): Promise<Previewed> {
  const { moving } = sortPods(await podsOn(cluster, name, signal), cluster.settings);
  const one = new Map(moving.map((its) => [its.metadata.namespace, its]));
  const waits: string[] = [];
  for (const its of one.values()) {
    const answer = await evict(cluster, its, true, signal);
    if (answer.kind === 'ok' || (answer.kind === 'refused' && isGone(answer.status))) continue;
    if (isHeldUp(answer)) waits.push(workloadName(its));
    else
      return {
        ok: false,
        code: answer.kind === 'refused' ? answer.code : 'unreachable',
        detail: `eviction of ${namedPod(its)}: ${answer.reason}`,
      };
  }
  const pods = moving.length === 1 ? '1 pod' : `${moving.length} pods`;
  const now = waits.length === 0 ? '' : `; ${listed(waits)} would wait for a disruption budget now`;
  return { ok: true, detail: `accepted by a dry run of the API server: ${pods} would be moved${now}` };
}

/** How far it has come; with a `call` it goes on, too. */
export async function drainPods(
  cluster: Cluster,
  name: string,
  handle: Handle,
  call: Call | null,
  signal: AbortSignal,
): Promise<Polled> {
  const since = performance.now();
  const [node, pods] = await Promise.all([
    readNode(cluster.read, name, signal),
    podsOn(cluster, name, signal),
  ]);
  const ended = supersededBy(name, node, handle);
  if (ended !== null) return ended;
  // Local files were asked about before it began; a pod that came since is not moved with them.
  const sorted = sortPods(pods, cluster.settings);
  if (sorted.moving.length === 0)
    return { kind: 'done', after: null, summary: `node ${name} is drained: ${all(handle)}` };
  if (sorted.inTheWay.length > 0) return failed(listed(sorted.inTheWay), name, sorted, handle);
  const waits: string[] = [];
  for (const its of sorted.moving) {
    if (call === null || its.metadata.deletionTimestamp !== undefined) continue;
    if (performance.now() - since > evictForMs) break;
    if (signal.aborted) return { kind: 'unknown', reason: 'it was given up before all evictions were made' };
    const permit = await call.permit();
    if (!permit.ok && permit.mayPass !== true) return failed(permit.reason, name, sorted, handle);
    if (!permit.ok) {
      waits.push(permit.reason);
      break;
    }
    const answer = await evict(cluster, its, false, signal);
    if (isHeldUp(answer)) waits.push(`${workloadName(its)} waits for its disruption budget`);
    else if (answer.kind === 'unknown') waits.push(`${namedPod(its)}: ${answer.reason}`);
    else if (answer.kind === 'refused' && !isGone(answer.status)) {
      const reason = `eviction of ${namedPod(its)}: ${answer.reason}`;
      if (!passes(answer)) return failed(reason, name, sorted, handle);
      waits.push(reason);
    }
  }
  const total = totalOf(handle, sorted);
  const done = total - sorted.moving.length;
  const words = [
    `${done} of ${total} pods moved`,
    ...(waits.length === 0 ? [] : [listed([...new Set(waits)])]),
  ];
  return { kind: 'running', progress: { done, of: total, words: words.join(', ') } };
}

/** Nothing goes on by itself but the pods that are shutting down: it is said where it stands. */
export async function cancelDrain(
  cluster: Cluster,
  name: string,
  handle: Handle,
  signal: AbortSignal,
): Promise<Polled> {
  const now = await drainPods(cluster, name, handle, null, signal);
  if (now.kind !== 'running') return now;
  const left = leftWords(now.progress.words, name);
  return { kind: 'failed', reason: 'no more pods are moved', left };
}

export async function isDrained(cluster: Cluster, name: string, signal?: AbortSignal): Promise<boolean> {
  return sortPods(await podsOn(cluster, name, signal), cluster.settings).moving.length === 0;
}

async function podsOn({ read }: Cluster, name: string, signal?: AbortSignal): Promise<readonly Pod[]> {
  return allOf(pod, await read.list(podsOnPath(name), signal));
}

function supersededBy(name: string, node: Node | null, { uid }: Handle): Polled | null {
  if (node === null || node.metadata.uid !== uid)
    return { kind: 'superseded', reason: `node ${name} was taken out of the cluster` };
  return cordonedBy(node) === 'by-sentinel'
    ? null
    : { kind: 'superseded', reason: `somebody else has uncordoned or cordoned node ${name}` };
}

/** The pod's uid is part of it: its successor of the same name is never evicted. */
function evict(
  { write }: Cluster,
  { metadata: { namespace, name, uid } }: Pod,
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<Written> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  };
  return write.change({ method: 'POST', path: evictionPath(namespace, name), body, dryRun }, signal);
}

/** 429 is how the API server says that a disruption budget allows it later. */
function isHeldUp(answer: Written): boolean {
  return answer.kind === 'refused' && answer.status === 429;
}

/** Gone, or another one of that name. */
function isGone(status: number): boolean {
  return status === 404 || status === 409;
}

/** Nothing about the pod or the rights: it is asked again. */
function passes({ code }: Extract<Written, { kind: 'refused' }>): boolean {
  return code === 'unreachable' || code === 'expired-credentials';
}

function failed(reason: string, name: string, sorted: Sorted, handle: Handle): Polled {
  const total = totalOf(handle, sorted);
  const words = `${total - sorted.moving.length} of ${total} pods moved`;
  return { kind: 'failed', reason, left: leftWords(words, name) };
}

function leftWords(words: string, name: string): string {
  return `${words}; no new pods go to node ${name} until it is uncordoned`;
}

/** More than were counted may be there: those that were not ready. */
function totalOf({ total = 0 }: Handle, { moving }: Sorted): number {
  return Math.max(total, moving.length);
}

function all({ total = 0 }: Handle): string {
  return total === 1 ? '1 pod moved' : `${total} pods moved`;
}

function listed(texts: readonly string[]): string {
  const more = texts.length - namedAtMost;
  return `${texts.slice(0, namedAtMost).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}
