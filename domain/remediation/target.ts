// What an executor reports about a thing it can act on: the state before, the state after, and what it can do.

import type { ActionId } from './actions.ts';

export type TargetRef = { readonly environment: string; readonly service: string };

export type ReplicaState = {
  readonly id: string;
  readonly state: 'running' | 'starting' | 'draining' | 'exited';
  readonly startedAtMs: number;
  readonly restarts: number;
};

export type TargetState = {
  readonly target: TargetRef;
  /** Name of the configured executor that owns this target. */
  readonly executor: string;
  readonly desiredReplicas: number;
  readonly replicas: readonly ReplicaState[];
  readonly release: string;
  readonly previousRelease?: string;
  readonly config: string;
  readonly previousConfig?: string;
  readonly sandbox?: { readonly usedBytes: number; readonly limitBytes: number };
  /** Actions this executor can perform on this target. */
  readonly supports: readonly ActionId[];
  /**
   * What the executor calls this state; it changes with every change of the target. An effect can be made to depend on it
   * at the vendor itself. Absent where the vendor knows no such thing.
   */
  readonly revision?: string;
};

export function targetKey(target: TargetRef): string {
  return `${target.environment}/${target.service}`;
}
