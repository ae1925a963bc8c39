// One configured cluster, as the parts of the executor share it: who reads, who changes, and what may be touched.

import type { TargetRef } from '../../domain/inventory/target.ts';
import { targetKey } from '../../domain/inventory/target.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { type Api, createApi } from './api.ts';
import { createIdentity } from './identity.ts';
import { observeNodes } from './nodes.ts';
import { type NamespaceContents, readNamespaces, type Syncs, workloadTargets } from './observe.ts';
import type { KubernetesSettings } from './settings.ts';
import { findSync } from './sync.ts';

export type Cluster = {
  readonly settings: KubernetesSettings & { readonly name: string };
  readonly read: Api;
  /** Only changes and their dry runs go through it. */
  readonly write: Api;
  readonly nowMs: () => number;
  observe(environment: string, signal?: AbortSignal): Promise<readonly TargetState[]>;
  /** One target as it is now; null when there is none. */
  observeOne(target: TargetRef, signal?: AbortSignal): Promise<TargetState | null>;
};

/** One owner keeps many workloads: it is read once for all of them. */
function readingOnce(read: Pick<Api, 'get'>): Pick<Api, 'get'> {
  const answers = new Map<string, Promise<unknown>>();
  return {
    get(path, signal) {
      const known = answers.get(path) ?? read.get(path, signal);
      answers.set(path, known);
      return known;
    },
  };
}

async function readSyncs(
  read: Api,
  settings: KubernetesSettings,
  contents: readonly NamespaceContents[],
  signal?: AbortSignal,
): Promise<Syncs> {
  if (settings.pauseOwners === undefined) return new Map();
  const once = readingOnce(read);
  const found = await Promise.all(
    contents
      .flatMap(({ workloads }) => workloads)
      .map(async ({ kind, workload }) => {
        const sync = await findSync(once, settings, kind, workload, signal);
        return sync === null ? [] : [[workload.metadata.uid, sync.found] as const];
      }),
  );
  return new Map(found.flat());
}

export function openCluster(
  settings: KubernetesSettings & { readonly name: string },
  nowMs: () => number,
): Cluster {
  const timeoutMs = settings.requestTimeoutSeconds * 1_000;
  const read = createApi(createIdentity(settings, 'read'), timeoutMs);
  const write = createApi(createIdentity(settings, 'write'), timeoutMs);
  const observe = async (environment: string, signal?: AbortSignal) => {
    const contents = await readNamespaces(read, settings, signal);
    const syncs = await readSyncs(read, settings, contents, signal);
    return [
      ...workloadTargets(contents, settings, environment, nowMs(), syncs),
      ...(await observeNodes(read, settings, environment, contents, nowMs(), signal)),
    ];
  };
  return {
    settings,
    read,
    write,
    nowMs,
    observe,
    async observeOne(target, signal) {
      const all = await observe(target.environment, signal);
      return all.find((one) => targetKey(one.target) === targetKey(target)) ?? null;
    },
  };
}
