// How a series usually goes from one level to the next: eight levels between its usual lowest and highest, and how often each
// followed each.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';

const levels = 8;
const mostUnit = 1e6;

export class Transitions {
  private readonly counts = new Float32Array(levels * levels);
  private unit = 1;
  private last: number | null = null;

  levelOf(value: number, low: number, high: number): number {
    if (!(high > low)) return levels / 2;
    return Math.max(0, Math.min(levels - 1, Math.floor(((value - low) / (high - low)) * levels)));
  }

  /** −log10 of the probability of this level after the last one; `prior`: rows of ignorance, spread over all levels. */
  decades(level: number, prior: number): number {
    if (this.last === null) return 0;
    const from = this.last * levels;
    let all = 0;
    for (let at = from; at < from + levels; at += 1) all += this.counts[at] ?? 0;
    const seen = (this.counts[from + level] ?? 0) / this.unit;
    return -Math.log10((seen + prior / levels) / (all / this.unit + prior));
  }

  learn(level: number, fadeRows: number): void {
    if (this.last !== null) {
      this.unit *= 1 + 1 / fadeRows;
      const at = this.last * levels + level;
      this.counts[at] = (this.counts[at] ?? 0) + this.unit;
      if (this.unit > mostUnit) {
        for (let place = 0; place < this.counts.length; place += 1)
          this.counts[place] = (this.counts[place] ?? 0) / this.unit;
        this.unit = 1;
      }
    }
    this.last = level;
  }

  save(to: StateWriter): void {
    to.floats(this.counts);
    to.number(this.unit);
    to.number(this.last ?? -1);
  }

  restore(from: StateReader): void {
    from.floatsInto(this.counts);
    this.unit = from.number();
    const last = from.number();
    this.last = last < 0 ? null : last;
  }
}
