// Who else writes to a workload, and would undo what Sentinel changes there. What a Git repository says is put back within
// minutes by Argo CD and Flux, and the number of replicas by an autoscaler: such an action is refused, because it would first
// look done and then be gone. What they do not manage (the marks of a restart) they leave alone.

import type { ActionId } from '../../domain/remediation/actions/index.ts';
import { plainLine } from '../../domain/text.ts';
import type { Autoscaler, Metadata, Workload } from './objects.ts';

export type Owner = {
  readonly name: string;
  readonly detail: string;
  /** Actions that would not last. */
  readonly reverts: readonly ActionId[];
};

const ofTemplate = ['rollback-release', 'deploy-release', 'rollback-config', 'apply-config'] as const;

/** Null when nobody does. */
export function ownerOf(
  kind: string,
  { metadata }: Pick<Workload, 'metadata'>,
  autoscalers: readonly Autoscaler[],
): Owner | null {
  const owners = [
    argoCd(metadata),
    flux(metadata),
    controller(metadata),
    autoscaler(kind, metadata, autoscalers),
    helm(metadata),
  ].filter((owner) => owner !== null);
  if (owners.length === 0) return null;
  return {
    name: owners.map(({ name }) => name).join(' + '),
    detail: owners.map(({ detail }) => detail).join('; '),
    reverts: [...new Set(owners.flatMap(({ reverts }) => reverts))],
  };
}

function argoCd(metadata: Metadata): Owner | null {
  const { labels, annotations } = metadata;
  const tracked = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const application = tracked ?? labels['argocd.argoproj.io/instance'];
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
function controller({ ownerReferences }: Metadata): Owner | null {
  const owner = ownerReferences.find((reference) => reference.controller);
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

/** Who leaves the replicas out of Git does not put them back. Without a record of who set what, they count as his. */
function scaleIf({ managedFields }: Metadata, managers: RegExp): readonly ActionId[] {
  const theirs = managedFields.filter(({ manager }) => managers.test(manager));
  if (theirs.length === 0) return ['scale'];
  return theirs.some(({ fieldsV1 }) => hasReplicas(fieldsV1)) ? ['scale'] : [];
}

function hasReplicas(fields: unknown): boolean {
  const spec = member(fields, 'f:spec');
  return member(spec, 'f:replicas') !== undefined;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

const shown = (name: string | undefined) => (name === undefined ? '(unnamed)' : `"${plainLine(name, 100)}"`);
