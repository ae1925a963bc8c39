// What can be acted on: how it is called, and what was seen of it.

import { encodePart } from './kinds/kind.ts';

export type TargetRef = {
  readonly environment: string;
  /** What it serves, as in telemetry: what a diagnosis, a key's reach and a verification are about. */
  readonly service: string;
  /**
   * Which thing it is, whatever it serves: `kubernetes/main/shop/deployment/orders`, `docker/web1/orders`. Absent where
   * nothing but the name is known (lab, mock).
   */
  readonly resource?: string;
};

export type ReplicaState = {
  readonly id: string;
  readonly state: 'running' | 'starting' | 'draining' | 'exited';
  readonly startedAtMs: number;
  readonly restarts: number;
  /** Where an id is used again (`web-0`): what tells one bearer of it from the next. */
  readonly uid?: string;
};

/** A change of the target that is still being carried out, whoever began it. */
export type Rollout = {
  readonly inProgress: boolean;
  /** In words: `3 of 5 pods new`. */
  readonly detail: string;
};

/** The controller that keeps the target as it wants it, and takes back what it did not do itself. */
export type Owner = {
  /** `argo-cd`, `flux`, `helm`, `hpa`, `keda`, … */
  readonly name: string;
  readonly detail: string;
  /** Ids of the actions whose effect it would revert. */
  readonly reverts: readonly string[];
  /** Absent where nothing may pause it. */
  readonly sync?: OwnerSync;
};

/** What of an owner can be paused, so that changes last, and given back. */
export type OwnerSync = {
  /** Its key, and how people call it: `Argo CD application "shop"`. */
  readonly key: string;
  readonly name: string;
  readonly is: 'on' | 'paused-by-sentinel' | 'paused-by-somebody-else';
  /** Since when Sentinel has kept it paused. */
  readonly pausedAtMs?: number;
  /** The command that gives it back, for people. */
  readonly resumeWith?: string;
  /** Ids of the actions that last while it is paused. */
  readonly lifts: readonly string[];
};

/** Of a machine that other targets run on. */
export type NodeState = {
  /** Whether new replicas may go there, and who says no. */
  readonly cordoned: 'no' | 'by-sentinel' | 'by-somebody-else';
  /** The targets that a drain would move, with how many of their ready replicas are on it and elsewhere. */
  readonly carries: readonly { readonly key: string; readonly here: number; readonly elsewhere: number }[];
  /** Names of everything that runs on it. */
  readonly runs: readonly string[];
  /** Key of what is reserved while capacity is taken away: two nodes of one cluster never are at once. */
  readonly pool: string;
  /** Of how many replicas a drain may, and would, delete the local files. */
  readonly losesFilesOf?: number;
};

/** A target as it was seen at one moment, by whichever executor. */
export type ObservedState = {
  readonly target: TargetRef;
  readonly desiredReplicas: number;
  readonly replicas: readonly ReplicaState[];
  /** How many of them are ready to serve, where the executor knows that apart from `running`. */
  readonly readyReplicas?: number;
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
  /** When it was in this state, by the clock of whoever saw it. */
  readonly observedAtMs?: number;
  readonly rollout?: Rollout;
  readonly owner?: Owner;
  readonly node?: NodeState;
  /** What is gone for good when it is stopped, in words; absent where nothing is. */
  readonly stopLoses?: string;
  /** Why nothing may act on it, in words; absent where it may be acted on. */
  readonly protected?: string;
  /** The people it belongs to, and how much depends on it, as configuration says. */
  readonly team?: string;
  readonly tier?: string;
};

/**
 * What tells targets apart: leases, intents, limits and locks go by it. Two services on one resource have one key. The
 * first part is always a kind of `kinds/`.
 */
export function targetKey({ environment, service, resource }: TargetRef): string {
  return resource ?? `service/${encodePart(environment)}/${encodePart(service)}`;
}

/** For people: what it serves, and which thing that is where it is known. */
export function targetText({ environment, service, resource }: TargetRef): string {
  return resource === undefined ? `${environment}/${service}` : `${environment}/${service} (${resource})`;
}
