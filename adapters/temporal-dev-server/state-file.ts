/** The file by which a later process finds the durable server again. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ServerState {
  readonly pid: number;
  readonly address: string;
  readonly uiUrl: string;
  readonly startedAt: string;
}

const fileIn = (dir: string): string => join(dir, 'temporal.state.json');

export function readState(dir: string): ServerState | undefined {
  try {
    const state = JSON.parse(readFileSync(fileIn(dir), 'utf8')) as ServerState;
    return Number.isInteger(state.pid) && typeof state.address === 'string' ? state : undefined;
  } catch {
    return undefined; // none, or cut off by a crash: the same as none
  }
}

export function writeState(dir: string, state: ServerState): void {
  const temporary = `${fileIn(dir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(temporary, fileIn(dir));
}

export function removeState(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}
