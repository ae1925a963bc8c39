/** The corpus of histories that today's workflow code must be able to replay: where it is, and what guards it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { type ReplayResult, Worker } from '@temporalio/worker';

const corpus = join(import.meta.dirname, '../replay');
const manifestFile = join(corpus, 'manifest.json');

/** File name → SHA-256 of its bytes. */
export type Manifest = Readonly<Record<string, string>>;

export function readManifest(folder = corpus): Manifest {
  const file = join(folder, 'manifest.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : {};
}

/** What is wrong with a corpus, in words; empty when nothing is. An empty corpus is wrong: it would prove nothing. */
export function problemsOf(folder = corpus): readonly string[] {
  const manifest = readManifest(folder);
  const names = historyNames(folder);
  const listed = Object.keys(manifest);
  return [
    ...(names.length === 0 ? ['there are no histories'] : []),
    ...listed.filter((name) => !names.includes(name)).map((name) => `${name} was removed`),
    ...names.filter((name) => !listed.includes(name)).map((name) => `${name} is not in the manifest`),
    ...names
      .filter((name) => listed.includes(name) && digestOf(folder, name) !== manifest[name])
      .map((name) => `${name} was changed`),
  ];
}

export function historyNames(folder = corpus): readonly string[] {
  const histories = join(folder, 'histories');
  return existsSync(histories) ? readdirSync(histories).toSorted() : [];
}

/** Adds a history; one of that name that is there already stays, unless `replace`. */
export function addHistory(name: string, json: string, replace: boolean): 'added' | 'kept' {
  const file = `${name}.json`;
  const manifest = readManifest();
  if (manifest[file] !== undefined && !replace) return 'kept';
  mkdirSync(join(corpus, 'histories'), { recursive: true });
  writeFileSync(join(corpus, 'histories', file), json);
  const entries = Object.entries({ ...manifest, [file]: digestOf(corpus, file) });
  const sorted = Object.fromEntries(entries.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  writeFileSync(manifestFile, `${JSON.stringify(sorted, null, 2)}\n`);
  return 'added';
}

/**
 * Replays histories of the corpus, every one unless told which, with this bundle and without any server; as a worker whose
 * payloads are protected, if told how.
 */
export async function replay(
  codePath: string,
  {
    names = historyNames(),
    dataConverter,
  }: { names?: readonly string[]; dataConverter?: DataConverter } = {},
): Promise<readonly ReplayResult[]> {
  const histories = names.map((name) => {
    const history = readHistory(name);
    return { workflowId: isSigned(name) ? idOf(history) : name, history };
  });
  const options = { workflowBundle: { codePath }, ...(dataConverter === undefined ? {} : { dataConverter }) };
  const results: ReplayResult[] = [];
  for await (const result of Worker.runReplayHistories(options, histories)) {
    results.push(result);
  }
  return results.map((result, index) => ({ ...result, workflowId: names[index] ?? '' }));
}

/** Whether its payloads are bound to its own workflow id, and read by nobody without the key. */
export function isSigned(name: string): boolean {
  const [payload] = startOf(readHistory(name)).input.payloads;
  return payload?.metadata['sentinel-seal'] !== undefined;
}

type Started = {
  readonly workflowId: string;
  readonly input: { readonly payloads: readonly { readonly metadata: Readonly<Record<string, string>> }[] };
};

function readHistory(name: string): unknown {
  return JSON.parse(readFileSync(join(corpus, 'histories', name), 'utf8'));
}

function startOf(history: unknown): Started {
  const { events } = history as {
    readonly events: readonly { readonly workflowExecutionStartedEventAttributes: Started }[];
  };
  const [first] = events;
  if (first === undefined) throw new Error('a history without events');
  return first.workflowExecutionStartedEventAttributes;
}

function idOf(history: unknown): string {
  return startOf(history).workflowId;
}

function digestOf(folder: string, name: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, 'histories', name)))
    .digest('hex');
}
