// Dead letters: what was accepted, could not be used, and waits for a person.

import type { Page } from './page.ts';
import type { Principal } from './principal.ts';

/** `kafka`: a record of a topic that cannot be read. `inbox`: an event that Sentinel gave up on after many attempts. */
export const deadLetterKinds = ['kafka', 'inbox'] as const;
export type DeadLetterKind = (typeof deadLetterKinds)[number];

export type DeadLetter = {
  /** `kafka-` or `inbox-`, and where it is kept. */
  readonly id: string;
  readonly kind: DeadLetterKind;
  /** Where it came from: topic/partition/offset, or the id of the event. */
  readonly source: string;
  readonly topic: string | null;
  /** What it is about, as far as that is known: `production/orders`. */
  readonly key: string;
  readonly reason: string;
  readonly detail: string;
  /** How often it has become a dead letter; of the inbox, how often it was tried. */
  readonly failures: number;
  readonly atMs: number;
  readonly replayedAtMs: number | null;
  readonly replayedBy: string | null;
};

export type DeadLetterContent = DeadLetter & {
  /** When the record or event itself came in. */
  readonly receivedAtMs: number;
  /** Of the record as it was; null when it is not kept anywhere any more. */
  readonly bytes: number | null;
  /** As text, without its secrets, cut when it is long. */
  readonly text: string | null;
  readonly cut: boolean;
};

export type DeadLetterFilter = {
  readonly kind?: DeadLetterKind | undefined;
  readonly topic?: string | undefined;
  readonly reason?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Absent: both those that were replayed and those that were not. */
  readonly replayed?: boolean | undefined;
};

export const replayOutcomes = [
  'replayed',
  /** By somebody before; nothing was done. */
  'already-replayed',
  'not-found',
  /** The letter holds no whole copy, and the topic does not hold the record any more. */
  'gone',
  /** Its batch cannot be decompressed, so there is no record to send. */
  'unreadable',
  /** Something newer of the same alert has been worked off. */
  'superseded',
] as const;
export type ReplayOutcome = (typeof replayOutcomes)[number];
export type Replayed = { readonly id: string; readonly outcome: ReplayOutcome };

export interface DeadLetters {
  /** Newest first. A page may be short, or empty, and still not be the last. Throws `DeadLettersUnavailable`. */
  list(filter: DeadLetterFilter, limit: number, cursor: string | null): Promise<Page<DeadLetter>>;
  /** Null when there is none of this id. */
  show(id: string): Promise<DeadLetterContent | null>;
  /**
   * Hands them in again, in this order; each at most once, however often and by how many it is asked for. Who asked is in the
   * audit before anything is sent. Throws in the middle when something is away: asked again, it goes on where it ended.
   */
  replay(ids: readonly string[], by: Principal, note: string): Promise<readonly Replayed[]>;
}

/** The brokers cannot be asked now, or not within the time that a request has. */
export class DeadLettersUnavailable extends Error {
  override readonly name = 'DeadLettersUnavailable';
}
