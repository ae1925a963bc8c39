// What ingest needs of a partitioned log (Kafka), and what it gives to be run by it.

/** One partition of one topic. */
export type Position = { readonly topic: string; readonly partition: number };

export type StreamRecord = {
  readonly offset: bigint;
  /** The record's own timestamp, ms since the epoch. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /**
   * What is wrong with the batch that the record came in, when that cannot be read: `value` is the whole batch as it was. Empty
   * for the other records of the batch, of which nothing is known.
   */
  readonly unreadable?: string;
  /** Sent again by somebody who replayed its dead letter. */
  readonly replay?: Replay;
};

/** A record's place and time when it was sent first: its identity, also when it is sent again. */
export type Origin = Position & { readonly offset: bigint; readonly timestampMs: number };
/** `failures`: how often it has become a dead letter before. */
export type Replay = { readonly of: Origin; readonly failures: number };

/** `unknown`: nobody replayed this; whoever wrote the header was not Sentinel. */
export type ReplayClaim = 'take' | 'ignore' | 'unknown';

/** Which replays have been taken, so that one that was sent twice counts once. */
export interface ReplayClaims {
  /** Whether the record at this place is the one to take; the same for the same place each time it is asked. */
  claim(replay: Replay, at: Position & { readonly offset: bigint }): Promise<ReplayClaim>;
}

/** From `nextOffset` on a successor has to read; everything before is in inbox or history. */
export type Durable = { readonly nextOffset: bigint; readonly metadata: string };

/** What works through one partition, from its assignment to its end. Calls never overlap. */
export interface PartitionWorker {
  /**
   * Takes the next records, in order. Throws while what they led to cannot be stored: call again with the same ones, which
   * are not counted twice.
   */
  take(records: readonly StreamRecord[]): Promise<void>;
  /** At most so many in one call; absent: a few hundred. */
  readonly recordsAtOnce?: number;
  /** Lets time pass. Only while the partition is read to its end: else records that wait look like silence. */
  tick(): Promise<void>;
  /** Null while there is nothing new to commit. */
  durable(): Durable | null;
  /** The partition is somebody else's now; nothing is called afterwards. */
  close?(): void;
}

/** Called when a partition is assigned; `metadata` is what was committed last with its offset, empty without one. */
export type OpenWorker = (position: Position, metadata: string) => Promise<PartitionWorker>;

export const poisonReasons = [
  'empty',
  'too-large',
  'not-json',
  'wrong-shape',
  'bad-time',
  'not-otlp',
  'too-complex',
  'unreadable',
] as const;
export type PoisonReason = (typeof poisonReasons)[number];

/** A record that can never be used, with everything that is needed to repair and send it again. */
export type DeadLetter = {
  readonly source: Position;
  readonly record: StreamRecord;
  readonly reason: PoisonReason;
  /** Where and what, for people. */
  readonly detail: string;
};

export interface DeadLetters {
  /** Resolves when all are acknowledged. */
  put(letters: readonly DeadLetter[]): Promise<void>;
}
