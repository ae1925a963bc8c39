// What a running Sentinel leaves for the command line on the same machine: its address, and a key where it made one itself.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readPrivateFile, writePrivateFile } from './private-files.ts';

/** Without a key where the operator gave one: that key is in no file of ours. */
const leftSchema = z.strictObject({ url: z.url(), apiKey: z.string().min(1).optional() });
export type LeftConnection = z.infer<typeof leftSchema>;

const fileIn = (dataDir: string): string => path.join(dataDir, 'cli.json');

/** Leaves the address and a key for the command line on this machine; only this user may read the file. */
export function writeConnection(dataDir: string, connection: LeftConnection): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writePrivateFile(fileIn(dataDir), `${JSON.stringify(connection)}\n`);
}

/** What `start` left in this folder; null when there is nothing usable. Throws ExitError when others may have written it. */
export function readConnection(dataDir: string): LeftConnection | null {
  const text = readPrivateFile(fileIn(dataDir));
  if (text === null) return null;
  try {
    return leftSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
