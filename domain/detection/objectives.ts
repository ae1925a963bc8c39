// Which objectives a service has.

import { matchesGlob } from '../glob.ts';
import type { Objective } from './config.ts';

/** The objectives that a service has: of each kind the first that fits. */
export function objectivesOf(service: string, slos: readonly Objective[]): readonly Objective[] {
  const kinds = ['errors', 'latency'] as const;
  return kinds.flatMap(
    (wanted) => slos.find((one) => one.kind === wanted && matchesGlob(one.service, service)) ?? [],
  );
}

/** From when on a call served by the service is slow; infinity where it has no such objective. */
export function slowFrom(service: string, slos: readonly Objective[]): number {
  return (
    objectivesOf(service, slos).find(({ kind }) => kind === 'latency')?.underMs ?? Number.POSITIVE_INFINITY
  );
}
