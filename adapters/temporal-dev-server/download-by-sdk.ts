/**
 * Gets one of Temporal's servers with the SDK's own ephemeral-server download. It runs in a process of its own, because
 * downloading means starting a server, which claims the one native runtime a process can have.
 */
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkExecutable, temporalCliVersion } from './checksum.ts';
import { cleanly } from './clean-environment.ts';
import { type Progress, runWithProgress } from './progress.ts';

/** About 100 MB on a slow line; without a connection it fails at once. */
const TIMEOUT_MS = 300_000;

export type DownloadedServer = 'dev-server' | 'time-skipping';

/** Downloads to `target`, or throws with the reason. */
export async function downloadBySdk(
  server: DownloadedServer,
  target: string,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<void> {
  const dir = mkdtempSync(join(dirname(target), '.download-'));
  try {
    const main = join(import.meta.dirname, 'download-main.ts');
    // The server for tests has versions of its own: the SDK's, which is pinned, knows which.
    const version = server === 'dev-server' ? temporalCliVersion : 'default';
    const [program, ...args] = cleanly([process.execPath, main, server, dir, version], 'network');
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: TIMEOUT_MS,
      detached: true,
    });
    const describe = ({ seconds }: Progress): string => `Downloading Temporal's ${server} … ${seconds} s`;
    const { ok, tail } = await runWithProgress(child, describe, report, stopping);
    if (!ok) throw new Error(`download: ${tail.at(-1) ?? 'ended without a message'}`);
    const [file] = readdirSync(dir);
    if (file === undefined) throw new Error('download: brought no file');
    const ready = join(dir, 'ready');
    copyFileSync(join(dir, file), ready);
    if (server === 'dev-server') await verify(ready, version, report);
    chmodSync(ready, 0o755);
    renameSync(ready, target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Throws when the file is not the pinned one; says so when nobody can tell. */
async function verify(file: string, version: string, report: (line: string) => void): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const checked = await checkExecutable(file, platform);
  if (checked.kind === 'differs') {
    throw new Error(
      `download: the Temporal CLI ${version} for ${platform} has SHA-256 ${checked.sha256}, expected ${checked.expected}; not used`,
    );
  }
  if (checked.kind === 'unknown') {
    report(
      `Downloaded the Temporal CLI ${version}. Sentinel knows no checksum for ${platform}: SHA-256 ${checked.sha256}`,
    );
  }
}
