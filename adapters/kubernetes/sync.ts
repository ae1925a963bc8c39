// What keeps a workload as Git says, and can be paused: found by the workload's own labels, and believed only where that object
// itself says that it manages the workload. Whoever may label a workload must not choose what is paused.

import type { Api } from './api.ts';
import type { WorkloadKind } from './kinds.ts';
import { argoApplicationOf, controllerOf, setBy } from './metadata.ts';
import { type SyncObject, syncObject, type Workload } from './objects.ts';
import type { FoundSync } from './owner.ts';
import type { KubernetesSettings } from './settings.ts';

export const pausedByAnnotation = 'sentinel.dev/paused-by';
export const pausedAtAnnotation = 'sentinel.dev/paused-at-ms';
/** Argo CD from 2.7 on: it leaves the application alone while it is there. */
export const skipAnnotation = 'argocd.argoproj.io/skip-reconcile';

export const syncKinds = {
  application: {
    owner: 'argo-cd',
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural: 'applications',
    named: 'Argo CD application',
  },
  kustomization: {
    owner: 'flux',
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'kustomizations',
    named: 'Flux Kustomization',
  },
  helmrelease: {
    owner: 'flux',
    group: 'helm.toolkit.fluxcd.io',
    version: 'v2',
    plural: 'helmreleases',
    named: 'Flux HelmRelease',
  },
} as const;
export type SyncKind = keyof typeof syncKinds;
export type SyncRef = { readonly kind: SyncKind; readonly namespace: string; readonly name: string };

type PauseSettings = Pick<KubernetesSettings, 'cluster' | 'pauseOwners'>;

const dnsName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** What the labels of a workload point to, inside of the namespaces that may be paused in. */
function refsOf({ metadata }: Workload, { pauseOwners }: PauseSettings): readonly SyncRef[] {
  const { labels } = metadata;
  if (pauseOwners === undefined) return [];
  const refs: SyncRef[] = [];
  const release = labels['helm.toolkit.fluxcd.io/name'];
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name'];
  if (release !== undefined)
    refs.push({
      kind: 'helmrelease',
      namespace: labels['helm.toolkit.fluxcd.io/namespace'] ?? '',
      name: release,
    });
  else if (kustomization !== undefined)
    refs.push({
      kind: 'kustomization',
      namespace: labels['kustomize.toolkit.fluxcd.io/namespace'] ?? '',
      name: kustomization,
    });
  // An application outside of Argo CD's own namespace is tracked as `namespace_name`.
  const [first = '', second] = (argoApplicationOf(metadata) ?? '').split('_');
  if (second !== undefined) refs.push({ kind: 'application', namespace: first, name: second });
  else
    refs.push(
      ...pauseOwners.argoCd.map((namespace) => ({ kind: 'application', namespace, name: first }) as const),
    );
  return refs.filter(
    ({ kind, namespace, name }) =>
      dnsName.test(name) &&
      (kind === 'application' ? pauseOwners.argoCd : pauseOwners.flux).includes(namespace),
  );
}

/** The one object that keeps the workload and may be paused; null where there is none, or more than one. */
export async function findSync(
  api: Pick<Api, 'get'>,
  settings: PauseSettings,
  kind: WorkloadKind,
  workload: Workload,
  signal?: AbortSignal,
): Promise<{ readonly ref: SyncRef; readonly object: SyncObject; readonly found: FoundSync } | null> {
  const managing = (
    await Promise.all(
      refsOf(workload, settings).map(async (ref) => {
        const object = await readSync(api, ref, signal);
        return object !== null && manages(ref, object, kind, workload) ? [{ ref, object }] : [];
      }),
    )
  ).flat();
  const [one] = managing;
  if (one === undefined || managing.length > 1) return null;
  return { ...one, found: foundOf(settings.cluster, one.ref, one.object) };
}

export async function readSync(
  api: Pick<Api, 'get'>,
  ref: SyncRef,
  signal?: AbortSignal,
): Promise<SyncObject | null> {
  const answer = await api.get(syncPath(ref), signal);
  return answer === null ? null : syncObject.parse(answer);
}

export function syncPath({ kind, namespace, name }: SyncRef): string {
  const { group, version, plural } = syncKinds[kind];
  return `/apis/${group}/${version}/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}

export function syncName({ kind, namespace, name }: SyncRef): string {
  return `${syncKinds[kind].named} ${name} in ${namespace}`;
}

function foundOf(cluster: string, ref: SyncRef, object: SyncObject): FoundSync {
  const is = syncStateOf(ref, object);
  const pausedAtMs = Number(object.metadata.annotations[pausedAtAnnotation]);
  return {
    owner: syncKinds[ref.kind].owner,
    key: `kubernetes/${cluster}/${ref.namespace}/${ref.kind}/${ref.name}`,
    name: syncName(ref),
    is,
    resumeWith: resumeWith(ref),
    ...(is === 'paused-by-sentinel' && Number.isSafeInteger(pausedAtMs) ? { pausedAtMs } : {}),
  };
}

/** For a shell: names and namespaces are of letters, digits, dots and dashes. */
function resumeWith({ kind, namespace, name }: SyncRef): string {
  if (kind !== 'application') return `flux resume ${kind} ${name} -n ${namespace}`;
  const marks = [skipAnnotation, pausedByAnnotation, pausedAtAnnotation].map((mark) => `${mark}-`);
  return `kubectl -n ${namespace} annotate ${syncKinds[kind].plural}.${syncKinds[kind].group} ${name} ${marks.join(' ')}`;
}

/** By the API server's own record of who set it: somebody who pauses it again after it was given back is not Sentinel. */
export function syncStateOf({ kind }: SyncRef, { metadata, spec }: SyncObject): FoundSync['is'] {
  const isArgo = kind === 'application';
  if (!(isArgo ? metadata.annotations[skipAnnotation] === 'true' : spec.suspend)) return 'on';
  const isOurs = setBy(metadata, pauseField(kind), (manager) => manager === 'sentinel');
  return isOurs && metadata.annotations[pausedByAnnotation] !== undefined
    ? 'paused-by-sentinel'
    : 'paused-by-somebody-else';
}

/** Why a pause would not last, or is not Sentinel's to make; null when it would. */
export function whyNotPaused({ kind }: SyncRef, { metadata, status }: SyncObject): string | null {
  const maker = controllerOf(metadata);
  if (maker !== undefined)
    return `its controller makes it from ${maker.kind} ${maker.name}, and would end the pause`;
  if (
    kind !== 'application' &&
    setBy(metadata, pauseField(kind), (manager) => manager === 'kustomize-controller')
  )
    return 'whether it is suspended is in Git, which would end the pause';
  const isSyncing =
    status.operationState?.phase === 'Running' ||
    status.conditions.some(({ type, status: is }) => type === 'Reconciling' && is === 'True');
  return isSyncing ? 'a sync of it is under way' : null;
}

/** As the API server records who set it. */
function pauseField(kind: SyncKind): readonly string[] {
  return kind === 'application'
    ? ['f:metadata', 'f:annotations', `f:${skipAnnotation}`]
    : ['f:spec', 'f:suspend'];
}

function manages(ref: SyncRef, { status }: SyncObject, kind: WorkloadKind, { metadata }: Workload): boolean {
  const { namespace, name } = metadata;
  switch (ref.kind) {
    case 'application':
      return status.resources.some(
        (one) => one.kind.toLowerCase() === kind && one.namespace === namespace && one.name === name,
      );
    case 'kustomization':
      return (status.inventory?.entries ?? []).some(
        ({ id }) => id.toLowerCase() === `${namespace}_${name}_apps_${kind}`,
      );
    case 'helmrelease':
      // It keeps no list; Helm's own annotation is written by the release alone, and names its namespace.
      return (
        metadata.annotations['meta.helm.sh/release-name'] === ref.name &&
        metadata.annotations['meta.helm.sh/release-namespace'] === namespace
      );
  }
}
