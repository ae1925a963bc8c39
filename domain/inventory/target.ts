// What can be acted on: how it is called, and what was seen of it.

export type TargetRef = { readonly environment: string; readonly service: string };

export type ReplicaState = {
  readonly id: string;
  readonly state: 'running' | 'starting' | 'draining' | 'exited';
  readonly startedAtMs: number;
  readonly restarts: number;
};

/** A target as it was seen at one moment, by whichever executor. */
export type ObservedState = {
  readonly target: TargetRef;
  readonly desiredReplicas: number;
  readonly replicas: readonly ReplicaState[];
  readonly release: string;
  readonly previousRelease?: string;
  readonly config: string;
  readonly previousConfig?: string;
  readonly sandbox?: { readonly usedBytes: number; readonly limitBytes: number };
  /**
   * What the executor calls this state; it changes with every change of the target. An effect can be made to depend on it
   * at the vendor itself. Absent where the vendor knows no such thing.
   */
  readonly revision?: string;
};

export function targetKey(target: TargetRef): string {
  return `${target.environment}/${target.service}`;
}
