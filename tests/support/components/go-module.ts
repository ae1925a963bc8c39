/**
 * Commands that are built with Go, once. `go install` refuses a module that replaces or excludes parts: a module of our own
 * repeats what it requires.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanly } from '../../../adapters/temporal-dev-server/clean-environment.ts';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { type Progress, runWithProgress } from '../../../adapters/temporal-dev-server/progress.ts';

export interface GoCommands {
  /** What people call it. */
  readonly title: string;
  readonly module: string;
  readonly version: string;
  /** Folders of the commands within the module. */
  readonly commands: readonly string[];
  /** Where they are put, each under the last part of its folder. */
  readonly dir: string;
  readonly tags?: readonly string[];
  readonly linkerFlags?: string;
  /** Of the module's own go.mod: what it takes to be required by another module. */
  readonly rewritten?: (goMod: string) => string;
  readonly takesAbout: string;
}

/** Makes sure the commands are there. */
export async function obtainGoCommands(given: GoCommands, report: (line: string) => void): Promise<void> {
  const { title, dir, commands } = given;
  const missing = (): readonly string[] => commands.filter((one) => !existsSync(join(dir, nameOf(one))));
  if (missing().length === 0) return;
  mkdirSync(join(dir, 'source'), { recursive: true });
  await withFolderLock(
    join(dir, '.lock'),
    (owner) => report(`Another process (${owner ?? 'unknown'}) is building ${title}; waiting for it.`),
    async () => {
      if (missing().length === 0) return;
      mkdirSync(join(dir, 'source'), { recursive: true });
      await writeModule(given);
      for (const command of missing()) await build(command, given, report);
      rmSync(join(dir, 'source'), { recursive: true, force: true });
    },
  );
}

async function writeModule({ dir, module, version, commands, rewritten }: GoCommands): Promise<void> {
  const source = join(dir, 'source');
  const [go, ...args] = cleanly(['go', 'mod', 'download', '-json', `${module}@v${version}`], 'network');
  const { stdout } = await promisify(execFile)(go, args, { cwd: source });
  const { GoMod } = JSON.parse(stdout) as { GoMod: string };
  const own = readFileSync(GoMod, 'utf8').replace(/^module .*$/m, 'module sentinel.test/commands');
  writeFileSync(join(source, 'go.mod'), `${rewritten?.(own) ?? own}\nrequire ${module} v${version}\n`);
  const imports = commands.map((command) => `\t_ "${module}/${command}"`).join('\n');
  writeFileSync(join(source, 'tools.go'), `//go:build tools\n\npackage tools\n\nimport (\n${imports}\n)\n`);
}

async function build(
  command: string,
  { title, module, version, dir, tags = [], linkerFlags = '-s -w', takesAbout }: GoCommands,
  report: (line: string) => void,
): Promise<void> {
  report(`Building ${nameOf(command)} of ${title} ${version} with Go (once; ${takesAbout}) …`);
  const part = join(dir, `${nameOf(command)}.part`);
  const options = ['-mod=mod', '-trimpath', `-tags=${tags.join(',')}`, `-ldflags=${linkerFlags}`, '-o', part];
  const [go, ...args] = cleanly(['go', 'build', '-v', ...options, `${module}/${command}`], 'network');
  const child = spawn(go, args, {
    cwd: join(dir, 'source'),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const describe = ({ seconds, lines, lastLine }: Progress) =>
    `  ${seconds} s: ${lines} steps, now ${lastLine}`;
  const { ok, tail } = await runWithProgress(child, describe, report);
  if (!ok) throw new Error(`building ${nameOf(command)} with Go failed: ${tail.slice(-3).join(' | ')}`);
  renameSync(part, join(dir, nameOf(command)));
}

function nameOf(command: string): string {
  return command.split('/').at(-1) ?? command;
}
