/**
 * Finds the official `temporal` command line tool, or gets it: on the PATH, in Sentinel's cache, as the pinned
 * release, or built with Go. The first that works wins; what did not work is told in the final error.
 */
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { buildWithGo } from './build-with-go.ts';
import { goModuleChecksum, temporalCliVersion } from './checksum.ts';
import { cleanly } from './clean-environment.ts';
import { downloadCli, type Release } from './download-cli.ts';
import { TemporalDevServerError } from './errors.ts';
import { withFolderLock } from './folder-lock.ts';

export interface ObtainOptions {
  /** Sentinel's folder in the user's cache, for example `~/.cache/sentinel`. */
  readonly cacheDir: string;
  /** Receives a line for people whenever there is something new to tell; never called when the tool is there. */
  readonly report: (line: string) => void;
  /** The command looked for on the PATH; another name lets a test see a machine without it. */
  readonly command?: string;
  /** Default: the pinned one. */
  readonly release?: Release | undefined;
  /** Ends the download or the build, and leaves nothing of it behind. */
  readonly stopping?: AbortSignal | undefined;
}

/** Path of a `temporal` that answers `--version`. Takes milliseconds when it is there, minutes when it is built. */
export async function obtainTemporalCli(options: ObtainOptions): Promise<string> {
  const { cacheDir, report, command = 'temporal', release, stopping } = options;
  const cached = join(cacheDir, 'bin', 'temporal');
  const present = async (): Promise<string | undefined> => {
    if (await isTemporal(command)) return command;
    return (await isTemporal(cached)) ? cached : undefined;
  };
  const found = await present();
  if (found !== undefined) return found;

  mkdirSync(join(cacheDir, 'bin'), { recursive: true });
  const waiting = (pid?: number): void =>
    report(`Another process (${pid ?? 'unknown'}) is getting the Temporal CLI; waiting for it.`);
  return withFolderLock(join(cacheDir, 'bin', '.temporal.lock'), waiting, obtain, stopping);

  async function obtain(): Promise<string> {
    const made = await present(); // by the process we waited for
    if (made !== undefined) return made;
    const failures: string[] = [];
    for (const attempt of [
      () => downloadCli(cached, report, stopping, release),
      () => buildWithGo(source, cached, report, stopping),
    ]) {
      try {
        await attempt();
        if (await isTemporal(cached)) return cached;
        failures.push(`${cached} does not answer --version`);
      } catch (error) {
        stopping?.throwIfAborted();
        if (error instanceof TemporalDevServerError) throw error;
        failures.push((error as Error).message);
      }
    }
    throw new TemporalDevServerError(
      'cli-unavailable',
      `The Temporal CLI is needed to run Temporal on this machine, and could not be obtained:\n${failures
        .map((failure) => `  - ${failure}`)
        .join(
          '\n',
        )}\nInstall it so that "temporal --version" works (https://docs.temporal.io/cli), put the ` +
        `executable at ${cached}, or install Go and run the command again.`,
    );
  }
}

const source = {
  module: 'github.com/temporalio/cli',
  command: 'cmd/temporal',
  version: temporalCliVersion,
  checksum: goModuleChecksum,
};

/** An executable of that name may be anything; only one that says it is Temporal's, with a server, is used. */
async function isTemporal(executable: string): Promise<boolean> {
  try {
    const [program, ...args] = cleanly([executable, '--version']);
    const { stdout } = await promisify(execFile)(program, args, { timeout: 10_000 });
    return /^temporal version .*Server \d+\.\d+/.test(stdout);
  } catch {
    return false;
  }
}
