// The workloads of the configured namespaces as targets. Everything is read from the API server at that moment, and from all
// kinds of one namespace at once: a target is never put together from two times further apart than these requests.

import type { ReplicaState } from '../../domain/inventory/target.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { Api } from './api.ts';
import {
  autoscalersPath,
  controllerRevisionsPath,
  podsPath,
  replicaSetsPath,
  resourceOf,
  type WorkloadKind,
  type WorkloadRef,
  workloadKinds,
  workloadPath,
  workloadsPath,
} from './kinds.ts';
import { isMarkedProtected } from './metadata.ts';
import {
  type Autoscaler,
  allOf,
  autoscaler,
  type ControllerRevision,
  controllerRevision,
  type Pod,
  pod,
  type ReplicaSet,
  replicaSet,
  type Workload,
  workload,
} from './objects.ts';
import { type FoundSync, ownerOf } from './owner.ts';
import { previousOf, type Revision, revisionsOf } from './revisions.ts';
import { readyOf, rolloutOf, wantedOf } from './rollout.ts';
import { type KubernetesSettings, nodeActions, syncActions } from './settings.ts';
import { versionOf } from './template.ts';

/** What a namespace has, as far as targets are made of it. */
export type NamespaceContents = {
  readonly workloads: readonly { readonly kind: WorkloadKind; readonly workload: Workload }[];
  readonly pods: readonly Pod[];
  readonly replicaSets: readonly ReplicaSet[];
  readonly controllerRevisions: readonly ControllerRevision[];
  readonly autoscalers: readonly Autoscaler[];
};

/** What keeps a workload and can be paused, by the workload's uid. */
export type Syncs = ReadonlyMap<string, FoundSync>;

export type ObserveSettings = Pick<
  KubernetesSettings,
  'cluster' | 'namespaces' | 'serviceLabels' | 'actions' | 'nodes' | 'drainDeletesLocalFiles' | 'pauseOwners'
> & {
  readonly name: string;
};

export async function readNamespace(
  api: Api,
  namespace: string,
  signal?: AbortSignal,
): Promise<NamespaceContents> {
  const [ofKinds, pods, replicaSets, controllerRevisions, autoscalers] = await Promise.all([
    Promise.all(workloadKinds.map((kind) => api.list(workloadsPath(namespace, kind), signal))),
    api.list(podsPath(namespace), signal),
    api.list(replicaSetsPath(namespace), signal),
    api.list(controllerRevisionsPath(namespace), signal),
    api.list(autoscalersPath(namespace), signal),
  ]);
  return {
    workloads: workloadKinds.flatMap((kind, index) =>
      allOf(workload, ofKinds[index] ?? []).map((one) => ({ kind, workload: one })),
    ),
    pods: allOf(pod, pods),
    replicaSets: allOf(replicaSet, replicaSets),
    controllerRevisions: allOf(controllerRevision, controllerRevisions),
    autoscalers: allOf(autoscaler, autoscalers),
  };
}

/** The workload as it is now; null when there is none of that name. */
export async function readWorkload(
  api: Api,
  ref: WorkloadRef,
  signal?: AbortSignal,
): Promise<Workload | null> {
  const found = await api.get(workloadPath(ref), signal);
  return found === null ? null : workload.parse(found);
}

export function workloadTargets(
  contents: readonly NamespaceContents[],
  settings: ObserveSettings,
  environment: string,
  nowMs: number,
  syncs: Syncs = new Map(),
): readonly TargetState[] {
  return contents.flatMap((one) =>
    one.workloads.map(({ kind, workload: its }) =>
      targetOf(kind, its, one, settings, environment, nowMs, syncs),
    ),
  );
}

export function readNamespaces(
  api: Api,
  { namespaces }: Pick<ObserveSettings, 'namespaces'>,
  signal?: AbortSignal,
): Promise<readonly NamespaceContents[]> {
  return Promise.all(namespaces.map((namespace) => readNamespace(api, namespace, signal)));
}

function targetOf(
  kind: WorkloadKind,
  its: Workload,
  contents: NamespaceContents,
  settings: ObserveSettings,
  environment: string,
  nowMs: number,
  syncs: Syncs,
): TargetState {
  const { metadata, spec } = its;
  const ref = { namespace: metadata.namespace, kind, name: metadata.name };
  const revisions = revisionsOf(its, contents.replicaSets, contents.controllerRevisions);
  const { release, config } = versionOf(spec.template);
  const previousRelease = previousOf(revisions, { release, config }, 'release');
  const previousConfig = previousOf(revisions, { release, config }, 'config');
  const owner = ownerOf(kind, its, contents.autoscalers, syncs.get(metadata.uid));
  const rollout = rolloutOf(kind, its);
  const guarded = protectionOf(its);
  return {
    target: {
      environment,
      service: serviceOf(its, settings.serviceLabels),
      resource: resourceOf(settings.cluster, ref),
    },
    executor: settings.name,
    desiredReplicas: wantedOf(kind, its),
    readyReplicas: readyOf(kind, its),
    replicas: podsOf(its, contents).map(replicaOf),
    release,
    config,
    ...(previousRelease === undefined ? {} : { previousRelease }),
    ...(previousConfig === undefined ? {} : { previousConfig }),
    ...(owner === null ? {} : { owner }),
    ...(guarded === null ? {} : { protected: guarded }),
    rollout: { inProgress: rollout.inProgress, detail: rollout.words },
    observedAtMs: nowMs,
    revision: revisionOf(its),
    supports:
      guarded === null
        ? [...supported(kind, settings.actions), ...(owner?.sync === undefined ? [] : syncActions)]
        : [],
  };
}

/**
 * Of what people and pipelines write, and nothing else: `resourceVersion` also changes with every pod that becomes ready. The
 * request itself is conditional on the `resourceVersion` that was read right before it.
 */
export function revisionOf({ metadata: { uid, generation } }: Pick<Workload, 'metadata'>): string {
  return `${uid}/${generation}`;
}

export function serviceOf({ metadata, spec }: Workload, labels: readonly string[]): string {
  const ofPods = spec.template.metadata?.labels ?? {};
  for (const label of labels) {
    const value = metadata.labels[label] ?? ofPods[label];
    if (value !== undefined && value !== '') return value;
  }
  return metadata.name;
}

/** Why nothing may act on it; null when it may. */
export function protectionOf({ metadata }: Pick<Workload, 'metadata'>): string | null {
  const { namespace, labels } = metadata;
  if (namespace === 'kube-system') return 'the cluster itself stands on it (namespace kube-system)';
  if (isMarkedProtected(metadata)) return 'it is marked sentinel.dev/protected';
  const names = ['app.kubernetes.io/name', 'app.kubernetes.io/part-of', 'app'].map((label) => labels[label]);
  return names.includes('sentinel') ? 'it is a part of Sentinel' : null;
}

/** What can be done to it at all. Whether its owner lets it last is asked when a step is previewed, so that the reason is told. */
function supported(kind: WorkloadKind, allowed: readonly ActionId[]): readonly ActionId[] {
  const ofNodes: readonly ActionId[] = nodeActions;
  return allowed.filter(
    (action) => !ofNodes.includes(action) && !(kind === 'daemonset' && action === 'scale'),
  );
}

/** The pods that count as its replicas. */
export function podsOf(
  { metadata: { uid } }: Workload,
  { pods, replicaSets }: NamespaceContents,
): readonly Pod[] {
  const sets = replicaSets
    .filter(({ metadata }) => ownedBy(metadata, uid))
    .map(({ metadata }) => metadata.uid);
  const owners = new Set([uid, ...sets]);
  return pods.filter(
    ({ metadata, status }) =>
      metadata.ownerReferences.some((owner) => owner.controller && owners.has(owner.uid)) &&
      // What was evicted or has run to its end stays listed, and is no replica any more.
      status.phase !== 'Failed' &&
      status.phase !== 'Succeeded',
  );
}

function ownedBy({ ownerReferences }: Pod['metadata'], uid: string): boolean {
  return ownerReferences.some((owner) => owner.controller && owner.uid === uid);
}

function replicaOf({ metadata, status }: Pod): ReplicaState {
  const started = status.containerStatuses
    .map(({ state }) => state?.running?.startedAt)
    .filter((at) => at != null)
    .map((at) => Date.parse(at));
  const since = Date.parse(status.startTime ?? metadata.creationTimestamp);
  return {
    id: metadata.name,
    uid: metadata.uid,
    state: stateOf({ metadata, status }),
    startedAtMs: started.length === 0 ? since : Math.max(...started),
    restarts: status.containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
  };
}

export function stateOf({ metadata, status }: Pick<Pod, 'metadata' | 'status'>): ReplicaState['state'] {
  if (metadata.deletionTimestamp !== undefined) return 'draining';
  const crashed = status.containerStatuses.some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff');
  if (crashed) return 'exited';
  const ready = status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  return ready ? 'running' : 'starting';
}

/** The stored templates of one workload, newest first. */
export async function readRevisions(
  api: Api,
  ref: WorkloadRef,
  its: Workload,
  signal?: AbortSignal,
): Promise<readonly Revision[]> {
  if (ref.kind === 'deployment')
    return revisionsOf(its, allOf(replicaSet, await api.list(replicaSetsPath(ref.namespace), signal)), []);
  const stored = await api.list(controllerRevisionsPath(ref.namespace), signal);
  return revisionsOf(its, [], allOf(controllerRevision, stored));
}
