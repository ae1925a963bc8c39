/**
 * The server's process, in one of two ways to live: `attached` dies with this process, however that ends;
 * `durable` outlives it and is found again by its process id.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cleanly } from './clean-environment.ts';
import { isAlive } from './folder-lock.ts';

const STOP_MS = 10_000;
const TAIL_BYTES = 4_000;

/**
 * Runs the command and watches its own standard input, a pipe whose other end only the parent holds: the kernel
 * closes it even when the parent is killed with SIGKILL. The command's process id is written to descriptor 3.
 */
const WATCHED = `
exec 4<&0 </dev/null
"$@" 3>&- 4<&- &
server=$!
echo "$server" >&3
exec 3>&-
(
  cat <&4
  for attempt in 1 2 3 4 5 6 7 8 9 10; do kill "$server" || exit; sleep 1; done
  kill -9 "$server"
) >/dev/null 2>&1 &
exec 4<&-
wait "$server"
`;

/**
 * Starts the command in a session of its own (a Ctrl-C in the terminal is not for it), without our secrets, and returns its
 * pid.
 */
export async function startProcess(
  command: readonly [string, ...string[]],
  logFile: string,
  life: 'attached' | 'durable',
  user?: { readonly uid: number; readonly gid: number },
): Promise<number> {
  const log = openSync(logFile, 'a', 0o600);
  const [program, ...args] = cleanly(command);
  try {
    const child =
      life === 'durable'
        ? spawn(program, args, { detached: true, stdio: ['ignore', log, log], ...user })
        : spawn('/bin/sh', ['-c', WATCHED, 'watched', program, ...args], {
            detached: true,
            stdio: ['pipe', log, log, 'pipe'],
            ...user,
          });
    child.unref();
    return life === 'durable' ? await ownPid(child) : await reportedPid(child);
  } finally {
    closeSync(log);
  }
}

function ownPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid as number));
  });
}

async function reportedPid(child: ChildProcess): Promise<number> {
  await ownPid(child);
  const pipe = child.stdio[3] as NodeJS.ReadableStream;
  for await (const line of createInterface({ input: pipe })) {
    // The pipe that keeps the server alive must not keep this process alive.
    (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    return Number(line);
  }
  throw new Error('the shell that watches the server ended at once');
}

/** The command line of a process, or undefined when there is no such process. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      if (state === 'Z' || state === 'X') return undefined; // ended, and not collected by its parent yet
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim(); // empty in the midst of exec
    } catch {
      return undefined;
    }
  }
  const [ps, ...args] = cleanly(['ps', '-o', 'args=', '-p', String(pid)]);
  const found = await promisify(execFile)(ps, args).catch(() => undefined);
  return found?.stdout.trim() || undefined;
}

/** Asks the process to end, and ends it after ten seconds; resolves when it is gone. */
export async function stopProcess(pid: number): Promise<void> {
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
    } catch {
      // gone already
    }
  };
  signal('SIGTERM');
  const deadline = performance.now() + STOP_MS;
  while ((await commandLine(pid)) !== undefined) {
    if (performance.now() > deadline) signal('SIGKILL');
    await sleep(20);
  }
}

/** The end of a log file, for error messages. */
export function tailOf(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').slice(-TAIL_BYTES).trim();
  } catch {
    return '';
  }
}
