// How many pods a rollout may take away at a time, by the strategy of the workload: so many are missing without anything being
// wrong. Source: "Deployments" and "Performing a Rolling Update on a DaemonSet" of kubernetes.io.

import type { WorkloadKind } from '../kinds.ts';

type Spec = Readonly<Record<string, unknown>>;

export function mayMissOf(kind: WorkloadKind, spec: Spec): (replicas: number) => number {
  switch (kind) {
    case 'deployment': {
      const strategy = part(spec, 'strategy');
      const { type } = strategy;
      if (type === 'Recreate') return (replicas) => replicas;
      const { maxUnavailable = '25%', maxSurge = '25%' } = part(strategy, 'rollingUpdate');
      return (replicas) => {
        const missing = share(maxUnavailable, replicas, Math.floor);
        // Where neither may be, the cluster takes one away all the same, or nothing would ever move.
        return missing === 0 && share(maxSurge, replicas, Math.ceil) === 0 ? Math.min(1, replicas) : missing;
      };
    }
    case 'statefulset':
    case 'daemonset': {
      const { maxUnavailable = 1 } = part(part(spec, 'updateStrategy'), 'rollingUpdate');
      return (replicas) => share(maxUnavailable, replicas, Math.ceil);
    }
  }
}

function part(of: Spec, name: string): Spec {
  const value = of[name];
  return typeof value === 'object' && value !== null ? (value as Spec) : {};
}

/** A number, or a percentage of the replicas; nothing where it is neither. */
function share(given: unknown, replicas: number, round: (value: number) => number): number {
  const text = String(given);
  const value = text.endsWith('%') ? round((Number(text.slice(0, -1)) * replicas) / 100) : Number(text);
  return Number.isFinite(value) ? Math.min(replicas, Math.max(0, value)) : 0;
}
