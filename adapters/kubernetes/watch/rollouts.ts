// How many pods of a workload have to be ready now. While it is rolled out or made larger, some may be missing without anything
// being wrong: as many as its strategy says, of what there was before. That ends with the rollout, or when the cluster says that it
// is stuck; where the cluster never says so (StatefulSets, DaemonSets), after the time a Deployment has by default.

import type { WorkloadFacts } from './facts.ts';

type Begun = { readonly atMs: number; readonly from: number };

export class Rollouts {
  private readonly begun = new Map<string, Begun>();

  /** Every change of a workload, in their order. `before`: null for one that is new. */
  note(before: WorkloadFacts | null, after: WorkloadFacts | null, initial: boolean, nowMs: number): void {
    const uid = after?.uid ?? before?.uid ?? '';
    if (after === null || after.rollout.complete || after.rollout.stuck !== null) {
      this.begun.delete(uid);
      return;
    }
    if (!after.rollout.inProgress) return;
    // The newest step of one that goes on: it has the time of a whole rollout again.
    const isNew = before === null || before.generation !== after.generation;
    const known = this.begun.get(uid);
    if (known !== undefined && !isNew) return;
    const from = known?.from ?? (before === null ? (initial ? after.wanted : 0) : before.wanted);
    this.begun.set(uid, { atMs: nowMs, from });
  }

  expected({ uid, wanted, mayMiss, deadlineMs }: WorkloadFacts, nowMs: number): number {
    const begun = this.begun.get(uid);
    if (begun === undefined || nowMs - begun.atMs > deadlineMs) return wanted;
    const there = Math.min(wanted, begun.from);
    return Math.max(0, there - mayMiss(there));
  }
}
