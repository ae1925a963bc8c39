// Goes through a sandbox by descriptors, and shows every file that is really in it: not through a link, not on another mount,
// not in a folder that was moved away meanwhile.

import { closeSync, readdirSync } from 'node:fs';
import { setImmediate as otherWork } from 'node:timers/promises';
import { type Opened, openEntry, openForListing, placeOf } from './descriptors.ts';
import { isForbidden } from './rules.ts';

export type FoundFile = {
  /** The folder that holds it; open while the file is shown. */
  readonly folder: number;
  readonly name: Buffer;
  readonly file: Opened;
  /** Folders from the sandbox to it. */
  readonly path: readonly Buffer[];
};

const deepest = 32;
const mostEntries = 200_000;
/** After so many entries something else of this process has its turn. */
const turnEntries = 64;

/** Ends early when `visit` answers false. `complete`: everything that may be entered was. */
export async function walk(
  sandbox: Opened,
  visit: (found: FoundFile) => Promise<boolean> | boolean,
): Promise<{ readonly complete: boolean }> {
  let entries = 0;
  let complete = true;

  async function enter(folder: Opened, path: readonly Buffer[]): Promise<boolean> {
    for (const name of readdirSync(`/proc/self/fd/${folder.fd}`, { encoding: 'buffer' })) {
      entries += 1;
      if (entries > mostEntries) {
        complete = false;
        return false;
      }
      if (entries % turnEntries === 0) await otherWork();
      const entry = openEntry(folder.fd, name);
      if (entry === null) continue;
      try {
        if (!(await show(folder, entry, name, path))) return false;
      } finally {
        closeSync(entry.fd);
      }
    }
    return true;
  }

  async function show(
    folder: Opened,
    entry: Opened,
    name: Buffer,
    path: readonly Buffer[],
  ): Promise<boolean> {
    if (entry.mount !== sandbox.mount || entry.stat.dev !== sandbox.stat.dev) return true;
    if (entry.stat.isFile()) return await visit({ folder: folder.fd, name, file: entry, path });
    if (!entry.stat.isDirectory() || isForbidden(name.toString('utf8'))) return true;
    if (path.length >= deepest) {
      complete = false;
      return true;
    }
    const inner = openForListing(entry);
    if (inner === null) return true;
    try {
      return await enter(inner, [...path, name]);
    } finally {
      closeSync(inner.fd);
    }
  }

  await enter(sandbox, []);
  return { complete };
}

/** Whether the open folder is still the sandbox, or somewhere below it. */
export function isInside(sandbox: number, folder: number): boolean {
  const [root, place] = [placeOf(sandbox), placeOf(folder)];
  if (root.equals(place)) return true;
  const below = Buffer.concat([root, Buffer.from('/')]);
  return place.subarray(0, below.length).equals(below);
}
