// Removes the old files of a sandbox: each is moved into the trash first, where nobody can swap it any more, and looked at again
// there. What is not the file that was judged is put back. What the trash has no room for is deleted then, and only then.

import { closeSync, linkSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { isSame, type Opened, statEntry, within } from './descriptors.ts';
import { isCleanable, type SandboxRules } from './rules.ts';
import { batchesOf, emptyBatch, listName, type Outcome, writeOutcome } from './trash.ts';
import { type FoundFile, isInside, walk } from './walk.ts';

export type CleanRules = SandboxRules & { readonly trashBytes: number };

/** Asked again after so many files. */
const permitEvery = 50;
/** Codes of a move that did not take place: gone, a mount, not ours. */
const notMoved = new Set([
  'ENOENT',
  'EBUSY',
  'EXDEV',
  'EACCES',
  'EPERM',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EEXIST',
]);

/** `goOn`: null, or why it has to end here. Writes what it came to before it answers. */
export async function clean(
  sandbox: Opened,
  trash: Opened,
  claimed: { readonly batch: Opened; readonly files: Opened },
  rules: CleanRules,
  nowMs: number,
  goOn: () => Promise<string | null>,
): Promise<Outcome> {
  const { batch, files } = claimed;
  const list = openSync(within(batch.fd, listName), 'ax', 0o600);
  let room = makeRoom(trash, rules.trashBytes);
  let [judged, removed, removedBytes, kept] = [0, 0, 0, 0];
  let stopped: string | null = null;

  const visit = async (found: FoundFile): Promise<boolean> => {
    const { stat } = found.file;
    if (!isCleanable(found.name.toString('utf8'), stat, rules, nowMs)) return true;
    if (judged > 0 && judged % permitEvery === 0) {
      stopped = await goOn();
      if (stopped !== null) return false;
    }
    // A number of its own, also where nothing is removed: what could not be put back stays under it.
    const slot = String(judged);
    judged += 1;
    const size = Number(stat.size);
    const keeps = size <= room;
    const path = [...found.path, found.name].map((part) => part.toString('base64'));
    // Listed before it is done: a list may name what is still there, never the other way round.
    writeSync(list, `${JSON.stringify({ slot, path, size })}\n`);
    if (!moved(sandbox, found, files, slot)) {
      writeSync(list, `${JSON.stringify({ stayed: slot })}\n`);
      return true;
    }
    if (keeps) {
      room -= size;
      kept += 1;
    } else unlinkSync(within(files.fd, slot));
    removed += 1;
    removedBytes += size;
    return true;
  };

  let complete = true;
  try {
    ({ complete } = await walk(sandbox, visit));
  } finally {
    closeSync(list);
  }
  const outcome = { removed, removedBytes, kept, complete, stopped };
  writeOutcome(batch, outcome);
  return outcome;
}

/** Into the trash, and still the file that was judged. */
function moved(sandbox: Opened, { folder, name, file }: FoundFile, files: Opened, slot: string): boolean {
  if (!isInside(sandbox.fd, folder)) return false;
  try {
    renameSync(within(folder, name), within(files.fd, slot));
  } catch (error) {
    if (notMoved.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
  const now = statEntry(files.fd, slot);
  const { stat } = file;
  if (now === null) throw new Error('a file vanished from the trash of a sandbox');
  if (
    isSame(now, stat) &&
    now.isFile() &&
    now.nlink === 1n &&
    now.mtimeNs === stat.mtimeNs &&
    now.size === stat.size
  )
    return true;
  putBack(files.fd, slot, folder, name);
  return false;
}

/** Where its name is taken by now it stays in the trash; nothing is overwritten. */
export function putBack(files: number, slot: string, folder: number, name: Buffer): boolean {
  try {
    const stat = statEntry(files, slot);
    if (stat === null) return false;
    if (stat.isDirectory()) {
      if (statEntry(folder, name) !== null) return false;
      renameSync(within(files, slot), within(folder, name));
      return true;
    }
    linkSync(within(files, slot), within(folder, name));
    unlinkSync(within(files, slot));
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST' || notMoved.has(code)) return false;
    throw error;
  }
}

/** Empties the oldest batches until half of the trash is free; answers how many bytes it has room for. */
function makeRoom(trash: Opened, trashBytes: number): number {
  const batches = batchesOf(trash);
  let used = batches.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { name, bytes } of batches) {
    if (used <= trashBytes / 2) break;
    emptyBatch(trash, name);
    used -= bytes;
  }
  return Math.max(0, trashBytes - used);
}
