// Who else writes to a workload, and would undo what Sentinel changes there. What a Git repository says is put back within
// minutes by Argo CD and Flux, and the number of replicas by an autoscaler: such an action is refused, because it would first
// look done and then be gone. What they do not manage (the marks of a restart) they leave alone.

import type { OwnerSync } from '../../domain/inventory/target.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import { plainLine } from '../../domain/text.ts';
import { argoApplicationOf, controllerOf, setBy } from './metadata.ts';
import type { Autoscaler, Metadata, Workload } from './objects.ts';

export type Owner = {
  readonly name: string;
  readonly detail: string;
  /** Actions that would not last. */
  readonly reverts: readonly ActionId[];
  readonly sync?: OwnerSync;
};

/** What could be paused, as far as it was found. */
export type FoundSync = Omit<OwnerSync, 'lifts'> & { readonly owner: 'argo-cd' | 'flux' };

const ofTemplate = ['rollback-release', 'deploy-release', 'rollback-config', 'apply-config'] as const;

/** Null when nobody does. */
export function ownerOf(
  kind: string,
  { metadata }: Pick<Workload, 'metadata'>,
  autoscalers: readonly Autoscaler[],
  found: FoundSync | null = null,
): Owner | null {
  const owners = [
    argoCd(metadata),
    flux(metadata),
    controller(metadata),
    autoscaler(kind, metadata, autoscalers),
    helm(metadata),
  ].filter((owner) => owner !== null);
  if (owners.length === 0) return null;
  const its = owners.find(({ name }) => name === found?.owner);
  const others = [...new Set(owners.filter((owner) => owner !== its).flatMap(({ reverts }) => reverts))];
  // What somebody else takes back, too, does not last however much is paused.
  const lifts = (its?.reverts ?? []).filter((action) => !others.includes(action));
  const { owner: _, ...sync } = found ?? { owner: null };
  const paused = 'is' in sync && sync.is !== 'on';
  return {
    name: owners.map(({ name }) => name).join(' + '),
    detail: owners
      .map((owner) =>
        owner === its && paused ? `${owner.detail} (paused${sinceWords(found)})` : owner.detail,
      )
      .join('; '),
    reverts: paused ? others : [...new Set([...others, ...(its?.reverts ?? [])])],
    ...('is' in sync && its !== undefined ? { sync: { ...sync, lifts } } : {}),
  };
}

function sinceWords(found: FoundSync | null): string {
  if (found?.is !== 'paused-by-sentinel') return ' by somebody else';
  return found.pausedAtMs === undefined
    ? ' by Sentinel'
    : ` by Sentinel since ${new Date(found.pausedAtMs).toISOString()}`;
}

function argoCd(metadata: Metadata): Owner | null {
  const application = argoApplicationOf(metadata);
  const managers = /^argocd-(controller|application-controller)$/;
  if (application === undefined && !isManagedBy(metadata, managers)) return null;
  return {
    name: 'argo-cd',
    detail: `the Argo CD application ${shown(application)} syncs it: change it in Git, or there`,
    reverts: [...ofTemplate, ...scaleIf(metadata, managers)],
  };
}

function flux(metadata: Metadata): Owner | null {
  const { labels } = metadata;
  const managers = /^(kustomize-controller|helm-controller)$/;
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name'];
  const release = labels['helm.toolkit.fluxcd.io/name'];
  if (kustomization === undefined && release === undefined && !isManagedBy(metadata, managers)) return null;
  const what =
    release === undefined ? `Kustomization ${shown(kustomization)}` : `HelmRelease ${shown(release)}`;
  return {
    name: 'flux',
    detail: `the Flux ${what} reconciles it: change it in Git`,
    reverts: [...ofTemplate, ...scaleIf(metadata, managers)],
  };
}

/** An operator's own resource: nobody but its author knows what it puts back, so all of it counts. */
function controller(metadata: Metadata): Owner | null {
  const owner = controllerOf(metadata);
  if (owner === undefined) return null;
  const what = `${shown(owner.kind)} ${shown(owner.name)}`;
  return {
    name: plainLine(owner.kind, 60).toLowerCase(),
    detail: `its controller makes it from ${what}: change that one`,
    reverts: [...ofTemplate, 'scale'],
  };
}

function autoscaler(kind: string, { name }: Metadata, autoscalers: readonly Autoscaler[]): Owner | null {
  const one = autoscalers.find(
    ({ spec: { scaleTargetRef: ref } }) => ref.name === name && ref.kind.toLowerCase() === kind,
  );
  if (one === undefined) return null;
  const { metadata, spec } = one;
  const scaled = metadata.ownerReferences.find((reference) => reference.kind === 'ScaledObject');
  const who =
    scaled === undefined
      ? `the HorizontalPodAutoscaler ${shown(metadata.name)}`
      : `the KEDA ScaledObject ${shown(scaled.name)}`;
  return {
    name: scaled === undefined ? 'hpa' : 'keda',
    detail: `${who} sets its replicas, from ${spec.minReplicas} to ${spec.maxReplicas}: change its limits`,
    reverts: ['scale'],
  };
}

/** Helm alone puts nothing back before somebody runs it again. */
function helm({ labels, annotations }: Metadata): Owner | null {
  const release = annotations['meta.helm.sh/release-name'];
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm' || release === undefined) return null;
  return {
    name: 'helm',
    detail: `the next upgrade of the Helm release ${shown(release)} overwrites changes`,
    reverts: [],
  };
}

function isManagedBy({ managedFields }: Metadata, managers: RegExp): boolean {
  return managedFields.some(({ manager }) => managers.test(manager));
}

/**
 * Who leaves the replicas out of Git does not put them back. The API server records all that somebody keeps only of those who
 * apply on the server's side; of others it records what they changed, and a workload that they took over as it was shows nothing
 * of that. They note down what they applied. Without either the replicas count as theirs.
 */
function scaleIf(metadata: Metadata, managers: RegExp): readonly ActionId[] {
  const replicas = ['f:spec', 'f:replicas'];
  if (setBy(metadata, replicas, (manager) => managers.test(manager))) return ['scale'];
  const applied = metadata.managedFields.some(
    ({ manager, operation }) => operation === 'Apply' && managers.test(manager),
  );
  return applied || leavesReplicasOut(metadata) ? [] : ['scale'];
}

function leavesReplicasOut({ annotations }: Metadata): boolean {
  try {
    const noted = JSON.parse(annotations['kubectl.kubernetes.io/last-applied-configuration'] ?? 'null');
    return typeof noted?.spec === 'object' && noted.spec !== null && !('replicas' in noted.spec);
  } catch {
    return false;
  }
}

const shown = (name: string | undefined) => (name === undefined ? '(unnamed)' : `"${plainLine(name, 100)}"`);
