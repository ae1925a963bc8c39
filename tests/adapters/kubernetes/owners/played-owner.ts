/** Owners that really reconcile: each adopts a workload under its own name and mark, and puts back what it keeps there. */
import { setTimeout as pause } from 'node:timers/promises';
import { autoscalersPath, workloadPath } from '../../../../adapters/kubernetes/kinds.ts';
import { readSync, type SyncRef, syncStateOf } from '../../../../adapters/kubernetes/sync.ts';
import { drifted, isObject, type Manifest } from '../../../support/kubernetes/drift.ts';
import { createSync, labelsOf } from '../../../support/kubernetes/sync-objects.ts';
import { must, workloadApiKinds } from '../../../support/kubernetes/workloads.ts';
import { canBePaused, type OwnerCase, type OwnerKind, scalers } from './cases.ts';
import type { OwnersWorld } from './world.ts';

export interface PlayedOwner {
  /** Adopts the workload, with what it keeps of it or, at first, only with its mark; from then on it reconciles. */
  appear(how: 'keeping' | 'marking'): Promise<void>;
  /** Looks now, whenever its turn would be. */
  reconcile(): Promise<void>;
  /** When it last put something back, by the clock of this machine. */
  readonly putBackAtMs: () => number | null;
  /** How often it has looked since it appeared. */
  readonly looks: () => number;
  stop(): Promise<void>;
}

type Voice = { readonly manager: string; readonly way: 'apply' | 'patch' };

const voices: Partial<Record<OwnerKind, Voice>> = {
  'argo-annotation': { manager: 'argocd-controller', way: 'patch' },
  'argo-label': { manager: 'argocd-controller', way: 'patch' },
  'argo-applied': { manager: 'argocd-controller', way: 'apply' },
  'argo-unmarked': { manager: 'argocd-controller', way: 'patch' },
  'flux-kustomization': { manager: 'kustomize-controller', way: 'apply' },
  'flux-helmrelease': { manager: 'helm-controller', way: 'apply' },
  helm: { manager: 'helm', way: 'patch' },
  operator: { manager: 'database-operator', way: 'patch' },
  'unknown-applied': { manager: 'in-house-applier', way: 'apply' },
  'unknown-patched': { manager: 'in-house-controller', way: 'patch' },
};

export function syncOf({ owner, name }: OwnerCase): SyncRef | null {
  if (!canBePaused.includes(owner)) return null;
  if (owner === 'flux-kustomization') return { kind: 'kustomization', namespace: 'flux-system', name };
  if (owner === 'flux-helmrelease') return { kind: 'helmrelease', namespace: 'flux-system', name };
  return { kind: 'application', namespace: 'argocd', name };
}

/** Keeps the workload as `wanted` says. Its own objects are made here, the workload is left alone until it appears. */
export async function playOwner(
  world: OwnersWorld,
  one: OwnerCase,
  namespace: string,
  wanted: Manifest,
): Promise<PlayedOwner> {
  const { admin } = world.plane;
  const sync = syncOf(one);
  if (sync !== null) await createSync(world.plane, sync, { namespace, name: one.name }, {}, one.kind);
  if (scalers.includes(one.owner)) return playScaler(world, one, namespace, wanted);
  const voice = voices[one.owner];
  const path = workloadPath({ namespace, kind: one.kind, name: one.name });
  const marks = { metadata: { name: one.name, ...(await marksOf(world, one, namespace, sync)) } };
  const kept = { ...wanted, metadata: { ...wanted.metadata, ...marks.metadata } };
  let [looks, running] = [0, false];
  let putBackAtMs: number | null = null;
  let working: Promise<void> = Promise.resolve();
  const write = (body: object) => voice && world.as(voice.manager, voice.way, path, body);
  const reconcile = async (): Promise<void> => {
    if (voice === undefined) return;
    const object = sync === null ? null : await readSync(admin, sync);
    if (object === null || sync === null || syncStateOf(sync, object) === 'on') {
      if (drifted(kept, await admin.get(path))) {
        await write(kept);
        putBackAtMs = Date.now();
      }
    }
    looks += 1;
  };
  const everyMs = one.reconcile === 'last-look' ? null : one.reconcile;
  return {
    async appear(how) {
      if (voice === undefined) return;
      await write(how === 'keeping' ? kept : { ...headOf(wanted), ...marks });
      running = true;
      if (everyMs === null) return;
      working = (async () => {
        while (running) {
          await pause(everyMs);
          // A busy server, or somebody who wrote in that moment: as theirs do, it looks again.
          if (running) await reconcile().catch(() => {});
        }
      })();
    },
    reconcile: async () => {
      if (running) await reconcile();
    },
    putBackAtMs: () => putBackAtMs,
    looks: () => looks,
    async stop() {
      running = false;
      await working;
    },
  };
}

const headOf = ({ apiVersion, kind }: Manifest) => ({ apiVersion, kind });

async function marksOf(
  world: OwnersWorld,
  { owner, name, kind }: OwnerCase,
  namespace: string,
  sync: SyncRef | null,
): Promise<object> {
  const app = { app: name };
  switch (owner) {
    case 'argo-label':
      return { labels: { ...app, 'argocd.argoproj.io/instance': name } };
    case 'argo-unmarked':
      return { labels: { ...app, 'app.kubernetes.io/instance': name } };
    case 'helm':
      return {
        labels: { ...app, 'app.kubernetes.io/managed-by': 'Helm' },
        annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
      };
    case 'operator': {
      const made = await world.createOwner('Database', namespace, name);
      return { ownerReferences: [made] };
    }
    case 'unknown-applied':
    case 'unknown-patched':
      return { labels: { ...app, 'in-house.test/kept': 'true' } };
    default:
      return sync === null ? {} : labelsOf(sync, { namespace, name }, kind);
  }
}

/** The real autoscaler of the cluster; KEDA's is one that belongs to a ScaledObject. */
function playScaler(
  { plane, createOwner }: OwnersWorld,
  { owner, kind, name }: OwnerCase,
  namespace: string,
  wanted: Manifest,
): PlayedOwner {
  const path = workloadPath({ namespace, kind, name });
  const replicas = Number(wanted.spec.replicas);
  const isBack = async () => {
    const is = await plane.admin.get(path);
    return isObject(is) && isObject(is.spec) && is.spec.replicas === replicas;
  };
  let [running, looks] = [false, 0];
  let putBackAtMs: number | null = null;
  let watching: Promise<void> = Promise.resolve();
  return {
    async appear() {
      const ofKeda = owner === 'keda' ? [await createOwner('ScaledObject', namespace, name)] : [];
      await must(plane.admin, autoscalersPath(namespace), {
        ...{ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
        metadata: { name: `keeps-${name}`, ownerReferences: ofKeda },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: workloadApiKinds[kind], name },
          ...{ minReplicas: replicas, maxReplicas: replicas },
        },
      });
      running = true;
      watching = (async () => {
        let was = true;
        while (running) {
          const is = await isBack().catch(() => was);
          if (is && !was) putBackAtMs = Date.now();
          was = is;
          looks += 1;
          await pause(100);
        }
      })();
    },
    reconcile: async () => {},
    putBackAtMs: () => putBackAtMs,
    looks: () => looks,
    async stop() {
      running = false;
      await watching;
    },
  };
}
