// One configured cluster, as the parts of the executor share it: who reads, who changes, and what may be touched.

import type { TargetRef } from '../../domain/inventory/target.ts';
import { targetKey } from '../../domain/inventory/target.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { type Api, createApi } from './api.ts';
import { createIdentity } from './identity.ts';
import { observeTargets } from './observe.ts';
import type { KubernetesSettings } from './settings.ts';

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

export function openCluster(
  settings: KubernetesSettings & { readonly name: string },
  nowMs: () => number,
): Cluster {
  const timeoutMs = settings.requestTimeoutSeconds * 1_000;
  const read = createApi(createIdentity(settings, 'read'), timeoutMs);
  const write = createApi(createIdentity(settings, 'write'), timeoutMs);
  const observe = (environment: string, signal?: AbortSignal) =>
    observeTargets(read, settings, environment, nowMs(), signal);
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
