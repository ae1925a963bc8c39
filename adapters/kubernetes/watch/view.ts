// What is known of the watched namespaces, and to which workload and service each thing in them belongs.

import type { TargetRef } from '../../../domain/inventory/target.ts';
import type { Attributes } from '../../../domain/observation.ts';
import { isAllowed } from '../nodes.ts';
import type { KubernetesSettings } from '../settings.ts';
import { type Collection, createCollection, type Heard } from './collection.ts';
import {
  type AutoscalerFacts,
  autoscalerFacts,
  autoscalerSchema,
  type JobFacts,
  jobFacts,
  jobSchema,
  type NodeFacts,
  nodeFacts,
  nodeSchema,
  type ReplicaSetFacts,
  replicaSetFacts,
  replicaSetSchema,
  type WarningFacts,
  type WorkloadFacts,
  warningFacts,
  warningSchema,
  workloadFacts,
  workloadSchema,
} from './facts.ts';
import type { OwnedBy } from './parts.ts';
import { type PodFacts, podFacts, podSchema } from './pod-facts.ts';
import { type Source, sourcesOf } from './sources.ts';

export type Listeners = {
  pod(change: Heard<PodFacts>): void;
  workload(change: Heard<WorkloadFacts>): void;
  warning(change: Heard<WarningFacts>): void;
};

/** What something belongs to: the workload it is part of, or itself. */
export type Belongs = {
  readonly namespace: string;
  /** As targets call it: `deployment`, `cronjob`, `pod`. */
  readonly kind: string;
  readonly name: string;
  /** By labels; the inventory may know better. */
  readonly service: string;
  readonly workload: WorkloadFacts | null;
};

export type View = {
  readonly pods: readonly Collection<PodFacts>[];
  readonly workloads: readonly Collection<WorkloadFacts>[];
  readonly replicaSets: readonly Collection<ReplicaSetFacts>[];
  readonly autoscalers: readonly Collection<AutoscalerFacts>[];
  readonly jobs: readonly Collection<JobFacts>[];
  /** Those that configuration names. */
  readonly nodes: readonly Collection<NodeFacts>[];
  /** What has to be followed to keep it current. */
  readonly sources: readonly (Source & { readonly collection: Collection<never> })[];
  belongsTo(pod: PodFacts): Belongs;
  jobBelongsTo(job: JobFacts): Belongs;
  aboutWarning(warning: WarningFacts): Belongs;
  /** How much further than ours the clock is that events are told by. */
  warningsAheadMs(): number;
  workloadNamed(namespace: string, kind: string, name: string): WorkloadFacts | null;
  replicaSetsOf(uid: string): readonly ReplicaSetFacts[];
};

export function createView(
  settings: Pick<KubernetesSettings, 'namespaces' | 'nodes' | 'serviceLabels'>,
  listeners: Listeners,
  nowMs: () => number,
): View {
  const { serviceLabels } = settings;
  const podsByName = new Map<string, PodFacts>();
  const workloadsByName = new Map<string, WorkloadFacts>();
  const workloadsByUid = new Map<string, WorkloadFacts>();
  const setsByUid = new Map<string, ReplicaSetFacts>();
  const setsOf = new Map<string, Map<string, ReplicaSetFacts>>();
  const jobsByUid = new Map<string, JobFacts>();

  const nameKey = (namespace: string, kind: string, name: string) =>
    `${namespace}/${kind.toLowerCase()}/${name}`;

  function heardPod(change: Heard<PodFacts>): void {
    keep(podsByName, change, (pod) => nameKey(pod.namespace, 'pod', pod.name));
    listeners.pod(change);
  }
  function heardWorkload(change: Heard<WorkloadFacts>): void {
    keep(workloadsByName, change, (one) => nameKey(one.namespace, one.kind, one.name));
    keep(workloadsByUid, change, ({ uid }) => uid);
    listeners.workload(change);
  }
  function heardSet({ before, after }: Heard<ReplicaSetFacts>): void {
    const fact = after ?? before;
    const owner = fact?.owner?.uid;
    keep(setsByUid, { before, after }, ({ uid }) => uid);
    if (fact === null || owner === undefined) return;
    const own = setsOf.get(owner) ?? new Map<string, ReplicaSetFacts>();
    keep(own, { before, after }, ({ uid }) => uid);
    if (own.size === 0) setsOf.delete(owner);
    else setsOf.set(owner, own);
  }

  const collections = {
    pods: () => createCollection(podSchema, (pod) => podFacts(pod, serviceLabels), heardPod, nowMs),
    replicaSets: () => createCollection(replicaSetSchema, replicaSetFacts, heardSet, nowMs),
    autoscalers: () => createCollection(autoscalerSchema, autoscalerFacts, () => {}, nowMs),
    jobs: () =>
      createCollection(
        jobSchema,
        (job) => jobFacts(job, serviceLabels),
        (change: Heard<JobFacts>) => keep(jobsByUid, change, ({ uid }) => uid),
        nowMs,
      ),
    nodes: () =>
      createCollection(
        nodeSchema,
        (node) => (isAllowed(settings, node.metadata.name) ? nodeFacts(node) : null),
        () => {},
        nowMs,
      ),
    warnings: () => createCollection(warningSchema, warningFacts, listeners.warning, nowMs),
    deployment: () => workloadCollection('deployment'),
    statefulset: () => workloadCollection('statefulset'),
    daemonset: () => workloadCollection('daemonset'),
  };
  function workloadCollection(kind: WorkloadFacts['kind']) {
    return createCollection(
      workloadSchema,
      (its) => workloadFacts(kind, its, serviceLabels),
      heardWorkload,
      nowMs,
    );
  }

  const sources = sourcesOf(settings).map((source) => ({
    ...source,
    collection: collections[source.holds](),
  }));
  const of = <F>(...holds: readonly Source['holds'][]) =>
    sources
      .filter((source) => holds.includes(source.holds))
      .map(({ collection }) => collection as unknown as F);

  function belongs(
    namespace: string,
    owner: OwnedBy | null,
    own: { kind: string; name: string; service: string | null },
  ): Belongs {
    const set = owner?.kind === 'ReplicaSet' ? setsByUid.get(owner.uid) : undefined;
    const above = set?.owner ?? owner;
    const workload = above === null ? undefined : workloadsByUid.get(above.uid);
    if (workload !== undefined) {
      const { kind, name, service } = workload;
      return { namespace, kind, name, service, workload };
    }
    const job = above?.kind === 'Job' ? jobsByUid.get(above.uid) : undefined;
    const top = job?.owner ?? above;
    // Who makes a pod may write whatever he likes there; a name that is none would lead to another target.
    const isName = top !== null && kindPattern.test(top.kind) && namePattern.test(top.name);
    const [kind, name] = isName ? [top.kind.toLowerCase(), top.name] : [own.kind, own.name];
    return { namespace, kind, name, service: own.service ?? job?.service ?? name, workload: null };
  }

  const belongsTo = (pod: PodFacts): Belongs =>
    belongs(pod.namespace, pod.owner, { kind: 'pod', name: pod.name, service: pod.service });
  const workloadNamed = (namespace: string, kind: string, name: string) =>
    workloadsByName.get(nameKey(namespace, kind, name)) ?? null;

  return {
    pods: of('pods'),
    workloads: of('deployment', 'statefulset', 'daemonset'),
    replicaSets: of('replicaSets'),
    autoscalers: of('autoscalers'),
    jobs: of('jobs'),
    nodes: of('nodes'),
    sources: sources as unknown as View['sources'],
    belongsTo,
    jobBelongsTo: (job) =>
      belongs(job.namespace, job.owner, { kind: 'job', name: job.name, service: job.service }),
    aboutWarning({ namespace, about }) {
      const pod = podsByName.get(nameKey(namespace, about.kind, about.name));
      if (pod !== undefined) return belongsTo(pod);
      const kind = about.kind.toLowerCase();
      const workload = workloadNamed(namespace, kind, about.name);
      if (workload !== null)
        return { namespace, kind, name: about.name, service: workload.service, workload };
      const set = about.kind === 'ReplicaSet' ? setsByUid.get(about.uid) : undefined;
      const owner = set?.owner ?? jobsByUid.get(about.uid)?.owner ?? null;
      return belongs(namespace, owner, {
        kind: kindPattern.test(about.kind) ? kind : 'object',
        name: namePattern.test(about.name) ? about.name : 'unnamed',
        service: null,
      });
    },
    warningsAheadMs: () => of<Collection<WarningFacts>>('warnings')[0]?.aheadMs() ?? 0,
    workloadNamed,
    replicaSetsOf: (uid) => [...(setsOf.get(uid)?.values() ?? [])],
  };
}

function keep<F>(
  map: Map<string, F>,
  { before, after }: { readonly before: F | null; readonly after: F | null },
  keyOf: (fact: F) => string,
): void {
  if (after !== null) map.set(keyOf(after), after);
  // A successor of the same name may be there already.
  else if (before !== null && map.get(keyOf(before)) === before) map.delete(keyOf(before));
}

/** As the API server has them. */
const kindPattern = /^[A-Za-z][A-Za-z0-9]{0,62}$/;
const namePattern = /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;

export const ofNode = ({ name }: NodeFacts): Belongs => ({
  ...{ namespace: '_', kind: 'node', name, service: name },
  workload: null,
});

/** Under OpenTelemetry's names. */
export function attributesOf(cluster: string, { namespace, kind, name }: Belongs): Attributes {
  if (kind === 'node') return { 'k8s.cluster.name': cluster, 'k8s.node.name': name };
  return { 'k8s.cluster.name': cluster, 'k8s.namespace.name': namespace, [`k8s.${kind}.name`]: name };
}

export function targetOf(cluster: string, environment: string, of: Belongs): TargetRef {
  const resource = `kubernetes/${cluster}/${of.namespace}/${of.kind}/${of.name}`;
  return { environment, service: of.service, resource };
}
