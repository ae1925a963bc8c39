/** Takes connections out of the pool and never gives them back. */
import type { Connection, Pool } from '../pool.ts';

export function startPoolLeak(pool: Pool, leakPerSecond: number): () => void {
  const held: Connection[] = [];
  const leak = (): void => {
    pool.acquire().then(
      (connection) => held.push(connection),
      // The pool is empty already: there is nothing left to leak.
      () => {},
    );
  };
  leak();
  const timer = setInterval(leak, 1000 / leakPerSecond);
  return () => {
    clearInterval(timer);
    for (const connection of held.splice(0)) pool.release(connection);
  };
}
