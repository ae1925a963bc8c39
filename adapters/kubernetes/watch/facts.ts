// What is kept of the other objects that are watched: workloads, their replica sets, jobs, autoscalers, nodes and warnings.

import { z } from 'zod';
import type { WorkloadKind } from '../kinds.ts';
import { replicaSet, workload as workloadSchema } from '../objects.ts';
import { serviceOf } from '../observe.ts';
import { type Rollout, readyOf, rolloutOf, wantedOf } from '../rollout.ts';
import { versionOf } from '../template.ts';
import { mayMissOf } from './may-miss.ts';
import { conditions, instant, labelled, metadata, type OwnedBy, ownerOf, short } from './parts.ts';

export type WorkloadFacts = {
  readonly uid: string;
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly generation: number;
  /** What the cluster counts its templates by; null where it does not. */
  readonly revision: number | null;
  readonly release: string;
  readonly config: string;
  readonly wanted: number;
  readonly ready: number;
  readonly rollout: Rollout;
  /** How many of so many may be missing while it is rolled out. */
  readonly mayMiss: (replicas: number) => number;
  /** What keeps it from making pods; null when nothing does. */
  readonly failure: string | null;
  readonly deadlineMs: number;
};

const usualDeadlineSeconds = 600;

export { workloadSchema };

export function workloadFacts(
  kind: WorkloadKind,
  its: z.output<typeof workloadSchema>,
  serviceLabels: readonly string[],
): WorkloadFacts {
  const { metadata: of, spec, status } = its;
  const revision = Number(of.annotations['deployment.kubernetes.io/revision'] ?? Number.NaN);
  const failing = status.conditions.find((one) => one.type === 'ReplicaFailure' && one.status === 'True');
  const { progressDeadlineSeconds: deadline } = spec;
  return {
    uid: of.uid,
    kind,
    namespace: of.namespace,
    name: of.name,
    service: serviceOf(its, serviceLabels),
    generation: of.generation,
    revision: Number.isInteger(revision) ? revision : null,
    ...versionOf(spec.template),
    wanted: wantedOf(kind, its),
    ready: readyOf(kind, its),
    rollout: rolloutOf(kind, its),
    mayMiss: mayMissOf(kind, spec),
    failure: failing === undefined ? null : short(failing.message || failing.reason),
    deadlineMs: (typeof deadline === 'number' && deadline > 0 ? deadline : usualDeadlineSeconds) * 1_000,
  };
}

export type ReplicaSetFacts = {
  readonly uid: string;
  readonly owner: OwnedBy | null;
  readonly number: number;
  readonly createdMs: number | null;
  readonly release: string;
  readonly config: string;
};
export const replicaSetSchema = replicaSet;

export function replicaSetFacts({ metadata: its, spec }: z.output<typeof replicaSet>): ReplicaSetFacts {
  const owner = its.ownerReferences.find(({ controller }) => controller);
  return {
    uid: its.uid,
    owner: owner === undefined ? null : { kind: owner.kind, name: owner.name, uid: owner.uid },
    number: Number(its.annotations['deployment.kubernetes.io/revision'] ?? 0),
    createdMs: instant(its.creationTimestamp),
    ...versionOf(spec.template),
  };
}

export type JobFacts = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly owner: OwnedBy | null;
  readonly service: string | null;
  readonly createdMs: number | null;
  readonly failed: string | null;
  readonly succeeded: boolean;
};
export const jobSchema = z.looseObject({ metadata, status: z.looseObject({ conditions }).prefault({}) });

export function jobFacts(job: z.output<typeof jobSchema>, serviceLabels: readonly string[]): JobFacts {
  const is = (type: string) =>
    job.status.conditions?.find((one) => one.type === type && one.status === 'True');
  const failed = is('Failed');
  return {
    uid: job.metadata.uid,
    namespace: job.metadata.namespace,
    name: job.metadata.name,
    owner: ownerOf(job.metadata),
    service: labelled(job.metadata, serviceLabels),
    createdMs: instant(job.metadata.creationTimestamp),
    failed:
      failed === undefined
        ? null
        : [short(failed.reason), short(failed.message)].filter((text) => text !== '').join(': '),
    succeeded: is('Complete') !== undefined,
  };
}

export type AutoscalerFacts = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly target: { readonly kind: string; readonly name: string };
  readonly most: number;
  /** It wants more than it may have. */
  readonly limited: boolean;
};
export const autoscalerSchema = z.looseObject({
  metadata,
  spec: z.looseObject({
    scaleTargetRef: z.looseObject({ kind: z.string(), name: z.string() }),
    maxReplicas: z.int().default(0),
  }),
  status: z.looseObject({ conditions }).prefault({}),
});

export function autoscalerFacts({
  metadata: its,
  spec,
  status,
}: z.output<typeof autoscalerSchema>): AutoscalerFacts {
  const { kind, name } = spec.scaleTargetRef;
  return {
    uid: its.uid,
    namespace: its.namespace,
    name: its.name,
    target: { kind, name },
    most: spec.maxReplicas,
    limited:
      status.conditions?.some(
        (one) => one.type === 'ScalingLimited' && one.status === 'True' && one.reason === 'TooManyReplicas',
      ) ?? false,
  };
}

export type WarningFacts = {
  readonly uid: string;
  readonly namespace: string;
  readonly about: OwnedBy;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** When it happened first and last, by the cluster's clock; null where it does not say. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
};
const instantText = z.string().nullish();
export const warningSchema = z.looseObject({
  metadata,
  type: z.string().default('Warning'),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  count: z.int().nullish(),
  series: z.looseObject({ count: z.int().default(1), lastObservedTime: instantText }).nullish(),
  eventTime: instantText,
  firstTimestamp: instantText,
  lastTimestamp: instantText,
  involvedObject: z.looseObject({
    kind: z.string().default(''),
    name: z.string().default(''),
    uid: z.string().default(''),
  }),
});

export function warningFacts(event: z.output<typeof warningSchema>): WarningFacts | null {
  if (event.type !== 'Warning') return null;
  const { kind, name, uid } = event.involvedObject;
  const { series, eventTime, firstTimestamp, lastTimestamp } = event;
  const firstMs = instant(firstTimestamp) ?? instant(eventTime) ?? instant(event.metadata.creationTimestamp);
  return {
    uid: event.metadata.uid,
    namespace: event.metadata.namespace,
    about: { kind, name, uid },
    reason: short(event.reason),
    message: short(event.message),
    // A series is one event that goes on: older API servers count in the other place.
    count: Math.max(1, series?.count ?? event.count ?? 1),
    firstMs,
    lastMs: instant(series?.lastObservedTime) ?? instant(lastTimestamp) ?? firstMs,
  };
}

export type NodeFacts = {
  readonly uid: string;
  readonly name: string;
  /** What the cluster says is wrong with it. */
  readonly troubles: readonly { readonly trouble: string; readonly words: string }[];
};
export const nodeSchema = z.looseObject({ metadata, status: z.looseObject({ conditions }).prefault({}) });

const pressures: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['memory-pressure', 'is short of memory'],
  DiskPressure: ['disk-pressure', 'is short of disk space'],
  PIDPressure: ['process-pressure', 'is short of process ids'],
  NetworkUnavailable: ['network', 'has no network'],
};

export function nodeFacts({ metadata: its, status }: z.output<typeof nodeSchema>): NodeFacts {
  const troubles = (status.conditions ?? []).flatMap(({ type, status: is, reason, message }) => {
    const [trouble, what] =
      type === 'Ready' && is !== 'True' ? ['not-ready', 'is not ready'] : (pressures[type] ?? []);
    if (trouble === undefined || (type !== 'Ready' && is !== 'True')) return [];
    const said = [short(reason), short(message)].filter((text) => text !== '').join(': ');
    return [{ trouble, words: `node ${its.name} ${what}${said === '' ? '' : `: ${said}`}` }];
  });
  return { uid: its.uid, name: its.name, troubles };
}
