// What one partition has given to detection and may not be committed yet. Calls are in the order of the partition.

import type { Durable, StreamRecord } from './ports.ts';

export class HeldOffsets {
  /** Offsets before this are in detection. */
  #takenTo: bigint | null = null;
  #committedTo: bigint | null = null;
  /** What was taken and not committed yet, in order. */
  #held: { readonly nextOffset: bigint; readonly atMs: number }[] = [];

  /** Without those that are in detection already, because they are delivered again. */
  fresh(records: readonly StreamRecord[]): readonly StreamRecord[] {
    const [first] = records;
    const last = this.#takenTo;
    if (first === undefined || last === null) return records;
    // Below what was committed nothing is delivered again: the topic has begun anew.
    if (this.#committedTo !== null && first.offset < this.#committedTo) return records;
    return records.filter(({ offset }) => offset >= last);
  }

  taken(lastOffset: bigint, atMs: number): void {
    this.#takenTo = lastOffset + 1n;
    this.#held.push({ nextOffset: this.#takenTo, atMs });
  }

  /** What may be committed once everything that was taken until `untilMs` is durable; null when that is nothing new. */
  durable(untilMs: number): Durable['nextOffset'] | null {
    const done = this.#held.findLast(({ atMs }) => atMs <= untilMs);
    if (done === undefined) return null;
    this.#held = this.#held.filter(({ nextOffset }) => nextOffset > done.nextOffset);
    this.#committedTo = done.nextOffset;
    return done.nextOffset;
  }
}
