// Options that many commands share, added in the same words everywhere.

import type { Command } from 'commander';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type ConnectionFlags, resolveConnection } from './connection.ts';
import type { CliDeps } from './deps.ts';
import { createOutput, type Output } from './output.ts';

export type CommonFlags = ConnectionFlags & { readonly json?: boolean };

/** A command with `--json`. */
export function jsonCommand(parent: Command, nameAndArguments: string, about: string): Command {
  return parent.command(nameAndArguments).description(about).option('--json', 'answer in JSON');
}

/** A command with `--json` that reads the configuration. */
export function localCommand(parent: Command, nameAndArguments: string, about: string): Command {
  return jsonCommand(parent, nameAndArguments, about).option(
    '--config <file>',
    'configuration file (default: SENTINEL_CONFIG, then sentinel.yaml)',
  );
}

/** A command with `--json` that talks to the API. */
export function apiCommand(parent: Command, nameAndArguments: string, about: string): Command {
  return localCommand(parent, nameAndArguments, about)
    .option('--url <url>', 'address of the API (default: SENTINEL_URL, then the Sentinel running here)')
    .option(
      '--api-key <key>',
      'API key (default: SENTINEL_API_KEY, then the key of the Sentinel running here)',
    );
}

export function connect(flags: CommonFlags, deps: CliDeps): { api: ApiClient; out: Output } {
  const out = createOutput(deps, flags.json === true);
  return { api: createApiClient(resolveConnection(flags, deps)), out };
}
