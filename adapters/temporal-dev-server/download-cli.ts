/**
 * Downloads the pinned release of the Temporal CLI, and takes it only when its archive has the pinned checksum: what is unpacked
 * here runs with all rights of the user. A platform without a pinned checksum gets nothing.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { archiveChecksums, sha256Of, temporalCliVersion } from './checksum.ts';
import { type ChildSees, cleanly } from './clean-environment.ts';
import { type Progress, runWithProgress } from './progress.ts';

/** About 50 MB on a slow line; without a connection it fails at once. */
const TIMEOUT_MS = 300_000;

export interface Release {
  /** The folder that holds the archives. */
  readonly url: string;
  /** SHA-256 of the archive, by platform as Node names it: `linux-x64`. */
  readonly checksums: Readonly<Record<string, string>>;
}

export const pinnedRelease: Release = {
  url: `https://github.com/temporalio/cli/releases/download/${temporalCliVersion}`,
  checksums: archiveChecksums,
};

/** Downloads to `target`, or throws with the reason and leaves nothing. */
export async function downloadCli(
  target: string,
  report: (line: string) => void,
  stopping?: AbortSignal,
  release: Release = pinnedRelease,
): Promise<void> {
  const platform = `${process.platform}-${process.arch}`;
  const expected = release.checksums[platform];
  if (expected === undefined) {
    throw new Error(`download: no checksum is known for ${platform}, so nothing was downloaded`);
  }
  const dir = mkdtempSync(join(dirname(target), '.download-'));
  const run = async (sees: ChildSees, ...command: [string, ...string[]]): Promise<void> => {
    const [program, ...args] = cleanly(command, sees);
    const stdio = ['ignore', 'ignore', 'pipe'] as const;
    const child = spawn(program, args, { stdio: [...stdio], timeout: TIMEOUT_MS, detached: true });
    const describe = ({ seconds }: Progress): string => `Downloading the Temporal CLI … ${seconds} s`;
    const { ok, tail } = await runWithProgress(child, describe, report, stopping);
    if (!ok) throw new Error(`download: ${tail.at(-1) ?? 'ended without a message'}`);
  };
  try {
    const archive = join(dir, 'temporal.tar.gz');
    const main = join(import.meta.dirname, 'download-main.ts');
    const url = `${release.url}/${archiveName(platform)}`;
    // A process of its own: only at its start does Node read the proxies from the environment.
    await run('network', '/usr/bin/env', 'NODE_USE_ENV_PROXY=1', process.execPath, main, url, archive);
    const actual = await sha256Of(archive);
    if (actual !== expected) {
      throw new Error(`download: ${url} has SHA-256 ${actual}, expected ${expected}; it is not used`);
    }
    await run('itself', 'tar', '-xzf', archive, '-C', dir, 'temporal');
    chmodSync(join(dir, 'temporal'), 0o755);
    renameSync(join(dir, 'temporal'), target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** As Temporal names its releases: `temporal_cli_1.5.1_linux_amd64.tar.gz`. */
function archiveName(platform: string): string {
  return `temporal_cli_${temporalCliVersion.slice(1)}_${platform.replace('-', '_').replace('x64', 'amd64')}.tar.gz`;
}
