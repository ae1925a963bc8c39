// Executor for the workloads and nodes of a Kubernetes cluster. It makes one change for each send, conditional on what was read right
// before, and leaves the work to the cluster's own controllers: a rollout goes on whatever becomes of Sentinel.

import { z } from 'zod';
import type { Executor } from '../../activities/ports/executor.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import { admittedPlace, type Place, placeOf } from './admission.ts';
import { KubernetesError } from './api.ts';
import { openCluster } from './cluster.ts';
import type { Effect, Step } from './effect.ts';
import { nodeEffect } from './node-effect.ts';
import { podEffect, podOf } from './pod-effect.ts';
import { type KubernetesSettings, syncActions } from './settings.ts';
import { syncEffect } from './sync-effect.ts';
import { workloadEffect } from './workload-effect.ts';

const handleSchema = z.object({ uid: z.string(), total: z.int().optional() });

/** Pods are ready by then; caches and connections behind them take a little longer. */
const settleMs = 5_000;

export function createKubernetesExecutor(
  settings: KubernetesSettings & { readonly name: string },
  clock: { readonly nowMs: () => number },
): Executor {
  const cluster = openCluster(settings, clock.nowMs);

  function at(place: Place, step: Pick<Step, 'action' | 'parameters'>): Effect {
    if (place.is === 'node') return nodeEffect(cluster, place.name);
    if ((syncActions as readonly ActionId[]).includes(step.action)) return syncEffect(cluster, place.ref);
    const pod = podOf(step);
    return pod === null ? workloadEffect(cluster, place.ref) : podEffect(cluster, place.ref, pod);
  }
  /** What was begun is looked at whatever configuration says by now. */
  function begun(step: Step): Effect | null {
    const place = placeOf(settings.cluster, step.target.resource);
    return place === null ? null : at(place, step);
  }

  return {
    name: settings.name,

    // Whoever reads the API server reads what was written: nothing is hidden for a while.
    promise: (step) => ({
      idempotency: 'compare-and-set',
      // The marks of effects stand with their object; a pod that is gone says nothing of who deleted it.
      tellsWhose: podOf(step) === null,
      consistencyDelayMs: 0,
      deadlineMs:
        (step.action === 'drain-node' ? settings.drainDeadlineSeconds : settings.rolloutDeadlineSeconds) *
        1_000,
      // What its owner thought of it shows only when it has looked again.
      settleMs:
        step.action === 'pause-sync' && settings.pauseOwners !== undefined
          ? settings.pauseOwners.reconcileSeconds * 1_000
          : settleMs,
    }),

    async observe(environment, service, signal) {
      const all = await cluster.observe(environment, signal);
      return service === undefined ? all : all.filter(({ target }) => target.service === service);
    },

    async preview(step, signal) {
      const admitted = admittedPlace(cluster, step.target.resource, step.action);
      if (!admitted.ok) return { ok: false, code: admitted.code, detail: admitted.reason };
      try {
        return await at(admitted.place, step).preview(step, signal);
      } catch (error) {
        if (error instanceof KubernetesError) return { ok: false, code: error.code, detail: error.message };
        throw error;
      }
    },

    async begin(intent, call) {
      const admitted = admittedPlace(cluster, intent.target.resource, intent.action);
      if (!admitted.ok) return { kind: 'refused', code: admitted.code, reason: admitted.reason };
      try {
        return await at(admitted.place, intent).begin(intent, call);
      } catch (error) {
        // Only readings throw, and they come before the one change: nothing was sent.
        if (error instanceof KubernetesError)
          return { kind: 'refused', code: error.code, reason: error.message };
        throw error;
      }
    },

    async poll(intent, handle, signal) {
      const parsed = handleSchema.safeParse(jsonOf(handle));
      if (!parsed.success) return strange;
      return begun(intent)?.poll(intent, parsed.data, null, signal) ?? strange;
    },

    async advance(intent, handle, call) {
      const parsed = handleSchema.safeParse(jsonOf(handle));
      if (!parsed.success) return strange;
      return begun(intent)?.poll(intent, parsed.data, call, call.signal) ?? strange;
    },

    /** Of a rollout this is one more look: the cluster goes on with it. */
    async cancel(intent, handle, call) {
      const parsed = handleSchema.safeParse(jsonOf(handle));
      const effect = begun(intent);
      if (!parsed.success || effect === null) return strange;
      return (
        effect.cancel?.(intent, parsed.data, call) ?? effect.poll(intent, parsed.data, null, call.signal)
      );
    },

    async resume(intent, signal) {
      const handle = (await begun(intent)?.accepted(intent, signal)) ?? null;
      return handle === null ? null : JSON.stringify(handle);
    },

    lookUp: async (intent, signal) => begun(intent)?.lookUp(intent, signal) ?? 'cannot-tell',

    close: async (intent, send, signal) => begun(intent)?.close(intent, send, signal) ?? 'cannot-tell',
  };
}

const strange = {
  kind: 'unknown',
  reason: 'what was recorded of the effect is not of this executor',
} as const;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
