/**
 * Gets Temporal's time-skipping server with the SDK's own download, which checks nothing: for tests only. It runs in a process of
 * its own, because downloading means starting a server, which claims the one native runtime a process can have.
 */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cleanly } from '../../../adapters/temporal-dev-server/clean-environment.ts';
import { type Progress, runWithProgress } from '../../../adapters/temporal-dev-server/progress.ts';

/** About 100 MB on a slow line; without a connection it fails at once. */
const TIMEOUT_MS = 300_000;

/** Downloads to `target`, or throws with the reason. */
export async function downloadTimeSkipping(target: string, report: (line: string) => void): Promise<void> {
  const dir = mkdtempSync(join(dirname(target), '.download-'));
  try {
    const main = join(import.meta.dirname, 'time-skipping-download-main.ts');
    const [program, ...args] = cleanly([process.execPath, main, dir], 'network');
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
      detached: true,
    });
    const describe = ({ seconds }: Progress): string =>
      `Downloading Temporal's time-skipping server … ${seconds} s`;
    const { ok, tail } = await runWithProgress(child, describe, report);
    if (!ok) throw new Error(`download: ${tail.at(-1) ?? 'ended without a message'}`);
    const [file] = readdirSync(dir);
    if (file === undefined) throw new Error('download: brought no file');
    const ready = join(dir, 'ready');
    copyFileSync(join(dir, file), ready);
    chmodSync(ready, 0o755);
    renameSync(ready, target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
