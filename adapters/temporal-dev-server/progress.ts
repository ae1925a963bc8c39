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

/** Resolves when the child ends; `tail` holds the last lines it wrote to standard error. */
export async function runWithProgress(
  child: ChildProcess,
  describe: (progress: Progress) => string,
  report: (line: string) => void,
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
    clearInterval(timer);
  }
}
