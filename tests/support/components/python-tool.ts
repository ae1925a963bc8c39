/** Programs from Python's package index, each in an environment of its own in the cache: nothing of the machine changes. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withFolderLock } from '../../../adapters/temporal-dev-server/folder-lock.ts';
import { cacheDir } from './cache.ts';

const run = promisify(execFile);

export interface PythonTool {
  /** Names the folder: a new version is a new one. */
  readonly id: string;
  readonly requirements: readonly string[];
  readonly program: string;
}

/** The path of the program, installed when it is not there yet. */
export async function obtainPythonTool(tool: PythonTool, report: (line: string) => void): Promise<string> {
  const dir = join(cacheDir, tool.id);
  const program = join(dir, 'bin', tool.program);
  // Written last: without it an installation was ended half-way.
  const complete = join(dir, 'complete');
  if (existsSync(complete)) return program;
  mkdirSync(cacheDir, { recursive: true });
  await withFolderLock(
    join(cacheDir, `${tool.id}.lock`),
    () => {},
    async () => {
      if (existsSync(complete)) return;
      report(`Installing ${tool.requirements.join(', ')} …`);
      rmSync(dir, { recursive: true, force: true });
      try {
        await run('python3', ['-m', 'venv', dir]);
        await run(join(dir, 'bin', 'pip'), ['install', '--quiet', ...tool.requirements], {
          timeout: 600_000,
        });
      } catch (error) {
        throw new Error(
          `${tool.program} could not be installed (${(error as Error).message.split('\n')[0]}): it needs python3 with venv, and pip`,
        );
      }
      writeFileSync(complete, `${tool.requirements.join('\n')}\n`);
    },
  );
  return program;
}
