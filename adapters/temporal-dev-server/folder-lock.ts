/**
 * One process at a time obtains a component into the shared cache. The lock is a folder (made atomically) that
 * holds its owner's process id, so that an owner that died is noticed.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
/** Time for an owner to write its id after it made the folder. */
const OWNERLESS_MS = 5_000;

/** Runs `work` while holding `lock`; waits for a living owner (telling it once), takes over from a dead one. */
export async function withFolderLock<T>(
  lock: string,
  waiting: (ownerPid: number | undefined) => void,
  work: () => Promise<T>,
  stopping?: AbortSignal,
): Promise<T> {
  mkdirSync(dirname(lock), { recursive: true });
  let told = false;
  while (!acquire(lock)) {
    const owner = readOwner(lock);
    if (isStale(lock, owner)) {
      moveAway(lock, owner);
      continue;
    }
    if (!told) waiting(owner);
    told = true;
    await sleep(POLL_MS, undefined, stopping === undefined ? {} : { signal: stopping });
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function acquire(lock: string): boolean {
  try {
    mkdirSync(lock);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  return true;
}

function readOwner(lock: string): number | undefined {
  try {
    return Number(readFileSync(join(lock, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isStale(lock: string, owner: number | undefined): boolean {
  if (owner !== undefined) return !isAlive(owner);
  try {
    return Date.now() - statSync(lock).mtimeMs > OWNERLESS_MS;
  } catch {
    return false; // gone already: the next attempt gets it
  }
}

/** True while a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Renames before it deletes: of several that wait, only one can move the folder away. */
function moveAway(lock: string, owner: number | undefined): void {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (readOwner(aside) !== owner) {
    try {
      renameSync(aside, lock); // a new owner came between the look and the rename
      return;
    } catch {
      // and another one after it: the aside copy is nobody's
    }
  }
  rmSync(aside, { recursive: true, force: true });
}
