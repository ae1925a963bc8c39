/** Argo CD's and Flux's own objects as plain custom resources, and controllers that go by them as theirs do. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { WorkloadKind } from '../../../adapters/kubernetes/kinds.ts';
import {
  readSync,
  type SyncRef,
  syncKinds,
  syncPath,
  syncStateOf,
} from '../../../adapters/kubernetes/sync.ts';
import type { Cluster } from './control-plane.ts';
import { type GitOperator, startGitOperator } from './git-operators.ts';
import { manifest, must, workloadApiKinds } from './workloads.ts';

const apiKinds = {
  application: 'Application',
  kustomization: 'Kustomization',
  helmrelease: 'HelmRelease',
} as const;

const controllers = {
  application: 'argocd-controller',
  kustomization: 'kustomize-controller',
  helmrelease: 'helm-controller',
} as const;

export async function installSyncKinds({ admin }: Cluster): Promise<void> {
  for (const [kind, { group, version, plural }] of Object.entries(syncKinds))
    await must(admin, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
      metadata: {
        name: `${plural}.${group}`,
        // The group of Flux's kinds is not protected; the API server asks for no approval.
        annotations: {},
      },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, singular: kind, kind: apiKinds[kind as keyof typeof apiKinds] },
        versions: [
          {
            ...{ name: version, served: true, storage: true },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    });
}

/** One that manages the workload, as its own status says. */
export async function createSync(
  plane: Cluster,
  ref: SyncRef,
  workload: { readonly namespace: string; readonly name: string },
  metadata: object = {},
  workloadKind: WorkloadKind = 'deployment',
): Promise<void> {
  const { group, version } = syncKinds[ref.kind];
  const path = syncPath(ref).slice(0, syncPath(ref).lastIndexOf('/'));
  const { namespace, name } = workload;
  const its = workloadApiKinds[workloadKind];
  const status =
    ref.kind === 'application'
      ? { resources: [{ group: 'apps', kind: its, namespace, name }] }
      : ref.kind === 'kustomization'
        ? { inventory: { entries: [{ id: `${namespace}_${name}_apps_${its}`, v: 'v1' }] } }
        : {};
  await must(plane.admin, path, {
    ...{ apiVersion: `${group}/${version}`, kind: apiKinds[ref.kind] },
    metadata: { name: ref.name, namespace: ref.namespace, ...metadata },
    ...{ spec: {}, status },
  });
}

/** The labels by which a workload says who keeps it. */
export function labelsOf(
  { kind, namespace, name }: SyncRef,
  workload: { namespace: string; name: string },
  workloadKind: WorkloadKind = 'deployment',
): object {
  const labels = { app: workload.name };
  if (kind === 'application')
    return {
      labels,
      annotations: {
        'argocd.argoproj.io/tracking-id': `${name}:apps/${workloadApiKinds[workloadKind]}:${workload.namespace}/${workload.name}`,
      },
    };
  const prefix = kind === 'helmrelease' ? 'helm.toolkit.fluxcd.io' : 'kustomize.toolkit.fluxcd.io';
  const release = {
    'meta.helm.sh/release-name': name,
    'meta.helm.sh/release-namespace': workload.namespace,
  };
  return {
    labels: { ...labels, [`${prefix}/name`]: name, [`${prefix}/namespace`]: namespace },
    ...(kind === 'helmrelease' ? { annotations: release } : {}),
  };
}

/** Keeps the Deployment as it is in Git, for as long as its own object does not say otherwise. */
export function startSyncing(
  plane: Cluster,
  ref: SyncRef,
  workload: { namespace: string; name: string },
): Promise<GitOperator> {
  const given = manifest(workload.name, { metadata: { name: workload.name, ...labelsOf(ref, workload) } });
  return startGitOperator(
    plane,
    workload.namespace,
    controllers[ref.kind],
    ref.kind === 'application' ? 'patch' : 'apply',
    given as Parameters<typeof startGitOperator>[4],
    async () => {
      const object = await readSync(plane.admin, ref);
      return object === null || syncStateOf(ref, object) !== 'on';
    },
  );
}

/** As people do, under their own name. */
export async function changeAs(plane: Cluster, manager: string, ref: SyncRef, body: object): Promise<void> {
  const dispatcher = new Agent({ connect: { ca: readFileSync(plane.caFile) } });
  try {
    const answer = await request(`${plane.server}${syncPath(ref)}?fieldManager=${manager}`, {
      ...{ method: 'PATCH', dispatcher },
      headers: { authorization: 'Bearer admin-token', 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${manager}: ${answer.statusCode} ${text}`);
  } finally {
    await dispatcher.close();
  }
}

export const pausedByPeople = ({ kind }: SyncRef, paused: boolean): object =>
  kind === 'application'
    ? { metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': paused ? 'true' : null } } }
    : { spec: { suspend: paused || null } };
