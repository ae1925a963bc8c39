// One process at a time opens a data folder: PGlite itself does not notice a second one, and both would destroy it.
// Owners are numbered: lock-1, lock-2, … and the highest one counts. Whoever finds its owner gone makes the next number,
// which only one of many can; the highest is never removed, so no view of the folder, however old, leads to a second
// owner. Process ids are reused (in a container the same ones every time), so the owner's start is compared as well; on
// another host, where ids mean nothing, the owner is alive while it touches its file.

import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { DatabaseError } from './errors.ts';

const touchEveryMs = 5_000;
const deadAfterMs = 30_000;

type Owner = {
  readonly pid: number;
  readonly host: string;
  /** When its process was started, see startOf. */
  readonly started: string;
  readonly released: boolean;
};

/** Locks the folder for this process; resolves to the function that unlocks it. Throws DatabaseError when it is taken. */
export async function lockDirectory(folder: string): Promise<() => Promise<void>> {
  const fileOf = (number: number): string => path.join(folder, `lock-${number}`);
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    started: await startOf(process.pid),
    released: false,
  };
  const number = (await highest(folder)) + 1;
  if (number > 1) {
    const before = await readOwner(fileOf(number - 1));
    if (before !== null && (await isAlive(before, fileOf(number - 1)))) throw inUse(folder, before);
  }
  if (!(await createWhole(fileOf(number), owner))) throw inUse(folder, await readOwner(fileOf(number)));
  const last = await highest(folder);
  if (last > number) {
    // What we looked at was history: the numbers had gone on, and ours had been cleaned up.
    await rm(fileOf(number), { force: true });
    throw inUse(folder, await readOwner(fileOf(last)));
  }
  for (const old of (await numbers(folder)).filter((one) => one < number))
    await rm(fileOf(old), { force: true });

  const timer = setInterval(() => void touch(fileOf(number)), touchEveryMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await replaceWhole(fileOf(number), { ...owner, released: true });
  };
}

async function numbers(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => {
    const match = /^lock-(\d{1,15})$/.exec(name);
    return match === null ? [] : Number(match[1]);
  });
}

async function highest(folder: string): Promise<number> {
  return Math.max(0, ...(await numbers(folder)));
}

/** The file appears with its content, or not at all; false when there is one of that name. */
async function createWhole(file: string, owner: Owner): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(owner));
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function replaceWhole(file: string, owner: Owner): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, JSON.stringify(owner));
  await rename(draft, file);
}

async function readOwner(file: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}

async function isAlive(owner: Owner, file: string): Promise<boolean> {
  if (owner.released) return false;
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
