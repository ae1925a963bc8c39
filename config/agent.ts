// The file of an agent: where its Sentinel is, with which key it speaks, and what it may do here. The server has no word in it, and
// whoever may write it decides what happens on this machine, so it has to be the agent's own.

import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { getuid } from 'node:process';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { executorVendors } from '../adapters/executors.ts';
import { agentHost, agentHostWords, isOfHost } from '../domain/agent/host.ts';
import { environmentName } from './sections/environment-name.ts';

const file = z.string().regex(/^\//, 'expected an absolute path');

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and -')
    .describe('What `executor` of the executor in sentinel.yaml calls it.'),
  environments: z.array(environmentName).min(1).describe('No other environment exists for it.'),
  host: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'expected lower-case letters, digits, . and -')
    .optional()
    .describe('Default: the name of the machine. For a second of a type: that name, two hyphens, and more.'),
};

const docker = executorVendors.docker.settings.omit({ host: true }).extend({
  ...common,
  type: z.literal('docker'),
  actions: z.array(z.enum(['restart', 'stop', 'start'])).describe('What it may do; empty: only look.'),
});
const sandbox = executorVendors.host.settings.omit({ host: true }).extend({
  ...common,
  type: z.literal('host'),
  actions: z.array(z.enum(['clear-sandbox'])).describe('What it may do; empty: only look.'),
});

const schema = z
  .strictObject({
    host: z.string().regex(agentHost, `expected ${agentHostWords}`),
    url: z.string().refine(isAllowed, 'expected https://…, or http:// to an address of this machine only'),
    caFile: file.optional(),
    keyFile: file,
    stateDir: file,
    executors: z
      .array(z.discriminatedUnion('type', [docker, sandbox]))
      .min(1)
      .max(50),
  })
  .superRefine(({ host, executors }, context) => {
    const [names, places] = [new Set<string>(), new Set<string>()];
    executors.forEach(({ name, type, host: own = host }, index) => {
      const issue = (key: string, message: string): void =>
        context.addIssue({ code: 'custom', path: ['executors', index, key], message });
      const place = `${type}/${own}`;
      if (names.has(name)) issue('name', `"${name}" is used twice`);
      if (!isOfHost(host, own)) issue('host', `expected ${host}, or ${host}-- and more`);
      if (places.has(place)) issue('host', `two executors of type ${type} are called ${own}`);
      names.add(name);
      places.add(place);
    });
  });

type Settings = z.output<typeof schema>;
export type AgentExecutorConfig = Settings['executors'][number] & { readonly host: string };
export type AgentConfig = Omit<Settings, 'executors'> & {
  readonly executors: readonly AgentExecutorConfig[];
  readonly key: string;
  readonly ca: string | null;
};

export type LoadedAgentConfig =
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly problems: readonly string[] };

export const defaultAgentFile = '/etc/sentinel/agent.yaml';

/** Never throws: what is wrong comes back, in words. */
export function loadAgentConfig(name: string = defaultAgentFile): LoadedAgentConfig {
  try {
    const text = ownText(path.resolve(name), 0o022, 'may be written by others than its owner');
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const [syntax] = document.errors;
    if (syntax !== undefined)
      return bad(`${name}:${lines.linePos(syntax.pos[0]).line}: not YAML: ${syntax.message}`);
    const parsed = schema.safeParse(document.toJS({ maxAliasCount: 50 }));
    if (!parsed.success)
      return bad(...parsed.error.issues.map((one) => `${name}: ${one.path.join('.')}: ${one.message}`));
    const settings = parsed.data;
    const key = ownText(settings.keyFile, 0o077, 'may be read by others than its owner').trim();
    const ca = settings.caFile === undefined ? null : readFileSync(settings.caFile, 'utf8');
    const executors = settings.executors.map((one) => ({ ...one, host: one.host ?? settings.host }));
    return { ok: true, config: { ...settings, executors, key, ca } };
  } catch (error) {
    return bad((error as Error).message);
  }
}

function bad(...problems: string[]): LoadedAgentConfig {
  return { ok: false, problems };
}

/** Of this user or root, no link, with none of these rights, in a folder that nobody else can change. */
function ownText(name: string, forbidden: number, why: string): string {
  const folder = lstatSync(path.dirname(name));
  if (!isOwn(folder.uid) || (folder.mode & 0o022) !== 0)
    throw new Error(`${path.dirname(name)} may be changed by others: it has to belong to this user or root`);
  let descriptor: number;
  try {
    descriptor = openSync(name, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    throw new Error(`${name} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (!isOwn(uid)) throw new Error(`${name} belongs to another user (uid ${uid})`);
    if ((mode & forbidden) !== 0) throw new Error(`${name} ${why} (mode ${(mode & 0o777).toString(8)})`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function isOwn(uid: number): boolean {
  return uid === 0 || uid === getuid?.();
}

/** Whoever can read a request has the key. */
function isAllowed(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, search } = new URL(text);
  if (username !== '' || search !== '') return false;
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname))
  );
}
