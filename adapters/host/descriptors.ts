// Files and folders by descriptor. A path can be changed by others between a look and an act; a descriptor stays what it is.
// Node has no openat, so every name is resolved below `/proc/self/fd/<folder>`, which the kernel takes for the folder itself,
// and no link is ever followed. Linux only.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { isAbsolute, normalize } from 'node:path';

/** Opens without reading, so a pipe does not block and a device does not act. Not among Node's constants. */
const O_PATH = 0o10000000;
const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

export type Opened = { readonly fd: number; readonly stat: BigIntStats; readonly mount: string };

/** The path by which the kernel finds `name` in the open folder, whatever became of the folder's own path. */
export function within(folder: number, name: Buffer | string): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${folder}/`), Buffer.from(name)]);
}

/** What the folder holds under this name, itself: a link is opened as a link. Null when it is gone. */
export function openEntry(folder: number, name: Buffer | string): Opened | null {
  return opened(() => openSync(within(folder, name), O_PATH | O_NOFOLLOW));
}

/** The same thing again, for reading its names; null when it is no folder. */
export function openForListing({ fd, stat, mount }: Opened): Opened | null {
  if (!stat.isDirectory()) return null;
  const again = opened(() => openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_DIRECTORY));
  if (again === null) return null;
  if (isSame(again.stat, stat) && again.mount === mount) return again;
  closeSync(again.fd);
  return null;
}

/** Opens a folder by its path, part by part; throws when a part is a link, or no folder. */
export function openFolder(path: string): Opened {
  if (!isAbsolute(path) || normalize(path) !== path)
    throw new Error(`${path} is no absolute path without . and ..`);
  let folder = openSync('/', O_RDONLY | O_DIRECTORY);
  for (const part of path.split('/').filter((one) => one !== '')) {
    try {
      const next = openSync(within(folder, part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      closeSync(folder);
      folder = next;
    } catch (error) {
      closeSync(folder);
      const why =
        (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : 'is a link, or no folder';
      throw new Error(`${path}: ${part} ${why}`, { cause: error });
    }
  }
  return { fd: folder, stat: fstatSync(folder, { bigint: true }), mount: mountOf(folder) };
}

/** Where the folder is now. A folder that was removed ends in ` (deleted)`. */
export function placeOf(folder: number): Buffer {
  return readlinkSync(`/proc/self/fd/${folder}`, { encoding: 'buffer' });
}

/** What the folder holds under this name now, without opening it; null when there is nothing. */
export function statEntry(folder: number, name: Buffer | string): BigIntStats | null {
  try {
    return lstatSync(within(folder, name), { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function isSame(left: BigIntStats, right: BigIntStats): boolean {
  return left.dev === right.dev && left.ino === right.ino;
}

function opened(open: () => number): Opened | null {
  let fd: number;
  try {
    fd = open();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ELOOP', 'ENOTDIR', 'EACCES', 'ESTALE'].includes(code)) return null;
    throw error;
  }
  return { fd, stat: fstatSync(fd, { bigint: true }), mount: mountOf(fd) };
}

/** The mount it was reached through: a folder that is mounted from the same file system has the same device number. */
function mountOf(fd: number): string {
  const line = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));
  if (line?.[1] === undefined) throw new Error('the kernel does not say which mount a file is on');
  return line[1];
}
