// Which API the command line talks to, and with what key: flags, then environment, then what `start` left behind.

import { ExitError, exitCodes } from '../app/exit.ts';
import { type LeftConnection, readConnection } from '../app/left-connection.ts';
import { describeProblem } from '../config/problems.ts';
import type { CliDeps } from './deps.ts';

export type Connection = { readonly url: string; readonly apiKey: string };
export type ConnectionFlags = { readonly url?: string; readonly apiKey?: string; readonly config?: string };

/** Throws ExitError when no address or no key is known, saying how to give one. */
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
    throw new ExitError(
      exitCodes.usage,
      'No running Sentinel found. Start one ("npm start"), or set --url or SENTINEL_URL.',
    );
  }
  if (apiKey === undefined) {
    throw new ExitError(
      exitCodes.usage,
      `No API key for ${url}. Give one with SENTINEL_API_KEY or --api-key.`,
    );
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new ExitError(exitCodes.usage, 'The address of Sentinel must be an http:// or https:// URL.');
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
  throw new ExitError(exitCodes.usage, loaded.problems.map(describeProblem).join('\n'), {
    problems: loaded.problems,
  });
}
