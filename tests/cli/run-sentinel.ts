// Runs the command as a child process, as a user would; or in this process, which is twenty times as fast.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { runCli } from '../../cli/program.ts';
import { loadConfig } from '../../config/load.ts';

const main = path.resolve(import.meta.dirname, '../../cli/main.ts');

/** Half the cost of a start is to compile the embedded database well, which pays off after minutes: no test lasts so long. */
export const brief = '--liftoff-only';

export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Running = {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;
  /** Resolves when standard output (or error) holds the text. */
  until(text: string): Promise<void>;
};

export function startSentinel(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Running {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, [brief, main, ...args], {
    cwd: options.cwd ?? '/',
    env: { PATH, HOME, NODE_COMPILE_CACHE, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const look of waiting) look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const done = new Promise<Ran>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!(stdout + stderr).includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      void done.then(() => reject(new Error(`ended without "${text}":\n${stdout}\n${stderr}`)));
    });
  return { child, done, until };
}

export function sentinel(
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  return startSentinel(args, options).done;
}

/** The same command line without a process of its own. */
export async function here(
  args: readonly string[],
  { env = {}, cwd = '/' }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env,
    loadConfig: (file) => loadConfig({ file, env, cwd }),
    untilSignal: () => new Promise(() => {}),
  });
  return { code, stdout, stderr };
}
