// A starved Sentinel on purpose: threads that compute without a pause, and that it has to share the CPUs with. The practice system
// comes first: what it has no CPU for no action can mend, and the run would judge the machine.

import { getPriority, setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';

/** As `nice` counts it: behind the practice system, which has 0. */
const starvedPriority = 5;

/** Starts `count` loops; they end with the answer, or with this process. */
export function startBusyLoops(count: number): () => Promise<void> {
  // On Linux this is of the thread that asks; elsewhere it would be of the whole process, load generator included.
  const code = `
    const { getPriority, setPriority } = require('node:os');
    if (process.platform === 'linux') setPriority(Math.max(getPriority(), ${starvedPriority}));
    for (;;) Math.random();`;
  const loops = Array.from({ length: count }, () => new Worker(code, { eval: true }));
  return async () => {
    await Promise.all(loops.map((loop) => loop.terminate()));
  };
}

/** Puts a process that has only just begun, with all that it will start, behind the practice system. */
export function starve(pid: number): void {
  setPriority(pid, Math.max(getPriority(pid), starvedPriority)); // nobody but root may raise one
}
