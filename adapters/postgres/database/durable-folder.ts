// The folder of an embedded database, written so that a commit survives a power failure. As it comes, PGlite runs with
// fsync off, and its file system ignores what Postgres asks to be flushed: a commit is then only in the memory of the
// operating system. Here fsync is on, and every flush is a real one.
//
// What it cannot do: order what a disk with a lying cache acknowledges, and keep a second copy.

import fs from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/**
 * PGlite's own parameters without `-F`, which turns fsync off, and with the log flushed by fsync: fdatasync, the default, is
 * an empty function in WebAssembly.
 */
export const durableStart: string[] = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  '-c',
  'wal_sync_method=fsync',
];

type NodeStreams = { stream_ops: { fsync?: (stream: { nfd: number }) => number } };

export class DurableFolder extends NodeFS {
  override async init(...given: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(...given);
    const { preRun = [] } = emscriptenOpts;
    const flushes = (module: { FS: { filesystems: Record<string, unknown> } }): void => {
      const streams = module.FS.filesystems.NODEFS as NodeStreams;
      streams.stream_ops.fsync = ({ nfd }) => {
        fs.fsyncSync(nfd);
        return 0;
      };
    };
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...[preRun].flat(), flushes as never] } };
  }
}

/** Flushes every file and folder below: what was written by a program that does not flush. */
export function flushFolder(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) flushFolder(name);
    else if (entry.isFile()) flush(name);
  }
  flush(folder);
}

export function flush(name: string): void {
  const file = fs.openSync(name, 'r');
  try {
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}
