// Which API the command line talks to, and with what key: flags, then environment, then what `start` left behind.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { describeProblem } from '../config/problems.ts';
import type { CliDeps } from './deps.ts';
import { CliError, exitCodes } from './exit.ts';
import { readPrivateFile, writePrivateFile } from './private-files.ts';

/** Without a key where the operator gave one: that key is in no file of ours. */
const leftSchema = z.strictObject({ url: z.url(), apiKey: z.string().min(1).optional() });
export type LeftConnection = z.infer<typeof leftSchema>;
export type Connection = { readonly url: string; readonly apiKey: string };
export type ConnectionFlags = { readonly url?: string; readonly apiKey?: string; readonly config?: string };

const fileIn = (dataDir: string): string => path.join(dataDir, 'cli.json');

/** Leaves the address and a key for the command line on this machine; only this user may read the file. */
export function writeConnection(dataDir: string, connection: LeftConnection): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writePrivateFile(fileIn(dataDir), `${JSON.stringify(connection)}\n`);
}

/** What `start` left in this folder; null when there is nothing usable. Throws CliError when others may have written it. */
export function readConnection(dataDir: string): LeftConnection | null {
  const text = readPrivateFile(fileIn(dataDir));
  if (text === null) return null;
  try {
    return leftSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Throws CliError when no address or no key is known, saying how to give one. */
export function resolveConnection(
  flags: ConnectionFlags,
  deps: Pick<CliDeps, 'env' | 'loadConfig'>,
): Connection {
  const givenUrl = flags.url ?? deps.env.SENTINEL_URL;
  const givenKey = flags.apiKey ?? deps.env.SENTINEL_API_KEY;
  const left = givenUrl !== undefined && givenKey !== undefined ? null : connectionLeft(flags.config, deps);
  const url = givenUrl ?? left?.url;
  // A key is only sent to the address it was left for, never to another one that a flag names.
  const apiKey = givenKey ?? (givenUrl === undefined || givenUrl === left?.url ? left?.apiKey : undefined);
  if (url === undefined) {
    throw new CliError(
      exitCodes.usage,
      'No running Sentinel found. Start one ("npm start"), or set --url or SENTINEL_URL.',
    );
  }
  if (apiKey === undefined) {
    throw new CliError(
      exitCodes.usage,
      `No API key for ${url}. Give one with SENTINEL_API_KEY or --api-key.`,
    );
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new CliError(exitCodes.usage, 'The address of Sentinel must be an http:// or https:// URL.');
  }
  return { url: url.replace(/\/+$/, ''), apiKey };
}

function connectionLeft(file: string | undefined, deps: Pick<CliDeps, 'loadConfig'>): LeftConnection | null {
  const loaded = deps.loadConfig(file);
  if (loaded.ok) {
    const left = readConnection(loaded.config.dataDir);
    // An operator's key is in no file of ours, but in the environment that the process beside us was started with.
    const given = loaded.config.secrets.adminKey?.reveal();
    return left === null || given === undefined ? left : { apiKey: given, ...left };
  }
  throw new CliError(exitCodes.usage, loaded.problems.map(describeProblem).join('\n'), {
    problems: loaded.problems,
  });
}
