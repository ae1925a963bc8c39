// Files that hold secrets or decide what is done: ours alone. Whoever could write them would speak with our keys.

import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { getuid } from 'node:process';
import { ExitError, exitCodes } from './exit.ts';

const othersMay = 0o077;

/**
 * Makes the folder, or takes it as it is: nobody else may look into it or into what is in it, which is repaired where it was
 * open. Throws ExitError when something in it belongs to another user: it could be changed at any time.
 */
export function openPrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeToOthers(folder);
}

function closeToOthers(file: string): void {
  const stat = lstatSync(file);
  // Nothing outside is ours to change.
  if (stat.isSymbolicLink()) return;
  if (!isOurs(stat.uid)) {
    throw new ExitError(
      exitCodes.refused,
      `${file} belongs to another user (uid ${stat.uid}). Run Sentinel as that user, give the folder to this one, or set another dataDir.`,
    );
  }
  if ((stat.mode & othersMay) !== 0) chmodSync(file, stat.mode & 0o777 & ~othersMay);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(file)) closeToOthers(path.join(file, name));
}

/** The text of a file that only we may read and write; null when there is none. Throws ExitError when others may, too. */
export function readPrivateFile(file: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new ExitError(exitCodes.refused, `${file} cannot be used: ${(error as Error).message}`);
  }
  try {
    const { uid, mode } = fstatSync(descriptor);
    if (!isOurs(uid)) throw notUsed(file, `belongs to another user (uid ${uid})`);
    if ((mode & othersMay) !== 0)
      throw notUsed(file, `is open to other users (mode ${(mode & 0o777).toString(8)})`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function notUsed(file: string, why: string): ExitError {
  return new ExitError(
    exitCodes.refused,
    `${file} ${why}, so its address and key are not used. Say which Sentinel you mean with SENTINEL_URL and SENTINEL_API_KEY.`,
  );
}

/** Where there are no user ids, every file counts as ours. */
function isOurs(uid: number): boolean {
  return getuid === undefined || uid === getuid();
}

/** For this user only; whole and on the disk, or not there at all. The folder exists. */
export function writePrivateFile(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}
