/** Which fault comes when: by how much of everything has been sent, from the seed. Pure. */
import { seededRandom, seedFor } from '../../../lab/support/random.ts';

export const faultNames = [
  'kill-ingest-before-commit',
  'kill-ingest-after-commit',
  'kill-ingest-stored-not-committed',
  'kill-ingest-letter-not-committed',
  'kill-ingest-assigned-not-done',
  'kill-worker-in-transaction',
  'kill-api-answering',
  'suspend-ingest',
  'stop-broker',
  'cut-postgres',
  'stall-postgres',
  'ambiguous-postgres',
  'cut-clickhouse',
  'ambiguous-clickhouse',
  'ambiguous-webhooks',
] as const;
export type FaultName = (typeof faultNames)[number];

export interface PlannedFault {
  readonly fault: FaultName;
  /** Share of what is sent that has its final answer when it comes. */
  readonly after: number;
}

/** Traffic before the first fault, and after the last. */
const calm = 0.04;

/** Each fault so many times, once all of them before any comes again. */
export function scheduleOf(seed: number, rounds: number): readonly PlannedFault[] {
  const random = seededRandom(seedFor(seed, 'faults'));
  const faults = Array.from({ length: rounds }, () => shuffled(faultNames, random)).flat();
  const step = (1 - 2 * calm) / faults.length;
  return faults.map((fault, index) => ({
    fault,
    after: Number((calm + (index + random() * 0.5) * step).toFixed(4)),
  }));
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ value }) => value);
}
