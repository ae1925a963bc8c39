// What the command line is given by its main file, so that tests and the demo can run it with their own parts.

import type { Command } from 'commander';
import type { Config, LoadedConfig } from '../config/load.ts';
import type { Environment } from '../config/secrets.ts';
import type { Check } from '../domain/doctor.ts';
import type { Ties } from './signals.ts';

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

export type TextStream = { write(text: string): unknown; readonly isTTY?: boolean };

export type CliDeps = {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly env: Environment;
  readonly loadConfig: (file: string | undefined) => LoadedConfig;
  /** Resolves with what asks the process to end: a signal, or that its parent or its reader is gone. */
  readonly untilSignal: (ties?: Ties) => Promise<string>;
  /** Without it there is no `start` command. */
  readonly start?: StartSentinel;
  /** Registers further commands (`demo`, `lab`). */
  readonly extensions?: readonly ((program: Command, deps: CliDeps) => void)[];
  /** What `doctor` looks at besides its own checks. */
  readonly moreChecks?: (config: Config) => readonly Check[];
};
