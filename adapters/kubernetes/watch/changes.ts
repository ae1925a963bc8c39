// What somebody changed: releases, configurations and numbers of replicas of workloads, each told once. A rollout of a Deployment
// has a number in the cluster, so one that happened while Sentinel was away is told, too.

import type { Attributes } from '../../../domain/observation.ts';
import type { Heard } from './collection.ts';
import type { ReplicaSetFacts, WorkloadFacts } from './facts.ts';

export type Change = {
  /** The same for the same change, whoever sees it and however often. */
  readonly id: string;
  readonly type: 'release' | 'config' | 'scale';
  readonly workload: WorkloadFacts;
  readonly atMs: number;
  readonly summary: string;
  readonly attributes: Attributes;
};

/** What lies further back explains nothing that is found now. */
const tellsOfMs = 24 * 3_600_000;

export function changesOf(
  { before, after, initial }: Heard<WorkloadFacts>,
  nowMs: number,
): readonly Change[] {
  if (before === null || after === null || initial || before.generation === after.generation) return [];
  const changes: Change[] = [];
  // The number that the cluster is about to give to this rollout.
  const number = before.revision === null ? after.generation : before.revision + 1;
  if (before.release !== after.release)
    changes.push(versionChange(after, 'release', number, before.release, nowMs));
  if (before.config !== after.config)
    changes.push(versionChange(after, 'config', number, before.config, nowMs));
  if (before.wanted !== after.wanted) {
    const [from, to] = [String(before.wanted), String(after.wanted)];
    changes.push({
      ...{ id: `${after.uid}/${after.generation}/scale`, type: 'scale', workload: after, atMs: nowMs },
      summary: `${after.name} ${from} → ${to} replicas`,
      attributes: { from, to },
    });
  }
  return changes;
}

/** The rollout that a Deployment is at, when it was begun while nobody looked. `aheadMs`: of the cluster's clock. */
export function earlierRollout(
  workload: WorkloadFacts,
  sets: readonly ReplicaSetFacts[],
  aheadMs: number,
  nowMs: number,
): readonly Change[] {
  const newest = sets.find(({ number }) => number === workload.revision);
  const before = sets
    .filter(({ number }) => number > 0 && number < (workload.revision ?? 0))
    .toSorted((a, b) => b.number - a.number)[0];
  if (newest?.createdMs == null || before === undefined) return [];
  // A template that was put back is older than what it replaced: when that was, nobody tells.
  if (sets.some(({ createdMs }) => (createdMs ?? 0) > (newest.createdMs ?? 0))) return [];
  const atMs = newest.createdMs - aheadMs;
  if (nowMs - atMs > tellsOfMs) return [];
  const changes: Change[] = [];
  if (before.release !== newest.release)
    changes.push(versionChange(workload, 'release', newest.number, before.release, Math.min(atMs, nowMs)));
  if (before.config !== newest.config)
    changes.push(versionChange(workload, 'config', newest.number, before.config, Math.min(atMs, nowMs)));
  return changes;
}

/** Named by the number of the rollout and what it leads to, so that it has one name whichever way it is found. */
function versionChange(
  workload: WorkloadFacts,
  type: 'release' | 'config',
  number: number,
  from: string,
  atMs: number,
): Change {
  const to = workload[type];
  const words = type === 'release' ? `${from} → ${to}` : `configuration ${from} → ${to}`;
  return {
    ...{ id: `${workload.uid}/${type}/${number}/${to}`, type, workload, atMs },
    summary: `${workload.name} ${words}`,
    attributes: { from, to },
  };
}
