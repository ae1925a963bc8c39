// How rare a ratio is for a series: the share of rows in which it was as large, older ones fading, mixed with a heavy-tailed prior, so
// that few rows cannot make anything look impossible.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';

/** Two bins for each doubling, from an eleventh to a thousandfold. */
export const tailBins = 28;
const binsPerDoubling = 2;
const firstBin = 7;

export type TailRule = {
  /** How many rows the prior counts for. */
  readonly priorRows: number;
  /** A ratio r is exceeded with probability (1 + r)^-power, says the prior. */
  readonly priorPower: number;
  /** After so many rows one counts for a third. */
  readonly fadeRows: number;
};

/** Above this, what one row counts is set back to one. */
const mostUnit = 1e6;

export class TailOdds {
  private readonly counts: Float32Array;
  private readonly from: number;
  private total = 0;
  /** What one row counts now: it grows, which is as if all others faded. */
  private unit = 1;

  /** Keeps its bins in `counts` from `from` on. */
  constructor(counts: Float32Array, from: number) {
    this.counts = counts;
    this.from = from;
  }

  /** −log10 of the probability of a ratio as large as this: 0 for what is usual, 3 for one in a thousand. */
  decades(ratio: number, { priorRows, priorPower }: TailRule): number {
    let above = 0;
    for (let bin = this.binOf(ratio); bin < this.from + tailBins; bin += 1) above += this.counts[bin] ?? 0;
    const expected = priorRows * (1 + ratio) ** -priorPower;
    return -Math.log10(Math.min(1, (above / this.unit + expected) / (this.total / this.unit + priorRows)));
  }

  learn(ratio: number, { fadeRows }: TailRule): void {
    this.unit *= 1 + 1 / fadeRows;
    const bin = this.binOf(ratio);
    this.counts[bin] = (this.counts[bin] ?? 0) + this.unit;
    this.total += this.unit;
    if (this.unit <= mostUnit) return;
    for (let at = this.from; at < this.from + tailBins; at += 1)
      this.counts[at] = (this.counts[at] ?? 0) / this.unit;
    this.total /= this.unit;
    this.unit = 1;
  }

  /** Without its bins, which are whoever's they are. */
  save(to: StateWriter): void {
    to.number(this.total);
    to.number(this.unit);
  }

  restore(from: StateReader): void {
    this.total = from.number();
    this.unit = from.number();
  }

  private binOf(ratio: number): number {
    if (!(ratio > 0)) return this.from;
    const bin = Math.floor(binsPerDoubling * Math.log2(ratio)) + firstBin;
    return this.from + Math.max(0, Math.min(tailBins - 1, bin));
  }
}
