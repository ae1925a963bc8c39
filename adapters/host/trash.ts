// The trash of a sandbox: a folder of Sentinel's own inside it, so that a move never crosses file systems, with one folder for
// each send of an intent. Making that folder is the token: it exists once, whoever comes second finds it, and a send that was
// closed finds it taken.

import { createHash } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { z } from 'zod';
import { type Opened, openEntry, openForListing, statEntry, within } from './descriptors.ts';
import { trashName } from './rules.ts';

/** What a clean-up came to. `stopped`: why it ended before everything was looked at; null when it did not. */
export type Outcome = {
  readonly removed: number;
  readonly removedBytes: number;
  /** How many of them can be put back. */
  readonly kept: number;
  /** False: the folder holds more, or deeper, than is looked through at once. */
  readonly complete: boolean;
  readonly stopped: string | null;
};

export type BatchState =
  | { readonly kind: 'none' | 'closed' | 'begun' }
  | { readonly kind: 'ended'; readonly outcome: Outcome };

const outcomeSchema = z.strictObject({
  removed: z.int(),
  removedBytes: z.number(),
  kept: z.int(),
  complete: z.boolean(),
  stopped: z.string().nullable(),
});

export const filesName = 'files';
export const listName = 'list.jsonl';
const outcomeName = 'outcome.json';
const closedName = 'closed';

/** Opens the trash, and makes it when there is none. Throws when what has its name is not Sentinel's own. */
export function openTrash(sandbox: Opened): Opened {
  made(() => mkdirSync(within(sandbox.fd, trashName), 0o700));
  return own(sandbox.fd, trashName, sandbox.mount);
}

/** Null when there is no trash yet. */
export function existingTrash(sandbox: Opened): Opened | null {
  return statEntry(sandbox.fd, trashName) === null ? null : own(sandbox.fd, trashName, sandbox.mount);
}

/** Of one send of an intent; ids are free text and make no path. */
export function batchName(intentId: string, send: number): string {
  return `${createHash('sha256').update(intentId).digest('hex').slice(0, 32)}-${send}`;
}

/** The folder of the send, made now; null when it is there already: this send was made before, or closed. */
export function claimBatch(
  trash: Opened,
  name: string,
): { readonly batch: Opened; readonly files: Opened } | null {
  if (!made(() => mkdirSync(within(trash.fd, name), 0o700))) return null;
  const batch = own(trash.fd, name, trash.mount);
  mkdirSync(within(batch.fd, filesName), 0o700);
  return { batch, files: own(batch.fd, filesName, trash.mount) };
}

/** Takes the place of the send, so that it never happens; false when it has begun. */
export function closeBatch(trash: Opened, name: string): boolean {
  if (!made(() => mkdirSync(within(trash.fd, name), 0o700)))
    return stateOfBatch(trash, name).kind === 'closed';
  const batch = own(trash.fd, name, trash.mount);
  try {
    writeFileSync(within(batch.fd, closedName), '');
  } finally {
    closeSync(batch.fd);
  }
  return true;
}

export function stateOfBatch(trash: Opened, name: string): BatchState {
  if (statEntry(trash.fd, name) === null) return { kind: 'none' };
  const batch = own(trash.fd, name, trash.mount);
  try {
    if (statEntry(batch.fd, closedName) !== null) return { kind: 'closed' };
    if (statEntry(batch.fd, outcomeName) === null) return { kind: 'begun' };
    const outcome = outcomeSchema.parse(JSON.parse(readFileSync(within(batch.fd, outcomeName), 'utf8')));
    return { kind: 'ended', outcome };
  } finally {
    closeSync(batch.fd);
  }
}

export function writeOutcome(batch: Opened, outcome: Outcome): void {
  writeFileSync(within(batch.fd, outcomeName), JSON.stringify(outcome), { mode: 0o600, flag: 'wx' });
}

/** Batches, oldest first, with how many bytes each keeps. */
export function batchesOf(
  trash: Opened,
): readonly { readonly name: string; readonly bytes: number; readonly atMs: number }[] {
  return readdirSync(`/proc/self/fd/${trash.fd}`)
    .flatMap((name) => {
      const stat = statEntry(trash.fd, name);
      if (stat === null || !stat.isDirectory()) return [];
      const bytes = withFiles(trash, name, (files) =>
        readdirSync(`/proc/self/fd/${files.fd}`).reduce(
          (sum, one) => sum + Number(statEntry(files.fd, one)?.size ?? 0n),
          0,
        ),
      );
      return [{ name, bytes: bytes ?? 0, atMs: Number(stat.mtimeMs) }];
    })
    .toSorted((left, right) => left.atMs - right.atMs);
}

/** Deletes what the batch keeps, for good. What was removed stays on its list. */
export function emptyBatch(trash: Opened, name: string): void {
  withFiles(trash, name, (files) => {
    for (const one of readdirSync(`/proc/self/fd/${files.fd}`, { encoding: 'buffer' })) {
      const stat = statEntry(files.fd, one);
      if (stat?.isDirectory()) rmdirSync(within(files.fd, one));
      else if (stat !== null) unlinkSync(within(files.fd, one));
    }
  });
}

export function withFiles<T>(
  trash: Opened,
  name: string,
  use: (files: Opened, batch: Opened) => T,
): T | null {
  const batch = own(trash.fd, name, trash.mount);
  try {
    if (statEntry(batch.fd, filesName) === null) return null;
    const files = own(batch.fd, filesName, trash.mount);
    try {
      return use(files, batch);
    } finally {
      closeSync(files.fd);
    }
  } finally {
    closeSync(batch.fd);
  }
}

/** A folder that nobody else can write to; whatever else has the name is refused. */
function own(folder: number, name: string, mount: string): Opened {
  const entry = openEntry(folder, name);
  if (entry === null) throw new Error(`${name} in the trash of a sandbox is gone`);
  try {
    const { stat } = entry;
    const isOwn =
      stat.isDirectory() && stat.uid === BigInt(process.getuid?.() ?? -1) && (stat.mode & 0o077n) === 0n;
    const listed = isOwn && entry.mount === mount ? openForListing(entry) : null;
    if (listed === null) throw new Error(`${name} in the trash of a sandbox is no folder of Sentinel's own`);
    return listed;
  } finally {
    closeSync(entry.fd);
  }
}

/** False when it was there. */
function made(make: () => void): boolean {
  try {
    make();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
