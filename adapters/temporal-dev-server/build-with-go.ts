/** Builds a command with `go install` into a temporary folder and moves it into place when it is whole. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cleanly } from './clean-environment.ts';
import { TemporalDevServerError } from './errors.ts';
import { type Progress, runWithProgress } from './progress.ts';

/** Sources, compiled packages and the executable together, measured on an empty cache. */
const NEEDED_MB = 3_500;

export interface GoCommand {
  readonly module: string;
  /** The command's folder in the module. */
  readonly command: string;
  readonly version: string;
  /** Of the module at that version: `h1:…`. */
  readonly checksum: string;
}

/** Builds `source` to the file `target`, or throws with the reason. */
export async function buildWithGo(
  source: GoCommand,
  target: string,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<void> {
  const [asked, ...question] = cleanly(['go', 'version'], 'network');
  const version = await promisify(execFile)(asked, question).catch(() => undefined);
  if (version === undefined) throw new Error('build: Go is not installed');
  const packageAtVersion = `${source.module}/${source.command}@${source.version}`;
  const { bavail, bsize } = statfsSync(dirname(target));
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  if (freeMb < NEEDED_MB) {
    throw new TemporalDevServerError(
      'disk-full',
      `Building ${basename(target)} with Go needs about ${NEEDED_MB} MB; ${freeMb} MB are free on the disk of ` +
        `${dirname(target)}. Free some space and run the command again.`,
    );
  }
  const dir = mkdtempSync(join(dirname(target), '.build-'));
  try {
    report(`Building ${packageAtVersion} with Go (once; about four minutes on two cores) …`);
    // The SQLite inside is pure Go: without cgo no C compiler is needed.
    const command = ['go', 'install', '-v', '-trimpath', '-ldflags=-s -w', packageAtVersion];
    const [program, ...args] = cleanly(
      ['/usr/bin/env', `GOBIN=${dir}`, 'CGO_ENABLED=0', ...command],
      'network',
    );
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    const { ok, tail } = await runWithProgress(child, describeBuild, report, stopping);
    if (!ok) throw new Error(`build: go install failed: ${tail.slice(-3).join(' | ')}`);
    const [file] = readdirSync(dir);
    if (file === undefined) throw new Error('build: go install made no file');
    await verify(join(dir, file), source);
    renameSync(join(dir, file), target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Go notes in what it builds which modules went into it, with their checksums. */
async function verify(file: string, { module, version, checksum }: GoCommand): Promise<void> {
  const [program, ...args] = cleanly(['go', 'version', '-m', file], 'network');
  const { stdout } = await promisify(execFile)(program, args);
  const [, , built, sum] = /^\s*mod\s.*$/m.exec(stdout)?.[0].trim().split(/\s+/) ?? [];
  if (built === version && sum === checksum) return;
  throw new Error(
    `build: ${module} is ${built ?? 'unknown'} with checksum ${sum ?? 'unknown'}, expected ${version} with ${checksum}; it is not used`,
  );
}

function describeBuild({ seconds, lines, lastLine }: Progress): string {
  const fetching = lastLine.startsWith('go: ');
  return fetching ? `  ${seconds} s: ${lastLine}` : `  ${seconds} s: ${lines} steps, now ${lastLine}`;
}
