// What is asked of a workload before anything is sent to it, in a dry run as before an effect.

import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Cluster } from './cluster.ts';
import { type Refusal, refused } from './edit.ts';
import { autoscalersPath, nodeOf, type WorkloadRef, workloadOf } from './kinds.ts';
import { isAllowed } from './nodes.ts';
import { allOf, autoscaler, type Workload } from './objects.ts';
import { protectionOf, readWorkload } from './observe.ts';
import { ownerOf } from './owner.ts';
import { nodeActions, syncActions } from './settings.ts';
import { findSync } from './sync.ts';

export type Admitted = { readonly ok: true; readonly workload: Workload } | Refusal;

export type Place =
  | { readonly is: 'workload'; readonly ref: WorkloadRef }
  | { readonly is: 'node'; readonly name: string };

/** What a target names, if this executor may do this to it at all. */
export function admittedPlace(
  { settings }: Pick<Cluster, 'settings'>,
  resource: string | undefined,
  action: ActionId,
): { readonly ok: true; readonly place: Place } | Refusal {
  const place = placeOf(settings.cluster, resource);
  if (place === null)
    return refused(
      'unknown-target',
      `"${resource ?? 'a target without a resource'}" is no workload of cluster ${settings.cluster}`,
    );
  if (place.is === 'workload' && !settings.namespaces.includes(place.ref.namespace))
    return refused(
      'unknown-target',
      `namespace ${place.ref.namespace} is not one of the executor's: ${settings.namespaces.join(', ')}`,
    );
  if (place.is === 'node' && !isAllowed(settings, place.name))
    return refused(
      'unknown-target',
      `node ${place.name} is not one of the executor's: ${settings.nodes.join(', ') || 'none'} (executors[].nodes)`,
    );
  const isOfNodes = (nodeActions as readonly ActionId[]).includes(action);
  if (isOfNodes !== (place.is === 'node'))
    return refused('not-supported', `it cannot ${action} a ${place.is}`);
  const ofOwners: readonly ActionId[] = syncActions;
  const isAllowedToPause = settings.pauseOwners !== undefined && ofOwners.includes(action);
  if (!isAllowedToPause && !(settings.actions as readonly ActionId[]).includes(action))
    return refused(
      'not-supported',
      `executor ${settings.name} is not configured to ${action} (executors[].${ofOwners.includes(action) ? 'pauseOwners' : 'actions'})`,
    );
  return { ok: true, place };
}

export function placeOf(cluster: string, resource: string | undefined): Place | null {
  const ref = workloadOf(cluster, resource);
  if (ref !== null) return { is: 'workload', ref };
  const name = nodeOf(cluster, resource);
  return name === null ? null : { is: 'node', name };
}

/**
 * The workload as it is, or why this action is not for it. `asked`: of a step that is only previewed, its owner may still be
 * paused by one before it; of one that is sent, it has to be.
 */
export async function whyNot(
  { read, settings }: Pick<Cluster, 'read' | 'settings'>,
  ref: WorkloadRef,
  action: ActionId,
  asked: 'preview' | 'begin',
  signal?: AbortSignal,
): Promise<Admitted> {
  const [workload, autoscalers] = await Promise.all([
    readWorkload(read, ref, signal),
    read.list(autoscalersPath(ref.namespace), signal),
  ]);
  if (workload === null)
    return refused(
      'unknown-target',
      `there is no ${ref.kind} ${ref.name} in namespace ${ref.namespace}: it was renamed, moved or deleted`,
    );
  const guarded = protectionOf(workload);
  if (guarded !== null) return refused('protected', `nothing may act on ${ref.kind} ${ref.name}: ${guarded}`);
  const sync = await findSync(read, settings, ref.kind, workload, signal);
  const owner = ownerOf(ref.kind, workload, allOf(autoscaler, autoscalers), sync?.found);
  const mayBePaused = asked === 'preview' && owner?.sync?.lifts.includes(action) === true;
  if (owner?.reverts.includes(action) && !mayBePaused)
    return refused('owned', `${action} of ${ref.kind} ${ref.name} would not last: ${owner.detail}`);
  return { ok: true, workload };
}
