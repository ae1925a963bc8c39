// What is asked of a workload before anything is sent to it, in a dry run as before an effect.

import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Cluster } from './cluster.ts';
import type { Refusal } from './edit.ts';
import { autoscalersPath, type WorkloadRef, workloadOf } from './kinds.ts';
import { allOf, autoscaler, type Workload } from './objects.ts';
import { protectionOf, readWorkload } from './observe.ts';
import { ownerOf } from './owner.ts';

export type Admitted = { readonly ok: true; readonly workload: Workload } | Refusal;

/** The workload that a target names, if this executor may act on it at all. */
export function admittedRef(
  { settings }: Pick<Cluster, 'settings'>,
  resource: string | undefined,
  action: ActionId,
): { readonly ok: true; readonly ref: WorkloadRef } | Refusal {
  const ref = workloadOf(settings.cluster, resource);
  if (ref === null)
    return no(
      'unknown-target',
      `"${resource ?? 'a target without a resource'}" is no workload of cluster ${settings.cluster}`,
    );
  if (!settings.namespaces.includes(ref.namespace))
    return no(
      'unknown-target',
      `namespace ${ref.namespace} is not one of the executor's: ${settings.namespaces.join(', ')}`,
    );
  if (!(settings.actions as readonly ActionId[]).includes(action))
    return no(
      'not-supported',
      `executor ${settings.name} is not configured to ${action} (executors[].actions)`,
    );
  return { ok: true, ref };
}

/** The workload as it is, or why this action is not for it. */
export async function whyNot(
  { read }: Pick<Cluster, 'read'>,
  ref: WorkloadRef,
  action: ActionId,
  signal?: AbortSignal,
): Promise<Admitted> {
  const [workload, autoscalers] = await Promise.all([
    readWorkload(read, ref, signal),
    read.list(autoscalersPath(ref.namespace), signal),
  ]);
  if (workload === null)
    return no(
      'unknown-target',
      `there is no ${ref.kind} ${ref.name} in namespace ${ref.namespace}: it was renamed, moved or deleted`,
    );
  const guarded = protectionOf(workload);
  if (guarded !== null) return no('protected', `nothing may act on ${ref.kind} ${ref.name}: ${guarded}`);
  const owner = ownerOf(ref.kind, workload, allOf(autoscaler, autoscalers));
  if (owner?.reverts.includes(action))
    return no('owned', `${action} of ${ref.kind} ${ref.name} would not last: ${owner.detail}`);
  return { ok: true, workload };
}

function no(code: Refusal['code'], reason: string): Refusal {
  return { ok: false, code, reason };
}
