/** Executors of several processes on one world. */
import type { Executor } from '../../../activities/ports/executor.ts';

/** Some that live on, each in its turn: every one keeps its connections. `aheadMs`: those whose clock is that much wrong. */
export function processesInTurn(
  count: number,
  make: (aheadMs: number) => Executor,
): (aheadMs?: number) => Executor {
  const processes = new Map<number, Executor[]>();
  let asked = 0;
  return (aheadMs = 0) => {
    const some = processes.get(aheadMs) ?? Array.from({ length: count }, () => make(aheadMs));
    processes.set(aheadMs, some);
    asked += 1;
    const one = some[asked % some.length];
    if (one === undefined) throw new Error('there is no process');
    return one;
  };
}
