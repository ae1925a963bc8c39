// Reads sentinel.yaml and the environment once, checks both, and freezes the answer. Only main files call this.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { secretsBySettings } from '../ingest/sources/index.ts';
import { metadataAddresses } from './addresses.ts';
import { explainIssues, type Source } from './explain.ts';
import type { ConfigProblem } from './problems.ts';
import { configSchema, type Settings } from './schema.ts';
import {
  type Environment,
  readSecrets,
  readVariable,
  type Secret,
  type Secrets,
  type VendorSecrets,
} from './secrets.ts';
import { monitorsIn, monitorVariable } from './sections/monitors.ts';
import { notifierVariable } from './sections/notifiers.ts';

/** Whether senders must present a key: `unless-local` lets programs of this machine send without one, directly. */
export type SenderKeys = 'always' | 'unless-local' | 'never';

/** All durations are whole milliseconds. Frozen, at every depth. */
export type Config = Settings & {
  /** Absolute. */
  readonly dataDir: string;
  /** Where tools are kept between runs and between clones (the Temporal CLI). Absolute. */
  readonly cacheDir: string;
  readonly ingest: Settings['ingest'] & { readonly senderKeys: SenderKeys };
  readonly secrets: Secrets;
  /** Of stores, models and chats, by variable; `secretsOf` gives a vendor its own. */
  readonly vendorSecrets: VendorSecrets;
  /** By the name of the notifier. */
  readonly notifierSecrets: Readonly<Record<string, Secret | null>>;
  /** By variable (config/sections/monitors.ts). */
  readonly monitorSecrets: Readonly<Record<string, Secret | null>>;
  /** The file it was read from; null when everything is default. */
  readonly file: string | null;
};

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type LoadOptions = {
  /** A file that must exist. Without it `SENTINEL_CONFIG`, then `sentinel.yaml` in `cwd` if there is one. */
  readonly file?: string;
  readonly env: Environment;
  /** Default: the working directory of the process. */
  readonly cwd?: string;
};

const defaultFile = 'sentinel.yaml';
const largestFileBytes = 1024 * 1024;

/** Never throws: whatever is wrong with file or environment comes back as problems, all of them at once. */
export function loadConfig({ file, env, cwd = process.cwd() }: LoadOptions): LoadedConfig {
  const readFile = (name: string): string => readFileSync(path.resolve(cwd, name), 'utf8');
  const { secrets, vendorSecrets, problems } = readSecrets(env, readFile);
  const wanted = file ?? env.SENTINEL_CONFIG;
  const present =
    wanted === undefined && existsSync(path.resolve(cwd, defaultFile)) ? defaultFile : undefined;
  const name = wanted ?? present;
  const read = name === undefined ? { ok: true as const, text: '' } : readText(path.resolve(cwd, name));
  if (!read.ok) {
    const unreadable = { source: name ?? '', path: '', line: null, message: read.message };
    return { ok: false, problems: [unreadable, ...problems] };
  }
  const parsed = parseSettings(read.text, name ?? defaultFile);
  if (!parsed.ok) return { ok: false, problems: [...parsed.problems, ...problems] };
  const notifierSecrets = Object.fromEntries(
    parsed.settings.notifiers.map(({ name: notifier }) => [
      notifier,
      readVariable(notifierVariable(notifier), env, readFile, problems),
    ]),
  );
  const monitorSecrets = Object.fromEntries(
    monitorsIn(parsed.settings.ingest)
      .map((monitor) => monitorVariable(monitor.type, monitor.settings.name))
      .map((variable) => [variable, readVariable(variable, env, readFile, problems)]),
  );
  const sourceSecrets = Object.fromEntries(
    secretsBySettings(parsed.settings.ingest).map(({ variable, wrongWith }) => [
      variable,
      readVariable(variable, env, readFile, problems, wrongWith),
    ]),
  );
  if (problems.length > 0) return { ok: false, problems };

  const { settings } = parsed;
  const absolute = name === undefined ? null : path.resolve(cwd, name);
  const base = absolute === null ? cwd : path.dirname(absolute);
  const config: Config = {
    ...settings,
    dataDir: path.resolve(base, settings.dataDir),
    cacheDir: path.join(env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'sentinel'),
    ingest: {
      ...settings.ingest,
      senderKeys: senderKeysOf(settings),
    },
    secrets,
    vendorSecrets: { ...vendorSecrets, ...sourceSecrets },
    notifierSecrets,
    monitorSecrets,
    file: absolute,
  };
  return { ok: true, config: freeze(config) };
}

function readText(file: string): { ok: true; text: string } | { ok: false; message: string } {
  try {
    const { size } = statSync(file);
    if (size > largestFileBytes)
      return { ok: false, message: `is ${size} bytes; the limit is ${largestFileBytes}` };
    return { ok: true, text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { ok: false, message: `cannot be read (${(error as Error).message})` };
  }
}

/** Any text gives settings or problems. `name` is how problems call the source. */
export function parseSettings(
  text: string,
  name: string,
): { ok: true; settings: Settings } | { ok: false; problems: readonly ConfigProblem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const [syntax] = document.errors;
  const broken = (line: number | null, message: string) => ({
    ok: false as const,
    problems: [{ source: name, path: '', line, message }],
  });
  if (syntax !== undefined) return broken(lines.linePos(syntax.pos[0]).line, `not YAML: ${syntax.message}`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    return broken(null, `not usable YAML: ${(error as Error).message}`);
  }
  const source: Source = { name, document, lines };
  const result = configSchema.safeParse(withoutEmptySections(value ?? {}));
  if (!result.success) return { ok: false, problems: explainIssues(result.error.issues, source) };
  const forbidden = metadataAddresses(result.data).map((found) => ({
    code: 'custom' as const,
    ...found,
    input: undefined,
  }));
  if (forbidden.length > 0) return { ok: false, problems: explainIssues(forbidden, source) };
  return { ok: true, settings: result.data };
}

/** `server:` with everything below it commented out is null in YAML, and means what an absent section means. */
function withoutEmptySections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

/** Without a word about it, only a start for this machine alone takes anything without a key, and only from this machine. */
function senderKeysOf({ ingest, server }: Settings): SenderKeys {
  if (ingest.requireKey !== undefined) return ingest.requireKey ? 'always' : 'never';
  const { host, publicUrl, trustedProxies, allowedHosts } = server;
  const shown = publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname);
  const alone = isLoopback(host) && !shown && trustedProxies === 0 && allowedHosts.length === 0;
  return alone ? 'unless-local' : 'always';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}
