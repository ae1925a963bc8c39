// Nothing of a stage outlives the process that started it: a guardian beside it waits for a pipe to break, which the kernel
// does however a process ends.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Guards what runs out of `folder`, from now on; the answer tells the guardian that all has been ended in order. */
export function guard(folder: string, after: 'keep' | 'remove'): () => void {
  // A session of its own: a Ctrl-C in the terminal is not for it.
  const child = spawn(process.execPath, [entry, folder, after], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return () => void child.stdin.end('released\n');
}
