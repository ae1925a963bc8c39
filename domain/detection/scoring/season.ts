// What a series usually is at this time of the day, or of the week.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';

const hourMs = 3_600_000;
const unlearnt = Number.NaN;

export class Season {
  private readonly usual: Float32Array;
  private readonly seen: Uint8Array;
  private readonly slotMs: number;
  /** How far rows are usually from it, and how many were compared. */
  error = 0;
  compared = 0;

  static ofDay(): Season {
    return new Season(48, hourMs / 2);
  }

  static ofWeek(): Season {
    return new Season(168, hourMs);
  }

  private constructor(slots: number, slotMs: number) {
    this.usual = new Float32Array(slots);
    this.seen = new Uint8Array(slots);
    this.slotMs = slotMs;
  }

  /** How many slots a day has. */
  get slotsPerDay(): number {
    return (24 * hourMs) / this.slotMs;
  }

  /**
   * How far a value is from what is usual at that time; NaN when nothing is known of it. A rise or fall comes a little earlier or later
   * from day to day: what lies between this time and the ones beside it is not off by more than the nearer of them.
   */
  off(atMs: number, value: number): number {
    const slot = this.slotOf(atMs);
    const slots = this.usual.length;
    const off = this.offAt(slot, value);
    if (Number.isNaN(off)) return off;
    const before = this.offAt((slot + slots - 1) % slots, value);
    const after = this.offAt((slot + 1) % slots, value);
    return Math.min(off, before >= 0 ? before : off, after >= 0 ? after : off);
  }

  learn(atMs: number, value: number, share: number): void {
    const slot = this.slotOf(atMs);
    const seen = this.seen[slot] ?? 0;
    const usual = this.usual[slot] ?? 0;
    this.usual[slot] = seen === 0 ? value : usual + (value - usual) * Math.max(share, 1 / (seen + 1));
    if (seen < 255) this.seen[slot] = seen + 1;
  }

  save(to: StateWriter): void {
    to.floats(this.usual);
    to.bytes(this.seen);
    to.number(this.error);
    to.number(this.compared);
  }

  restore(from: StateReader): void {
    from.floatsInto(this.usual);
    from.bytesInto(this.seen);
    this.error = from.number();
    this.compared = from.number();
  }

  private offAt(slot: number, value: number): number {
    return this.seen[slot] === 0 ? unlearnt : Math.abs(value - (this.usual[slot] ?? unlearnt));
  }

  private slotOf(atMs: number): number {
    return Math.floor(atMs / this.slotMs) % this.usual.length;
  }
}
