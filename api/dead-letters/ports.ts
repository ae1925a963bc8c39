// What the desk of dead letters is made of: kinds that each know their own letters, and what those stand on.

import type {
  DeadLetter,
  DeadLetterContent,
  DeadLetterFilter,
  DeadLetterKind,
  Replayed,
} from '../ports/dead-letters.ts';
import type { Principal } from '../ports/principal.ts';

/** A part of a kind whose letters are in the order of their positions, newest first. */
export type Lane = {
  readonly name: string;
  readonly letters: readonly { readonly letter: DeadLetter; readonly position: number }[];
  /** Below this position nothing was looked at; null: there is nothing below. */
  readonly rest: number | null;
};

/** By lane: only what is below. Lanes that are not named have nothing left. Null: everything. */
export type Before = ReadonlyMap<string, number> | null;

export interface DeadLetterSource {
  readonly kind: DeadLetterKind;
  newest(filter: DeadLetterFilter, before: Before, most: number): Promise<readonly Lane[]>;
  show(id: string): Promise<DeadLetterContent | null>;
  /** One answer for each, in order. */
  replay(ids: readonly string[], by: Principal, note: string): Promise<readonly Replayed[]>;
}

/** Where a record was when it was sent first, and how often it had failed by then: what one replay is about. */
export type RecordIdentity = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly failures: number;
};

export type Letter = {
  readonly partition: number;
  readonly offset: number;
  readonly atMs: number;
  readonly key: string;
  readonly of: RecordIdentity & { readonly timestampMs: number };
  readonly reason: string;
  readonly detail: string;
};

export type LetterPlace = { readonly partition: number; readonly offset: number };

/** The record that a letter stands for, byte for byte. */
export type OriginalRecord = {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly isUnreadable: boolean;
};

/** The dead-letter topic. Every call throws `DeadLettersUnavailable` when the brokers do not answer in time. */
export interface LetterTopic {
  /** Letters of each partition, newest first, from a stretch of it that is bounded; `rest` as in `Lane`. */
  newest(
    filter: Pick<DeadLetterFilter, 'sinceMs' | 'untilMs'>,
    before: ReadonlyMap<number, number> | null,
  ): Promise<readonly { partition: number; letters: readonly Letter[]; rest: number | null }[]>;
  /** Null where there is no letter; `original` is null when it is not kept any more. */
  withOriginals(
    places: readonly LetterPlace[],
  ): Promise<readonly ({ letter: Letter; original: OriginalRecord | null } | null)[]>;
  /** Resolves when all are acknowledged. */
  resend(records: readonly { letter: Letter; original: OriginalRecord }[]): Promise<void>;
}

export type ReplayState = { readonly atMs: number; readonly by: string };

/** Who replayed what. */
export interface ReplayLedger {
  /** Of those that were sent. */
  sent(identities: readonly RecordIdentity[]): Promise<ReadonlyMap<string, ReplayState>>;
  /** Writes into the ledger and the audit that they are to be sent, unless somebody did before. */
  begin(letters: readonly { id: string; letter: Letter }[], by: Principal, note: string): Promise<void>;
  finish(identities: readonly RecordIdentity[]): Promise<void>;
}

export const identityKey = ({ topic, partition, offset, failures }: RecordIdentity): string =>
  `${topic}/${partition}/${offset}/${failures}`;

export type DeadItem = {
  readonly seq: number;
  readonly id: string;
  readonly environment: string;
  readonly service: string;
  readonly reason: string;
  readonly attempts: number;
  readonly receivedAtMs: number;
  readonly deadAtMs: number;
};

/** Events of the inbox that were given up. */
export interface DeadItems {
  /** Newest first. */
  list(
    filter: Pick<DeadLetterFilter, 'sinceMs' | 'untilMs'>,
    beforeSeq: number | null,
    limit: number,
  ): Promise<readonly DeadItem[]>;
  get(seq: number): Promise<{ readonly item: DeadItem; readonly body: unknown } | null>;
  /** Puts it back, and says so in the audit. */
  replay(seq: number, by: Principal, note: string): Promise<Replayed['outcome']>;
}
