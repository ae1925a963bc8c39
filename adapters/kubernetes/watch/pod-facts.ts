// What is kept of a pod: a few hundred bytes, so that ten thousand of them cost some megabytes.

import { z } from 'zod';
import { conditions, instant, labelled, metadata, type OwnedBy, ownerOf, short } from './parts.ts';

/** How a container ended; `key` tells one end from the next. */
export type End = { readonly key: string; readonly reason: string; readonly exitCode: number };
export type ContainerFacts = {
  readonly name: string;
  readonly restarts: number;
  readonly waiting: { readonly reason: string; readonly message: string } | null;
  readonly lastEnd: End | null;
};
export type PodFacts = {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly owner: OwnedBy | null;
  /** By its own labels; null where they say nothing. */
  readonly service: string | null;
  readonly node: string;
  readonly phase: string;
  readonly reason: string;
  readonly message: string;
  readonly deleting: boolean;
  readonly ready: boolean;
  /** Since when it is (not) ready, and has (not) found a node, by the cluster's clock. */
  readonly readySinceMs: number | null;
  readonly unscheduled: { readonly message: string; readonly sinceMs: number | null } | null;
  readonly containers: readonly ContainerFacts[];
};

const ended = z.looseObject({
  exitCode: z.int().default(0),
  reason: z.string().nullish(),
  finishedAt: z.string().nullish(),
  containerID: z.string().nullish(),
});
const containerStatus = z.looseObject({
  name: z.string(),
  restartCount: z.int().default(0),
  state: z
    .looseObject({
      waiting: z.looseObject({ reason: z.string().nullish(), message: z.string().nullish() }).nullish(),
      terminated: ended.nullish(),
    })
    .nullish(),
  lastState: z.looseObject({ terminated: ended.nullish() }).nullish(),
});
export const podSchema = z.looseObject({
  metadata,
  spec: z.looseObject({ nodeName: z.string().nullish() }).nullish(),
  status: z
    .looseObject({
      phase: z.string().default('Pending'),
      reason: z.string().nullish(),
      message: z.string().nullish(),
      conditions,
      containerStatuses: z.array(containerStatus).nullish(),
      initContainerStatuses: z.array(containerStatus).nullish(),
    })
    .prefault({}),
});

export function podFacts(pod: z.output<typeof podSchema>, serviceLabels: readonly string[]): PodFacts {
  const { metadata: its, status } = pod;
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  const [ready, scheduled] = [condition('Ready'), condition('PodScheduled')];
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return {
    uid: its.uid,
    namespace: its.namespace,
    name: its.name,
    owner: ownerOf(its),
    service: labelled(its, serviceLabels),
    node: pod.spec?.nodeName ?? '',
    phase: status.phase,
    reason: short(status.reason),
    message: short(status.message),
    deleting: its.deletionTimestamp != null,
    ready: ready?.status === 'True',
    readySinceMs: instant(ready?.lastTransitionTime) ?? instant(its.creationTimestamp),
    unscheduled:
      scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
        ? { message: short(scheduled.message), sinceMs: instant(scheduled.lastTransitionTime) }
        : null,
    containers: containers.map(({ name, restartCount, state, lastState }) => ({
      name,
      restarts: restartCount,
      waiting:
        state?.waiting == null
          ? null
          : { reason: short(state.waiting.reason), message: short(state.waiting.message) },
      lastEnd: endOf(state?.terminated ?? lastState?.terminated),
    })),
  };
}

function endOf(given: z.output<typeof ended> | null | undefined): End | null {
  if (given == null) return null;
  const { exitCode, reason, finishedAt, containerID } = given;
  return { key: `${containerID ?? ''}|${finishedAt ?? ''}|${exitCode}`, reason: short(reason), exitCode };
}
