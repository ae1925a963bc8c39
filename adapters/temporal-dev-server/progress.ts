/** Runs a slow child process and tells every few seconds what it is doing. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const EVERY_MS = 5_000;
const TAIL_LINES = 12;

export interface Progress {
  readonly seconds: number;
  readonly lines: number;
  readonly lastLine: string;
}

/**
 * Resolves when the child ends; `tail` holds the last lines it wrote to standard error. With `stopping` the child has a process
 * group of its own (`detached`), which is ended when that says so: compilers start compilers.
 */
export async function runWithProgress(
  child: ChildProcess,
  describe: (progress: Progress) => string,
  report: (line: string) => void,
  stopping?: AbortSignal,
): Promise<{ ok: boolean; tail: string[] }> {
  const started = performance.now();
  const tail: string[] = [];
  let lines = 0;
  const tell = (): void =>
    report(
      describe({
        seconds: Math.round((performance.now() - started) / 1000),
        lines,
        lastLine: tail.at(-1) ?? '',
      }),
    );
  const timer = setInterval(tell, EVERY_MS);
  const endGroup = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  };
  // What it wrote so far is of no use: nothing has to be ended in order.
  stopping?.addEventListener('abort', endGroup, { once: true });
  if (stopping?.aborted === true) endGroup();
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines += 1;
      tail.push(line);
      if (tail.length > TAIL_LINES) tail.shift();
    });
  }
  try {
    const ok = await new Promise<boolean>((resolve) => {
      child.once('error', (error) => {
        tail.push(error.message);
        resolve(false);
      });
      child.once('close', (code) => resolve(code === 0));
    });
    return { ok, tail };
  } finally {
    stopping?.removeEventListener('abort', endGroup);
    clearInterval(timer);
  }
}
