// How far a rollout has come, by the workload's own status: the controller has seen the change, every pod is of the new
// template and ready, and none of the old ones is left.

import type { WorkloadKind } from './kinds.ts';
import type { Workload } from './objects.ts';

export type Rollout = {
  /** Every pod is as wanted, and ready. */
  readonly complete: boolean;
  /** Pods are still being replaced, added or taken away. One that crashes is no rollout: nobody waits for that to pass. */
  readonly inProgress: boolean;
  readonly done: number;
  readonly of: number;
  readonly words: string;
  /** Why it has stopped short of its end; null while it goes on, and when it is complete. */
  readonly stuck: string | null;
};

type Counts = {
  readonly wanted: number;
  readonly updated: number;
  readonly ready: number;
  readonly all: number;
};

export function rolloutOf(kind: WorkloadKind, workload: Workload): Rollout {
  const { metadata, status, spec } = workload;
  const { wanted, updated, ready, all } = countsOf(kind, workload);
  const seen = status.observedGeneration >= metadata.generation;
  const complete = seen && updated === wanted && all === wanted && ready === wanted;
  const old = Math.max(0, all - updated);
  const surplus = Math.max(0, updated - wanted);
  const words = !seen
    ? 'the controller has not begun'
    : `${Math.min(updated, wanted)} of ${pods(wanted)} new, ${Math.min(ready, wanted)} ready${old > 0 ? `, ${old} old` : ''}${surplus > 0 ? `, ${surplus} too many` : ''}`;
  const late = status.conditions.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  );
  const stuck =
    complete || !seen
      ? null
      : late !== undefined
        ? `the rollout exceeded its progress deadline with ${words}`
        : spec.paused
          ? `the rollout is paused with ${words}`
          : null;
  const changing = !seen || updated !== wanted || all !== wanted;
  return {
    complete,
    inProgress: changing && stuck === null,
    done: seen ? Math.min(updated, ready, wanted) : 0,
    of: wanted,
    words,
    stuck,
  };
}

export function wantedOf(kind: WorkloadKind, { spec, status }: Workload): number {
  return kind === 'daemonset' ? status.desiredNumberScheduled : (spec.replicas ?? 1);
}

export function readyOf(kind: WorkloadKind, { status }: Workload): number {
  return kind === 'daemonset' ? status.numberReady : status.readyReplicas;
}

function countsOf(kind: WorkloadKind, workload: Workload): Counts {
  const { status } = workload;
  const wanted = wantedOf(kind, workload);
  switch (kind) {
    case 'deployment':
      return {
        wanted,
        updated: status.updatedReplicas,
        ready: status.availableReplicas,
        all: status.replicas,
      };
    case 'statefulset': {
      // Before the first change there is one revision, and it counts as current rather than as updated.
      const same = status.updateRevision === status.currentRevision;
      const updated = same ? status.replicas : status.updatedReplicas;
      return { wanted, updated, ready: status.readyReplicas, all: status.replicas };
    }
    case 'daemonset':
      return {
        wanted,
        updated: status.updatedNumberScheduled,
        ready: status.numberAvailable,
        all: status.currentNumberScheduled,
      };
  }
}

const pods = (count: number) => (count === 1 ? '1 pod' : `${count} pods`);
