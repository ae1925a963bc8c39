// A busy machine on purpose: threads that compute without a pause beside everything that is measured.

import { Worker } from 'node:worker_threads';

/** Starts `count` loops; they end with the answer, or with this process. */
export function startBusyLoops(count: number): () => Promise<void> {
  const loops = Array.from({ length: count }, () => new Worker('for (;;) Math.random();', { eval: true }));
  return async () => {
    await Promise.all(loops.map((loop) => loop.terminate()));
  };
}
