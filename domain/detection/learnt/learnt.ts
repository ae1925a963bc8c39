// What detection has learnt over weeks and history cannot give back: how a series usually is at an hour of the week, and what a month
// has spent of an error budget. Whoever runs detection keeps it (ingest/learnt.ts) and gives it back after a restart, or where the
// service is watched next.

import { StateReader, StateWriter } from './bytes.ts';

export type Learnt = {
  readonly environment: string;
  readonly service: string;
  /** Whose it is: unique within the service. */
  readonly key: string;
  /** What is known up to this instant of the series (ms since the epoch); later samples are new to it. */
  readonly untilMs: number;
  readonly state: Uint8Array;
};

/** Raised when what is kept changes its form. What another version kept is not read: it is learnt again. */
const version = 1;

export interface Learner {
  save(to: StateWriter): void;
  /** Throws when the bytes are no state of it; it may be half restored then, and must not be used. */
  restore(from: StateReader): void;
}

export function stateOf(learner: Learner): Uint8Array {
  const writer = new StateWriter();
  writer.number(version);
  learner.save(writer);
  return writer.take();
}

/** A learner with this state, or null when it is of another version, or damaged. */
export function learnerOf<Kind extends Learner>(create: () => Kind, state: Uint8Array): Kind | null {
  try {
    const reader = new StateReader(state);
    if (reader.number() !== version) return null;
    const learner = create();
    learner.restore(reader);
    reader.end();
    return learner;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
