// The files of a Postgres cluster as values, and the two places where they become one again: a folder, and the memory of PGlite.
// PGlite's own way, a tar that it unpacks through its emulated file system, takes longer than starting Postgres.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MemoryFS, PGlite } from '@electric-sql/pglite';

/** By path below the data folder, with `/`; a folder is null, and comes before what is in it. */
export type ClusterFiles = ReadonlyMap<string, Uint8Array | null>;

/** Postgres refuses a data folder that others may read. */
const folderMode = 0o700;
const fileMode = 0o600;

export async function filesIn(folder: string): Promise<ClusterFiles> {
  const files = new Map<string, Uint8Array | null>();
  const readInto = async (below: string): Promise<void> => {
    for (const entry of await readdir(path.join(folder, below), { withFileTypes: true })) {
      const name = path.posix.join(below, entry.name);
      if (entry.isDirectory()) {
        files.set(name, null);
        await readInto(name);
      } else files.set(name, await readFile(path.join(folder, name)));
    }
  };
  await readInto('');
  return files;
}

export async function writeFiles(folder: string, files: ClusterFiles): Promise<void> {
  await mkdir(folder, { mode: folderMode });
  for (const [name, content] of files) {
    const place = path.join(folder, name);
    if (content === null) await mkdir(place, { mode: folderMode });
    else await writeFile(place, content, { mode: fileMode });
  }
}

type EmscriptenFiles = {
  mkdirTree(path: string, mode: number): void;
  mkdir(path: string, mode: number): void;
  writeFile(path: string, content: Uint8Array, options: { mode: number; canOwn: boolean }): void;
};

/** Memory that has the files when Postgres starts. They are its own from then on: nobody else may use them. */
export class FilledMemory extends MemoryFS {
  readonly #files: ClusterFiles;

  constructor(files: ClusterFiles) {
    super();
    this.#files = files;
  }

  override async init(...given: Parameters<MemoryFS['init']>): ReturnType<MemoryFS['init']> {
    const { emscriptenOpts } = await super.init(...given);
    const { preRun = [] } = emscriptenOpts;
    const fill = ({ FS }: { FS: EmscriptenFiles }): void => {
      const { PGDATA } = PGlite.paths;
      FS.mkdirTree(PGDATA, folderMode);
      for (const [name, content] of this.#files) {
        const place = `${PGDATA}/${name}`;
        if (content === null) FS.mkdir(place, folderMode);
        else FS.writeFile(place, content, { mode: fileMode, canOwn: true });
      }
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...[preRun].flat(), fill as never] } };
  }
}
