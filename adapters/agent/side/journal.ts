// What the agent has begun, on its own disk: written and synced before each call, so that a process that dies leaves behind what
// it may have done, and a call that comes again is known.

import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Begun } from '../../../activities/ports/executor.ts';
import { begunSchema } from '../wire.ts';

const entrySchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('record'), id: z.uuid(), atMs: z.number() }),
  z.strictObject({ what: z.literal('begun'), intent: z.string(), send: z.int(), atMs: z.number() }),
  z.strictObject({
    what: z.literal('answered'),
    intent: z.string(),
    send: z.int(),
    answer: begunSchema as z.ZodType<Begun>,
    atMs: z.number(),
  }),
  /** No call up to this one begins any more. */
  z.strictObject({ what: z.literal('closed'), intent: z.string(), send: z.int(), atMs: z.number() }),
  /** Of the calls up to this one it was found out that they came to nothing. */
  z.strictObject({ what: z.literal('came-to-nothing'), intent: z.string(), send: z.int(), atMs: z.number() }),
  z.strictObject({ what: z.literal('done'), intent: z.string(), atMs: z.number() }),
]);
type Entry = z.output<typeof entrySchema>;

/** `answer`: null while it is out, and for ever when the process died meanwhile. `sinceMs`: by the monotonic clock. */
export type Call = { readonly send: number; readonly answer: Begun | null; readonly sinceMs: number };

export type Known = {
  readonly calls: readonly Call[];
  readonly closed: number;
  readonly cameToNothing: number;
  readonly done: boolean;
};

export type Journal = {
  readonly id: string;
  /** What was begun before it knows nothing of. */
  readonly sinceMs: number;
  of(intentId: string): Known;
  begun(intentId: string, send: number): void;
  answered(intentId: string, send: number, answer: Begun): void;
  closed(intentId: string, send: number): void;
  cameToNothing(intentId: string, send: number): void;
  done(intentId: string): void;
  close(): void;
};

/** Longer than any incident is worked on. */
const keptMs = 90 * 86_400_000;
const nothing: Known = { calls: [], closed: 0, cameToNothing: 0, done: false };

/** The folder belongs to this process alone. Throws when what is there is no journal. */
export function openJournal(folder: string, nowMs: () => number): Journal {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, 'effects.ndjson');
  const monotonicMs = () => performance.now();
  const read = readEntries(file);
  const record = read.find((entry) => entry.what === 'record') ?? {
    what: 'record' as const,
    id: randomUUID(),
    atMs: nowMs(),
  };
  const keep = keptIntents(read, nowMs() - keptMs);
  const kept = read.filter((entry) => entry.what !== 'record' && keep.has(entry.intent));
  // Whole or not at all: it is what a restart goes by.
  const descriptor = rewrite(folder, file, [record, ...kept]);
  const intents = new Map<string, Known>();
  for (const entry of kept) apply(intents, entry, monotonicMs());

  const add = (entry: Entry): void => {
    append(descriptor, [entry]);
    apply(intents, entry, monotonicMs());
  };
  return {
    id: record.id,
    sinceMs: record.atMs,
    of: (intentId) => intents.get(intentId) ?? nothing,
    begun: (intent, send) => add({ what: 'begun', intent, send, atMs: nowMs() }),
    answered: (intent, send, answer) => add({ what: 'answered', intent, send, answer, atMs: nowMs() }),
    closed: (intent, send) => add({ what: 'closed', intent, send, atMs: nowMs() }),
    cameToNothing: (intent, send) => add({ what: 'came-to-nothing', intent, send, atMs: nowMs() }),
    done: (intent) => add({ what: 'done', intent, atMs: nowMs() }),
    close: () => closeSync(descriptor),
  };
}

function readEntries(file: string): readonly Entry[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const lines = text.split('\n');
  // A line that was not finished was not synced: its call was never made, or its answer is not known.
  lines.pop();
  return lines.map((line, index) => {
    try {
      return entrySchema.parse(JSON.parse(line));
    } catch (error) {
      throw new Error(
        `${file}:${index + 1} is no entry of a record of effects. What it did say is lost: find out what was being done on this machine, then move the file away.`,
        { cause: error },
      );
    }
  });
}

function keptIntents(entries: readonly Entry[], sinceMs: number): ReadonlySet<string> {
  return new Set(
    entries.flatMap((entry) => (entry.what !== 'record' && entry.atMs >= sinceMs ? [entry.intent] : [])),
  );
}

function rewrite(folder: string, file: string, entries: readonly Entry[]): number {
  const draft = `${file}.new`;
  const written = openSync(draft, 'w', 0o600);
  append(written, entries);
  closeSync(written);
  renameSync(draft, file);
  const directory = openSync(folder, 'r');
  fsyncSync(directory);
  closeSync(directory);
  return openSync(file, 'a', 0o600);
}

function append(descriptor: number, entries: readonly Entry[]): void {
  const bytes = Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
  fsyncSync(descriptor);
}

function apply(intents: Map<string, Known>, entry: Entry, sinceMs: number): void {
  if (entry.what === 'record') return;
  const known = intents.get(entry.intent) ?? nothing;
  intents.set(entry.intent, { ...known, ...changed(known, entry, sinceMs) });
}

function changed(known: Known, entry: Exclude<Entry, { what: 'record' }>, sinceMs: number): Partial<Known> {
  switch (entry.what) {
    case 'begun':
      return { calls: [...known.calls, { send: entry.send, answer: null, sinceMs }] };
    case 'answered':
      return {
        calls: known.calls.map((call) =>
          call.send === entry.send ? { ...call, answer: entry.answer } : call,
        ),
      };
    case 'closed':
      return { closed: Math.max(known.closed, entry.send) };
    case 'came-to-nothing':
      return { cameToNothing: Math.max(known.cameToNothing, entry.send) };
    case 'done':
      return { done: true };
  }
}
