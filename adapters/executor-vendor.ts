// What a vendor says of itself so that the rest of Sentinel can use it as an executor: the keys of its configuration, how an
// executor is made from them, and how `doctor` looks at it. adapters/executors.ts lists the vendors.

import type { z } from 'zod';
import type { AgentLine } from '../activities/ports/agent-line.ts';
import type { Executor } from '../activities/ports/executor.ts';
import type { Finding } from '../domain/doctor.ts';
import type { TargetRef } from '../domain/inventory/target.ts';
import type { Readings } from '../ingest/watched.ts';

/** What every configured executor has, whatever the vendor. */
export type Named = { readonly name: string };

/** What an executor may use of the process that it is made in. */
export type Surroundings = {
  readonly nowMs: () => number;
  /** To executors on other machines. */
  readonly agents: AgentLine;
};

export type WatchSurroundings = Surroundings & {
  /** The service a target serves, by the rules of the inventory; as given where none speaks of it. */
  readonly serviceOf: (target: TargetRef) => string;
};

export type ExecutorParts<Settings> = {
  create(settings: Settings & Named, surroundings: Surroundings): Executor;
  /**
   * What stands in the way of acting through it. Changes nothing there; never throws. `agents`: those of other machines, where
   * whoever asks can see them.
   */
  doctor(settings: Settings & Named, agents?: Pick<AgentLine, 'seen'> | null): Promise<Finding>;
  /** What its targets do, as telemetry: where the vendor tells it, and only when it is asked. Null: these settings want none. */
  watch?(settings: Settings & Named, surroundings: WatchSurroundings): Readings | null;
  /**
   * The least rights that exactly these settings need, by format (`rbac`, `iam`, …), as text to hand to whoever grants them.
   * Absent where the vendor knows no rights.
   */
  readonly permissions?: Readonly<Record<string, (settings: Settings & Named) => string>>;
};

export type ExecutorVendor<Settings extends z.ZodObject = z.ZodObject> = {
  /** Of the value of `type`, for the reference of the configuration. */
  readonly typeMeans: string;
  readonly about: string;
  /** Its own keys; `name`, `type` and `environments` belong to every executor. */
  readonly settings: Settings;
  /** Loaded when one is configured: an SDK that nobody uses costs nothing. */
  load(): Promise<ExecutorParts<z.output<Settings>>>;
};
