// Process entry of the guardian: `main.ts FOLDER keep|remove`. Its standard input is a pipe that only its owner holds. When
// the owner is gone without a word, however that happened, the guardian ends what still runs out of the folder, in order, and
// removes the folder. One word from the owner, and it has nothing to do.

import { execFile } from 'node:child_process';
import { rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const [folder = '', wish = 'keep'] = process.argv.slice(2);
/** Sentinel first: it ends its Temporal server itself. */
const inOrder = [/ start .*--config /, / server start-dev /];
const endMs = 20_000;
const pollMs = 100;
/** The lab ends by itself, and may write for a moment yet. */
const removals = 40;

type Process = { readonly pid: number; readonly command: string };

async function ofFolder(kind: RegExp): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,args='], { maxBuffer: 2 ** 26 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    const ours = command.includes(`${folder}/`) && kind.test(`${command} `) && Number(pid) !== process.pid;
    return ours ? [{ pid: Number(pid), command }] : [];
  });
}

function send(processes: readonly Process[], signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, signal);
    } catch {
      // it has ended by itself
    }
  }
}

async function end(kind: RegExp): Promise<void> {
  send(await ofFolder(kind), 'SIGTERM');
  const deadlineMs = performance.now() + endMs;
  for (let left = await ofFolder(kind); left.length > 0; left = await ofFolder(kind)) {
    if (performance.now() > deadlineMs) send(left, 'SIGKILL');
    await delay(pollMs);
  }
}

async function cleanUp(): Promise<void> {
  for (const kind of inOrder) await end(kind);
  if (wish !== 'remove') return;
  for (let attempt = 0; attempt < removals; attempt += 1) {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    await delay(pollMs * 5);
    if (
      await stat(folder).then(
        () => false,
        () => true,
      )
    )
      return;
  }
}

let released = false;
process.stdin.once('data', () => {
  released = true;
  process.exit(0);
});
process.stdin.once('error', () => {});
process.stdin.once('close', () => {
  if (!released) void cleanUp().then(() => process.exit(0));
});
