// What asks a long command to end in order: SIGINT, SIGTERM, SIGHUP, a reader of its output that is gone, a parent that is
// gone. The second signal ends it at once.

import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Whose end ends the command: of any parent, or of a package manager only (a server may outlive the shell it began in). */
export type Ties = 'any-parent' | 'package-manager';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const lookEveryMs = 500;
/** As if the process had died of SIGPIPE. */
const brokenPipe = 128 + constants.signals.SIGPIPE;

let ask: ((why: string) => void) | null = null;

export function untilSignal(ties: Ties = 'package-manager'): Promise<string> {
  return new Promise((resolve) => {
    let asked = false;
    ask = resolve;
    for (const signal of signals) {
      process.on(signal, () => {
        if (asked) process.exit(128 + constants.signals[signal]);
        asked = true;
        resolve(signal);
      });
    }
    watchParents(ties, () => resolve('the parent process is gone'));
  });
}

type Output = { on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown };

/** A closed pipe ends a long command in order, and any other at once; without this it would be an uncaught error. */
export function endWithReaders(outputs: readonly Output[]): void {
  for (const output of outputs) {
    output.on('error', (error) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      if (ask === null) process.exit(brokenPipe);
      ask('the reader of the output is gone');
    });
  }
}

function watchParents(ties: Ties, gone: () => void): void {
  const first = process.ppid;
  const second = parentOf(first);
  if (ties === 'package-manager' && ![first, second].some(isPackageManager)) return;
  // `npm run` has a shell between itself and its command, which outlives it.
  const changed = (): boolean => process.ppid !== first || parentOf(first) !== second;
  const timer = setInterval(() => {
    if (!changed()) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
}

/** Null where this system does not say. */
function parentOf(pid: number): number | null {
  const stat = readProc(pid, 'stat');
  if (stat === null) return null;
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function isPackageManager(pid: number | null): boolean {
  if (pid === null || pid <= 1) return false;
  return /^(?:\S*\/)?(?:node\s+\S*)?(?:npm|pnpm|yarn|npx|bun)\b/.test(
    (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' '),
  );
}

function readProc(pid: number, file: 'stat' | 'cmdline'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}
