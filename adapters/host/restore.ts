// Puts back what a clean-up removed, as far as the trash still has it: under its old name, in its old folder, over nothing that
// is there now.

import { closeSync, mkdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { putBack } from './clean.ts';
import { type Opened, openEntry, openForListing, statEntry, within } from './descriptors.ts';
import { isForbidden } from './rules.ts';
import { batchesOf, existingTrash, listName, withFiles } from './trash.ts';

export type Restored = {
  readonly restored: number;
  /** Paths whose name is taken, or whose folder is not a folder any more; they stay in the trash. */
  readonly inTheWay: readonly string[];
  /** Deleted for good: the trash had no room. */
  readonly gone: number;
};

const slotSchema = z.string().regex(/^\d+$/);
/** Of a file that was listed, and not removed in the end. */
const stayedSchema = z.strictObject({ stayed: slotSchema });
const entrySchema = z.strictObject({
  slot: slotSchema,
  path: z.array(z.base64()).min(1),
  size: z.number(),
});

/** Batches that still keep something, oldest first. */
export function restorable(
  sandbox: Opened,
): readonly { readonly name: string; readonly bytes: number; readonly atMs: number }[] {
  const trash = existingTrash(sandbox);
  if (trash === null) return [];
  try {
    return batchesOf(trash).filter(({ bytes }) => bytes > 0);
  } finally {
    closeSync(trash.fd);
  }
}

export function restoreBatch(sandbox: Opened, name: string): Restored {
  const trash = existingTrash(sandbox);
  if (trash === null || !batchesOf(trash).some((one) => one.name === name))
    throw new Error(`the trash has no ${name}`);
  try {
    const answer = withFiles(trash, name, (files, batch) => restoreFiles(sandbox, files, batch));
    return answer ?? { restored: 0, inTheWay: [], gone: 0 };
  } finally {
    closeSync(trash.fd);
  }
}

function restoreFiles(sandbox: Opened, files: Opened, batch: Opened): Restored {
  const inTheWay: string[] = [];
  let [restored, gone] = [0, 0];
  const lines = readFileSync(within(batch.fd, listName), 'utf8')
    .split('\n')
    .filter((one) => one !== '');
  const listed = lines.map((line) => z.union([entrySchema, stayedSchema]).parse(JSON.parse(line)));
  const stayed = new Set(listed.flatMap((one) => ('stayed' in one ? [one.stayed] : [])));
  for (const one of listed) {
    if ('stayed' in one) continue;
    const { slot, path } = one;
    if (statEntry(files.fd, slot) === null) {
      if (!stayed.has(slot)) gone += 1;
      continue;
    }
    const parts = path.map((part) => Buffer.from(part, 'base64'));
    if (placed(sandbox, files, slot, parts)) restored += 1;
    else inTheWay.push(parts.map((part) => part.toString('utf8')).join('/'));
  }
  return { restored, inTheWay, gone };
}

function placed(sandbox: Opened, files: Opened, slot: string, parts: readonly Buffer[]): boolean {
  const [name, ...folders] = parts.toReversed();
  if (name === undefined || !parts.every(isPlain)) return false;
  const folder = enter(sandbox, folders.toReversed());
  if (folder === null) return false;
  try {
    return putBack(files.fd, slot, folder.fd, name);
  } finally {
    if (folder.fd !== sandbox.fd) closeSync(folder.fd);
  }
}

/** Folders that are gone are made again; null when a part is no folder of this sandbox. */
function enter(sandbox: Opened, parts: readonly Buffer[]): Opened | null {
  let at = sandbox;
  for (const part of parts) {
    if (statEntry(at.fd, part) === null) mkdirSync(within(at.fd, part), 0o755);
    const entry = openEntry(at.fd, part);
    const next = entry === null || entry.mount !== sandbox.mount ? null : openForListing(entry);
    if (entry !== null) closeSync(entry.fd);
    if (at.fd !== sandbox.fd) closeSync(at.fd);
    if (next === null) return null;
    at = next;
  }
  return at;
}

/** One name in one folder. The list is Sentinel's own, and still no path is made of it unseen. */
function isPlain(part: Buffer): boolean {
  const text = part.toString('latin1');
  return (
    text !== '' &&
    text !== '.' &&
    text !== '..' &&
    !text.includes('/') &&
    !text.includes('\0') &&
    !isForbidden(text)
  );
}
