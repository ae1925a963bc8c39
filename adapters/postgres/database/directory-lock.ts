// One process at a time opens a data folder: PGlite itself does not notice a second one, and both would destroy it.
// The lock file names its owner. Ids of processes are reused (in a container the same ones every time), so the owner's
// start is compared too; on another host, where ids mean nothing, the owner is alive while it touches the file.

import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { DatabaseError } from './errors.ts';

const touchEveryMs = 5_000;
const deadAfterMs = 30_000;

type Owner = {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
  readonly token: string;
};

/** Locks the folder for this process; resolves to the function that unlocks it. Throws DatabaseError when it is taken. */
export async function lockDirectory(folder: string): Promise<() => Promise<void>> {
  const file = path.join(folder, 'lock');
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    token: randomUUID(),
  };
  // Written aside and linked: the lock appears with its content, or not at all.
  const draft = `${file}.${owner.token}`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    for (let attempt = 0; ; attempt += 1) {
      if (await linked(draft, file)) break;
      const other = await readOwner(file);
      if (attempt >= 3 || (other !== null && (await isAlive(other, file)))) throw inUse(folder, other);
      await removeDead(file, other);
    }
  } finally {
    await rm(draft, { force: true });
  }
  const timer = setInterval(() => void touch(file), touchEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    if ((await readOwner(file))?.token === owner.token) await rm(file, { force: true });
  };
}

async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

async function isAlive(owner: Owner, file: string): Promise<boolean> {
  if (owner.host !== hostname()) {
    const touchedMs = await stat(file).then(
      (found) => found.mtimeMs,
      () => 0,
    );
    return Date.now() - touchedMs < deadAfterMs;
  }
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return owner.started === (await startOf(owner.pid));
}

/** Moved before it is removed: of several that found the owner dead, one can move it, and looks again at what it has. */
async function removeDead(file: string, dead: Owner | null): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readOwner(aside);
  if (moved?.token !== dead?.token) await linked(aside, file);
  await rm(aside, { force: true });
}

/** When a process was started, in words that differ for every process that gets the same id; '' where unknown. */
async function startOf(pid: number): Promise<string> {
  try {
    const [boot, line] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // The name in the second field may contain anything but ends with the last parenthesis; the start is field 22.
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    return `${boot.trim()}/${fields[19]}`;
  } catch {
    return '';
  }
}

async function touch(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => {});
}

function inUse(folder: string, owner: Owner | null): DatabaseError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`;
  return new DatabaseError(
    'data-dir-in-use',
    `The data folder ${folder} is in use by ${who}. Stop that process, or choose another data folder.`,
  );
}
