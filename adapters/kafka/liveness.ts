// Whether the brokers are heard, and what keeps a consumer that is in its group from getting on.
//
// kafkajs asks a broker for more only when everything it brought last time has been worked on. So no fetch while records are
// under way says nothing about the brokers. Nor does it say anything while this process is stopped or starved: their silence
// is counted in turns of its own timer, between which the event loop would have read an answer.

/** The next fetch is due within one turn, whether or not there is anything to read. */
const deafAfterTurns = 6;
const deafAfterMs = 3_000;
const longMs = 30_000;

export type Clocks = {
  /** Never jumps; may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
};

const ownClocks: Clocks = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

export class Liveness {
  readonly #clocks: Clocks;
  #fetched: { readonly monotonicMs: number; readonly wallMs: number } | null = null;
  #silentTurns = 0;
  /** By partition whose records are being worked on: since when, by the monotonic clock. */
  readonly #underWay = new Map<string, number>();
  /** By partition whose records cannot be stored now: why. */
  readonly #waiting = new Map<string, string>();

  constructor(clocks = ownClocks) {
    this.#clocks = clocks;
  }

  joined(): void {
    this.#silentTurns = 0;
  }

  fetched(): void {
    this.#silentTurns = 0;
    this.#fetched = { monotonicMs: this.#clocks.monotonicMs(), wallMs: this.#clocks.wallMs() };
  }

  /** To be called once a second. */
  turn(): void {
    if (this.#underWay.size === 0) this.#silentTurns += 1;
  }

  /** Records of the partition are being worked on from now; to be called again with each step forward. */
  working(partition: string): void {
    this.#underWay.set(partition, this.#clocks.monotonicMs());
    this.#waiting.delete(partition);
  }

  waits(partition: string, reason: string): void {
    this.#waiting.set(partition, reason);
  }

  done(partition: string): void {
    this.#underWay.delete(partition);
    this.#waiting.delete(partition);
    this.#silentTurns = 0;
  }

  /**
   * The brokers were heard a moment ago, so that a partition without records is silent and not just unread. In doubt, as
   * after any jump of a clock, they were not.
   */
  heard(): boolean {
    if (this.#fetched === null) return false;
    const byMonotonicMs = this.#clocks.monotonicMs() - this.#fetched.monotonicMs;
    const byWallMs = Math.abs(this.#clocks.wallMs() - this.#fetched.wallMs);
    return Math.max(byMonotonicMs, byWallMs) < deafAfterMs;
  }

  /** Null while records come in and get stored; else what is wrong. */
  problem(): string | null {
    const [waiting] = this.#waiting;
    if (waiting !== undefined) return `records from ${waiting[0]} are waiting: ${waiting[1]}`;
    const nowMs = this.#clocks.monotonicMs();
    for (const [partition, sinceMs] of this.#underWay) {
      const forMs = nowMs - sinceMs;
      if (forMs < longMs) continue;
      const seconds = Math.floor(forMs / 1_000);
      return `records from ${partition} have been in progress for ${seconds} s: a store is slow, or this process is short of CPU`;
    }
    return this.#silentTurns >= deafAfterTurns ? 'the brokers do not answer' : null;
  }
}
