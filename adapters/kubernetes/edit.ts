// What an action writes into a workload, as one strategic merge patch: computed from the workload as it is, so that the patch
// can be made conditional on exactly that.

import type { ActionParameters } from '../../domain/remediation/actions/action.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import type { WorkloadKind } from './kinds.ts';
import { restartAnnotation } from './marks.ts';
import type { Template, Workload } from './objects.ts';
import type { Revision } from './revisions.ts';
import { wantedOf } from './rollout.ts';
import { plainTemplate, type Version, versionOf } from './template.ts';

export type Refusal = { readonly ok: false; readonly code: RefusalCode; readonly reason: string };
export type Edit = { readonly ok: true; readonly spec: object } | Refusal;

type Step = { readonly action: ActionId; readonly parameters: ActionParameters };

export const refused = (code: RefusalCode, reason: string): Refusal => ({ ok: false, code, reason });

/** The part of a version that an action puts back. */
const parts: Partial<Record<ActionId, keyof Version>> = {
  'rollback-release': 'release',
  'deploy-release': 'release',
  'rollback-config': 'config',
  'apply-config': 'config',
};

/** `intentId` becomes the value that makes pods new: the same one twice changes nothing. */
export function editOf(
  { action, parameters }: Step,
  kind: WorkloadKind,
  workload: Workload,
  revisions: readonly Revision[],
  intentId: string,
): Edit {
  if (action === 'scale') {
    if (kind === 'daemonset') return refused('not-supported', 'a DaemonSet has one pod for each node');
    return { ok: true, spec: { replicas: Number(parameters.replicas) } };
  }
  const held = whyNoRollout(workload);
  if (held !== null) return refused('not-supported', held);
  if (action === 'restart' && wantedOf(kind, workload) === 0)
    return refused('not-supported', 'it is to have no pods: there is nothing to restart');
  if (action === 'restart')
    return {
      ok: true,
      spec: { template: { metadata: { annotations: { [restartAnnotation]: intentId } } } },
    };
  const part = parts[action];
  if (part === undefined) return refused('not-supported', `it cannot ${action}`);
  const stored = storedVersion(revisions, part, versionIn(parameters), workload);
  if (stored === null) return refused('invalid', `the cluster keeps no revision with that ${part} any more`);
  return { ok: true, spec: { template: { ...plainTemplate(stored), $patch: 'replace' } } };
}

/** Whether the workload is as the action wants it. */
export function isInForce({ action, parameters }: Step, workload: Workload, intentId: string): boolean {
  if (action === 'scale') return workload.spec.replicas === Number(parameters.replicas);
  const { template } = workload.spec;
  if (action === 'restart') return template.metadata?.annotations?.[restartAnnotation] === intentId;
  const part = parts[action];
  return part !== undefined && versionOf(template)[part] === versionIn(parameters);
}

/** Whichever action puts a version back, it is the only name among its parameters. */
function versionIn({ to, release, version }: ActionParameters): string {
  return String(to ?? release ?? version ?? '');
}

/** The newest stored template of that version; the one that runs, when it is that already. */
function storedVersion(
  revisions: readonly Revision[],
  part: keyof Version,
  wanted: string,
  { spec }: Workload,
): Template | null {
  if (versionOf(spec.template)[part] === wanted) return spec.template;
  return revisions.find((revision) => revision[part] === wanted)?.template ?? null;
}

/** Why a new template would not reach the pods; null when it would. */
function whyNoRollout({ spec }: Workload): string | null {
  if (spec.paused) return 'its rollouts are paused (spec.paused): nothing would be replaced';
  const { type = 'RollingUpdate', rollingUpdate } = spec.updateStrategy ?? {};
  if (type === 'OnDelete') return 'its update strategy is OnDelete: nothing would be replaced';
  const partition = rollingUpdate?.partition ?? 0;
  return partition > 0
    ? `its updates stop at partition ${partition}: only some pods would be replaced`
    : null;
}
