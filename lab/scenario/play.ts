/** Plays the faults of a scenario into a running lab, each at its time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultView } from '../supervisor/faults.ts';
import type { Lab } from '../system.ts';
import type { ScenarioFault } from './scenario.ts';

/**
 * Injects every fault at its time from now. A slow injection (a rollout) does not hold up the next one. Resolves when
 * all are in, in the order of the file; rejects when one is refused or `signal` aborts.
 */
export function playFaults(
  lab: Pick<Lab, 'inject'>,
  faults: ScenarioFault[],
  signal?: AbortSignal,
): Promise<FaultView[]> {
  return Promise.all(
    faults.map(async ({ atMs, kind, service, with: parameters }) => {
      if (atMs > 0) await delay(atMs, undefined, signal ? { signal } : {});
      return lab.inject({ kind, service, with: parameters });
    }),
  );
}
