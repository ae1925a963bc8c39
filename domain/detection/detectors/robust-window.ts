// The usual values of a series: a bounded window of recent normal samples with their median and median absolute
// deviation, which a few outliers do not move.
// Source: Leys et al. 2013, "Detecting outliers: do not use standard deviation around the mean, use absolute deviation
// around the median"; 1.4826 makes the MAD consistent with the standard deviation of a normal distribution.

import type { FrozenBaseline } from '../anomaly.ts';

const capacity = 64;
const madToSigma = 1.4826;
/** Room for the first samples; most series that come and go never need more. */
const firstRoom = 16;

export type WindowConfig = {
  readonly minSamples: number;
  readonly minSpanMs: number;
  readonly thinMs: number;
};

export class RobustWindow {
  /** First the samples as they came, the next one at `next`; then the same in order of size. */
  private values = new Float32Array(2 * firstRoom);
  private size = 0;
  private next = 0;
  private firstMs = 0;
  private lastMs = 0;
  /** NaN until it is asked for. */
  private madValue = Number.NaN;
  private formerly: RobustWindow | null = null;

  /** Learns a normal sample. Once the window is full it is thinned, so that it covers minutes and not one of them. */
  learn(atMs: number, value: number, config: WindowConfig): void {
    if (this.size === 0) this.firstMs = atMs;
    else if (this.size === capacity && atMs - this.lastMs < config.thinMs) return;
    if (this.size === this.room && this.room < capacity) this.grow();
    const { values, room, next } = this;
    if (this.size === room) {
      const oldest = this.placeOf(values[next] ?? 0);
      values.copyWithin(oldest, oldest + 1, room + this.size);
      this.size -= 1;
    }
    const place = this.placeOf(Math.fround(value));
    values.copyWithin(place + 1, place, room + this.size);
    values[place] = value;
    values[next] = value;
    this.size += 1;
    this.next = next + 1 === capacity ? 0 : next + 1;
    this.lastMs = atMs;
    this.madValue = Number.NaN;
  }

  /** Enough samples for a verdict: `minSamples`, or five over a long time for slow intervals. */
  ready(config: WindowConfig): boolean {
    if (this.size >= config.minSamples) return true;
    return this.size >= 5 && this.lastMs - this.firstMs >= config.minSpanMs;
  }

  get median(): number {
    const { values, room, size } = this;
    if (size === 0) return 0;
    const upper = values[room + (size >> 1)] ?? 0;
    return size % 2 === 1 ? upper : ((values[room + (size >> 1) - 1] ?? 0) + upper) / 2;
  }

  /** Robust standard deviation, without any floor. */
  get sigma(): number {
    if (Number.isNaN(this.madValue)) this.madValue = this.medianDeviation();
    return this.madValue * madToSigma;
  }

  /** Largest minus smallest value. */
  get range(): number {
    const { values, room, size } = this;
    return size === 0 ? 0 : (values[room + size - 1] ?? 0) - (values[room] ?? 0);
  }

  /** Mean of the window (its samples are normal ones, so no outliers are in it). */
  get mean(): number {
    let sum = 0;
    for (let index = 0; index < this.size; index += 1) sum += this.values[index] ?? 0;
    return this.size === 0 ? 0 : sum / this.size;
  }

  /** Standard deviation of the window. */
  get deviation(): number {
    const { mean } = this;
    let sum = 0;
    for (let index = 0; index < this.size; index += 1) sum += ((this.values[index] ?? 0) - mean) ** 2;
    return this.size < 2 ? 0 : Math.sqrt(sum / (this.size - 1));
  }

  /** What is normal now, for a finding to take along. */
  freeze(): FrozenBaseline {
    return { level: this.median, spread: this.sigma, samples: this.size, atMs: this.lastMs };
  }

  /** A copy to start the series of a new instance with, from what was normal for the one before it. */
  copy(): RobustWindow {
    const copy = new RobustWindow();
    Object.assign(copy, this);
    copy.values = this.values.slice();
    return copy;
  }

  /** Forgets: what has lasted so long is the new normal. What was normal until now is kept, for it may come back. */
  relearn(): void {
    const former = this.copy();
    former.formerly = null; // one step back is enough
    this.formerly = former;
    this.size = 0;
    this.next = 0;
    this.madValue = Number.NaN;
  }

  /** What was normal before the last `relearn`: after a long outage the way back to it is no news. */
  get former(): RobustWindow | null {
    return this.formerly;
  }

  /** What was normal before the last `relearn` is so again. */
  comeBack(): void {
    if (this.formerly !== null) Object.assign(this, this.formerly.copy());
  }

  private get room(): number {
    return this.values.length / 2;
  }

  private grow(): void {
    const { values, room, size } = this;
    const larger = new Float32Array(values.length * 2);
    larger.set(values.subarray(0, size));
    larger.set(values.subarray(room, room + size), 2 * room);
    this.values = larger;
  }

  /** Where a value stands among the sorted ones, or would stand. */
  private placeOf(value: number): number {
    const { values, room } = this;
    let [low, high] = [room, room + this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The median of the distances from the median: on either side of it they are in order already. */
  private medianDeviation(): number {
    const { values, room, size, median } = this;
    const half = size >> 1;
    let below = room + ((size - 1) >> 1);
    let above = below + 1;
    let [last, before] = [0, 0];
    for (let count = 0; count <= half && count < size; count += 1) {
      before = last;
      const down = below >= room ? median - (values[below] ?? 0) : Number.POSITIVE_INFINITY;
      const up = above < room + size ? (values[above] ?? 0) - median : Number.POSITIVE_INFINITY;
      if (down <= up) {
        last = down;
        below -= 1;
      } else {
        last = up;
        above += 1;
      }
    }
    return size % 2 === 1 ? last : (before + last) / 2;
  }
}
