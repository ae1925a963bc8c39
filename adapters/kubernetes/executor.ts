// Executor for the workloads of a Kubernetes cluster. It makes one change for each send, conditional on what was read right
// before, and leaves the work to the cluster's own controllers: a rollout goes on whatever becomes of Sentinel.

import { z } from 'zod';
import type { Executor } from '../../activities/ports/executor.ts';
import { admittedRef } from './admission.ts';
import { KubernetesError } from './api.ts';
import { openCluster } from './cluster.ts';
import { type WorkloadRef, workloadOf } from './kinds.ts';
import { acceptedPod, beginPod, closePod, lookUpPod, podOf, pollPod, previewPod } from './pod-effect.ts';
import type { KubernetesSettings } from './settings.ts';
import {
  acceptedWorkload,
  beginWorkload,
  closeWorkload,
  lookUpWorkload,
  pollWorkload,
  previewWorkload,
} from './workload-effect.ts';

const handleSchema = z.object({ uid: z.string() });

/** Pods are ready by then; caches and connections behind them take a little longer. */
const settleMs = 5_000;

export function createKubernetesExecutor(
  settings: KubernetesSettings & { readonly name: string },
  clock: { readonly nowMs: () => number },
): Executor {
  const cluster = openCluster(settings, clock.nowMs);
  const refOf = (resource: string | undefined) => workloadOf(settings.cluster, resource);

  return {
    name: settings.name,

    // Whoever reads the API server reads what was written: nothing is hidden for a while.
    promise: (step) => ({
      idempotency: 'compare-and-set',
      // The marks of effects stand with the workload; a pod that is gone says nothing of who deleted it.
      tellsWhose: podOf(step) === null,
      consistencyDelayMs: 0,
      deadlineMs: settings.rolloutDeadlineSeconds * 1_000,
      settleMs,
    }),

    async observe(environment, service, signal) {
      const all = await cluster.observe(environment, signal);
      return service === undefined ? all : all.filter(({ target }) => target.service === service);
    },

    async preview(step, signal) {
      const admitted = admittedRef(cluster, step.target.resource, step.action);
      if (!admitted.ok) return { ok: false, code: admitted.code, detail: admitted.reason };
      const name = podOf(step);
      try {
        return name === null
          ? await previewWorkload(cluster, admitted.ref, step, signal)
          : await previewPod(cluster, admitted.ref, step, name, signal);
      } catch (error) {
        if (error instanceof KubernetesError) return { ok: false, code: error.code, detail: error.message };
        throw error;
      }
    },

    async begin(intent, call) {
      const admitted = admittedRef(cluster, intent.target.resource, intent.action);
      if (!admitted.ok) return { kind: 'refused', code: admitted.code, reason: admitted.reason };
      const name = podOf(intent);
      try {
        return name === null
          ? await beginWorkload(cluster, admitted.ref, intent, call)
          : await beginPod(cluster, admitted.ref, intent, name, call);
      } catch (error) {
        // Only readings throw, and they come before the one change: nothing was sent.
        if (error instanceof KubernetesError)
          return { kind: 'refused', code: error.code, reason: error.message };
        throw error;
      }
    },

    async poll(intent, handle, signal) {
      const ref = refOf(intent.target.resource);
      const parsed = handleSchema.safeParse(jsonOf(handle));
      if (ref === null || !parsed.success)
        return { kind: 'unknown', reason: 'what was recorded of the effect is not of this executor' };
      const name = podOf(intent);
      return name === null
        ? pollWorkload(cluster, ref, intent, parsed.data, signal)
        : pollPod(cluster, ref, intent, name, parsed.data, signal);
    },

    async resume(intent, signal) {
      const ref = refOf(intent.target.resource);
      if (ref === null) return null;
      const name = podOf(intent);
      const uid =
        name === null
          ? await acceptedWorkload(cluster, ref, intent, signal)
          : await acceptedPod(cluster, ref, intent, name, signal);
      return uid === null ? null : JSON.stringify({ uid });
    },

    lookUp: (intent, signal) =>
      of(refOf(intent.target.resource), podOf(intent), {
        workload: (ref) => lookUpWorkload(cluster, ref, intent, signal),
        pod: (ref, name) => lookUpPod(cluster, ref, intent, name, signal),
      }),

    close: (intent, send, signal) =>
      of(refOf(intent.target.resource), podOf(intent), {
        workload: (ref) => closeWorkload(cluster, ref, intent, send, signal),
        pod: (ref, name) => closePod(cluster, ref, intent, name, send, signal),
      }),
  };
}

async function of<T>(
  ref: WorkloadRef | null,
  name: string | null,
  by: { workload(ref: WorkloadRef): Promise<T>; pod(ref: WorkloadRef, name: string): Promise<T> },
): Promise<T | 'cannot-tell'> {
  if (ref === null) return 'cannot-tell';
  return name === null ? by.workload(ref) : by.pod(ref, name);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
