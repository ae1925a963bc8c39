/**
 * One installation at a time: two npm scripts started at once on a fresh clone must not both run npm.
 * The lock is a folder (made atomically) that holds its owner's process id; an owner that is gone is noticed.
 */
import fs from 'node:fs';
import path from 'node:path';

const POLL_MS = 250;
/** Time for an owner to write its id after it made the folder. */
const OWNERLESS_MS = 5_000;

/** Runs `work` while holding the lock folder; waits for a living owner, takes over from a dead one. */
export async function withSetupLock(lock, say, work) {
  let told = false;
  while (!acquire(lock)) {
    const owner = readOwner(lock);
    if (isStale(lock, owner)) {
      removeStale(lock, owner);
      continue;
    }
    if (!told)
      say(`Another command is installing the packages (process ${owner ?? 'unknown'}); waiting for it.`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const release = () => fs.rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

function acquire(lock) {
  try {
    fs.mkdirSync(lock);
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  fs.writeFileSync(path.join(lock, 'pid'), String(process.pid));
  return true;
}

function readOwner(lock) {
  try {
    return Number(fs.readFileSync(path.join(lock, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isStale(lock, owner) {
  if (owner !== undefined) return !isAlive(owner);
  try {
    return Date.now() - fs.statSync(lock).mtimeMs > OWNERLESS_MS;
  } catch {
    return false; // gone already: the next attempt gets it
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Renames before it deletes: of several that wait, only one can move the folder away. */
function removeStale(lock, owner) {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    fs.renameSync(lock, aside);
  } catch {
    return;
  }
  if (readOwner(aside) !== owner && !fs.existsSync(lock)) fs.renameSync(aside, lock);
  else fs.rmSync(aside, { recursive: true, force: true });
}
