// What the command line is given by its main file, so that tests and the demo can run it with their own parts.

import type { Command } from 'commander';
import type { StartSentinel } from '../app/roles.ts';
import type { AgentConfig, LoadedAgentConfig } from '../config/agent.ts';
import type { Config, LoadedConfig } from '../config/load.ts';
import type { Environment } from '../config/secrets.ts';
import type { Check, Finding } from '../domain/doctor.ts';
import type { Ties } from './signals.ts';

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
  /** Without it there is no `agent` command. */
  readonly agent?: {
    readonly load: (file: string | undefined) => LoadedAgentConfig;
    readonly run: (config: AgentConfig, stopping: AbortSignal) => Promise<void>;
    readonly check: (config: AgentConfig) => Promise<readonly Finding[]>;
  };
  /** Registers further commands (`demo`, `lab`). */
  readonly extensions?: readonly ((program: Command, deps: CliDeps) => void)[];
  /** What `doctor` looks at besides its own checks. */
  readonly moreChecks?: (config: Config) => readonly Check[];
};
