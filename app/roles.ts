// Which parts of Sentinel a process runs, and what whoever started it has in hand.

import type { Config } from '../config/load.ts';

export const sentinelRoles = ['all', 'api', 'worker', 'ingest'] as const;
export type SentinelRole = (typeof sentinelRoles)[number];

export type RunningSentinel = {
  /** Lines for people: where the API, the Web UI and the like are. */
  readonly banner: readonly string[];
  /** Rejects when a part fails for good; otherwise pending for ever. */
  readonly failed: Promise<never>;
  /** Finishes what is under way and closes everything. */
  stop(): Promise<void>;
};

/**
 * Composes and starts the parts of a role; resolves when they answer. `report` takes lines about the progress; `stopping`
 * says that nobody wants it any more.
 */
export type StartSentinel = (
  config: Config,
  role: SentinelRole,
  report: (line: string) => void,
  stopping: AbortSignal,
) => Promise<RunningSentinel>;
