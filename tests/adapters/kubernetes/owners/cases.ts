/** What can be between Sentinel and an owner who takes its changes back: whose workload, which action, when the owner shows. */
import type { WorkloadKind } from '../../../../adapters/kubernetes/kinds.ts';
import { seededRandom } from '../../../../lab/support/random.ts';

export const ownerKinds = [
  'argo-annotation',
  'argo-label',
  'argo-applied',
  'argo-unmarked',
  'flux-kustomization',
  'flux-helmrelease',
  'helm',
  'hpa',
  'keda',
  'operator',
  'unknown-applied',
  'unknown-patched',
  'nobody',
] as const;
export type OwnerKind = (typeof ownerKinds)[number];

/** `while-reading`, `while-sending`: within the executor's own call, between its readings, and after the last of them. */
const moments = [
  'before-plan',
  'before-gate',
  'before-send',
  'while-reading',
  'while-sending',
  'after-effect',
] as const;
export type Moment = (typeof moments)[number];

export const triedActions = ['scale', 'rollback-release', 'rollback-config', 'restart'] as const;
export type TriedAction = (typeof triedActions)[number];

export type OwnerCase = {
  readonly name: string;
  readonly owner: OwnerKind;
  readonly kind: WorkloadKind;
  readonly action: TriedAction;
  readonly appears: Moment;
  /** Between two of its looks; `last-look`: in the moment between the last sample and the telling. */
  readonly reconcile: number | 'last-look';
  readonly mayBePaused: boolean;
  /** Whether what it keeps says how many replicas there are. */
  readonly keepsReplicas: boolean;
};

/** By how much an owner looks before the last one (an autoscaler goes by its own time). */
const reconciles = [100, 600, 1_500, 4_000, 8_000, 'last-look'] as const;

/** Which of them may be told to leave the workload alone. */
export const canBePaused: readonly OwnerKind[] = [
  'argo-annotation',
  'argo-label',
  'argo-applied',
  'flux-kustomization',
  'flux-helmrelease',
];
export const scalers: readonly OwnerKind[] = ['hpa', 'keda'];

/**
 * So many that would be taken back, and among them those that last: of nobody, of owners who leave that part alone. Each kind of
 * owner in turn, everything else as the seed says.
 */
export function ownerCases(takenBack: number, seed: number): readonly OwnerCase[] {
  const random = seededRandom(seed);
  const cases: OwnerCase[] = [];
  for (let missing = takenBack; missing > 0; ) {
    const owner = ownerKinds[cases.length % ownerKinds.length] ?? 'nobody';
    const one = caseOf(`case-${cases.length}`, owner, random);
    cases.push(one);
    if (takesBack(one)) missing -= 1;
  }
  return cases;
}

function caseOf(name: string, owner: OwnerKind, random: () => number): OwnerCase {
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const scales = scalers.includes(owner);
  const kind = oneOf<WorkloadKind>(
    scales ? ['deployment', 'statefulset'] : ['deployment', 'deployment', 'statefulset', 'daemonset'],
  );
  const changes = triedActions.filter(
    (action) => action !== 'restart' && !(kind === 'daemonset' && action === 'scale'),
  );
  const lasts = random() < 0.1;
  return {
    ...{ name, owner, kind },
    action: lasts ? 'restart' : scales ? 'scale' : oneOf(changes),
    appears: oneOf(moments),
    reconcile: oneOf(reconciles),
    mayBePaused: random() < 0.5,
    keepsReplicas: random() < 0.85,
  };
}

/** Whether this owner puts back what the action makes better. */
export function takesBack({ owner, action, keepsReplicas }: OwnerCase): boolean {
  if (owner === 'nobody' || action === 'restart') return false; // nobody brings processes back that have ended
  if (scalers.includes(owner)) return action === 'scale';
  return action !== 'scale' || keepsReplicas;
}

/** Whether the workload says whose it is, so that anybody can know. */
export function isRecognisable({ owner }: OwnerCase): boolean {
  return !['helm', 'unknown-applied', 'unknown-patched', 'nobody'].includes(owner);
}

/** Whether the executor's last reading shows the owner: what comes after it shows only if it is in the workload itself. */
export function showsBeforeSend({ owner, appears }: OwnerCase): boolean {
  return appears !== 'after-effect' && !(appears === 'while-sending' && scalers.includes(owner));
}
