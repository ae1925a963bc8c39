// The nodes of the cluster as targets: only those that configuration names. What runs on them is read with them, because
// whoever takes a node out takes hold of all of that.

import { matchesGlob } from '../../domain/glob.ts';
import type { NodeState } from '../../domain/inventory/target.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { Api } from './api.ts';
import { allPodsPath, nodePath, nodePoolOf, nodeResourceOf, nodesPath } from './kinds.ts';
import { controllerOf, isMarkedProtected, setBy } from './metadata.ts';
import { sortPods } from './node-pods.ts';
import { allOf, type Node, node, type Pod, pod } from './objects.ts';
import { type NamespaceContents, type ObserveSettings, stateOf } from './observe.ts';
import { nodeActions } from './settings.ts';

/** Who cordoned the node: the intent, written with it. */
export const cordonedByAnnotation = 'sentinel.dev/cordoned-by';

const longestRuns = 500;

export async function observeNodes(
  api: Api,
  settings: ObserveSettings,
  environment: string,
  contents: readonly NamespaceContents[],
  nowMs: number,
  signal?: AbortSignal,
): Promise<readonly TargetState[]> {
  if (settings.nodes.length === 0) return [];
  const [nodes, pods] = await Promise.all([
    readNodes(api, signal),
    api.list(allPodsPath, signal).then((items) => allOf(pod, items)),
  ]);
  const standing = standingOf(pods, workloadKeys(settings.cluster, contents));
  return nodes
    .filter(({ metadata }) => isAllowed(settings, metadata.name))
    .map((one) => targetOf(one, standing, settings, environment, nowMs));
}

/** What stands where, gone through once for all nodes. */
type Standing = {
  readonly keyOf: (pod: Pod) => string;
  /** By node. */
  readonly pods: ReadonlyMap<string, readonly Pod[]>;
  /** How many pods of a workload are ready, by its key. */
  readonly ready: ReadonlyMap<string, number>;
};

function standingOf(pods: readonly Pod[], keyOf: Standing['keyOf']): Standing {
  return {
    keyOf,
    pods: Map.groupBy(pods, ({ spec }) => spec.nodeName),
    ready: readyByKey(pods, keyOf),
  };
}

function readyByKey(pods: readonly Pod[], keyOf: Standing['keyOf']): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const one of pods) {
    if (stateOf(one) !== 'running') continue;
    const key = keyOf(one);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

export async function readNode(api: Api, name: string, signal?: AbortSignal): Promise<Node | null> {
  const found = await api.get(nodePath(name), signal);
  return found === null ? null : node.parse(found);
}

export async function readNodes(api: Api, signal?: AbortSignal): Promise<readonly Node[]> {
  return allOf(node, await api.list(nodesPath, signal));
}

export function isAllowed({ nodes }: Pick<ObserveSettings, 'nodes'>, name: string): boolean {
  return nodes.some((pattern) => matchesGlob(pattern, name));
}

function targetOf(
  its: Node,
  standing: Standing,
  settings: ObserveSettings,
  environment: string,
  nowMs: number,
): TargetState {
  const { name, uid, creationTimestamp } = its.metadata;
  const guarded = nodeProtection(its);
  const ready = isReady(its);
  return {
    target: { environment, service: name, resource: nodeResourceOf(settings.cluster, name) },
    executor: settings.name,
    desiredReplicas: 1,
    readyReplicas: ready ? 1 : 0,
    replicas: [
      {
        ...{ id: name, uid, restarts: 0 },
        state: ready ? 'running' : 'exited',
        startedAtMs: Date.parse(creationTimestamp),
      },
    ],
    release: its.status.nodeInfo.kubeletVersion,
    config: '',
    node: nodeStateOf(its, standing, settings),
    ...(guarded === null ? {} : { protected: guarded }),
    observedAtMs: nowMs,
    revision: nodeRevisionOf(its),
    supports: guarded === null ? supported(settings.actions) : [],
  };
}

function supported(actions: readonly ActionId[]): readonly ActionId[] {
  return nodeActions.filter((action) => actions.includes(action));
}

function nodeStateOf(
  its: Pick<Node, 'metadata' | 'spec'>,
  { keyOf, pods, ready }: Standing,
  settings: Pick<ObserveSettings, 'cluster' | 'namespaces' | 'drainDeletesLocalFiles'>,
): NodeState {
  const here = pods.get(its.metadata.name) ?? [];
  const { moving, losesFilesOf } = sortPods(here, settings);
  const readyHere = readyByKey(here, keyOf);
  const keys = [...new Set(moving.map(keyOf))].sort();
  return {
    cordoned: cordonedBy(its),
    carries: keys.map((key) => {
      const onIt = readyHere.get(key) ?? 0;
      return { key, here: onIt, elsewhere: (ready.get(key) ?? 0) - onIt };
    }),
    runs: here.map(({ metadata }) => metadata.name).slice(0, longestRuns),
    pool: nodePoolOf(settings.cluster),
    ...(settings.drainDeletesLocalFiles && losesFilesOf > 0 ? { losesFilesOf } : {}),
  };
}

/** The key of what a pod is a replica of: a Deployment by way of its ReplicaSet, anything else by its controller. */
export function workloadKeys(
  cluster: string,
  contents: readonly Pick<NamespaceContents, 'replicaSets'>[],
): (pod: Pod) => string {
  const deployments = new Map(
    contents.flatMap(({ replicaSets }) =>
      replicaSets.flatMap(({ metadata }) => {
        const owner = controllerOf(metadata);
        return owner?.kind === 'Deployment' ? [[metadata.uid, owner.name] as const] : [];
      }),
    ),
  );
  return ({ metadata }) => {
    const owner = controllerOf(metadata);
    const { namespace } = metadata;
    if (owner === undefined) return `kubernetes/${cluster}/${namespace}/pod/${metadata.name}`;
    const deployment = deployments.get(owner.uid);
    return deployment === undefined
      ? `kubernetes/${cluster}/${namespace}/${owner.kind.toLowerCase()}/${owner.name}`
      : `kubernetes/${cluster}/${namespace}/deployment/${deployment}`;
  };
}

/** Of what actions depend on; `resourceVersion` also changes with everything that the kubelet reports. */
export function nodeRevisionOf(its: Pick<Node, 'metadata' | 'spec'>): string {
  return `${its.metadata.uid}/${cordonedBy(its)}`;
}

/** Why nothing may act on it; null when it may. */
export function nodeProtection({ metadata }: Pick<Node, 'metadata'>): string | null {
  const roles = ['control-plane', 'master', 'etcd'].map((role) => `node-role.kubernetes.io/${role}`);
  if (roles.some((role) => metadata.labels[role] !== undefined))
    return 'the cluster itself stands on it (control plane)';
  return isMarkedProtected(metadata) ? 'it is marked sentinel.dev/protected' : null;
}

/** By the API server's own record of who set the field: somebody who cordons it again after an `uncordon` is not Sentinel. */
export function cordonedBy({ metadata, spec }: Pick<Node, 'metadata' | 'spec'>): NodeState['cordoned'] {
  if (!spec.unschedulable) return 'no';
  const isOurs = setBy(metadata, ['f:spec', 'f:unschedulable'], (manager) => manager === 'sentinel');
  return isOurs && metadata.annotations[cordonedByAnnotation] !== undefined
    ? 'by-sentinel'
    : 'by-somebody-else';
}

export function isReady({ status }: Pick<Node, 'status'>): boolean {
  return status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
}

/** Nodes that what is moved away could go to. Whether there is enough room, and the right kind of it, is not asked. */
export function othersToGoTo(nodes: readonly Node[], name: string): number {
  return nodes.filter(
    (one) =>
      one.metadata.name !== name &&
      one.metadata.deletionTimestamp === undefined &&
      !one.spec.unschedulable &&
      isReady(one) &&
      nodeProtection(one) === null,
  ).length;
}
