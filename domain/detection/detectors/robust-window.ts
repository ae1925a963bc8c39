// The usual values of a series: a bounded window of recent normal samples with their median and median absolute
// deviation, which a few outliers do not move.
// Source: Leys et al. 2013, "Detecting outliers: do not use standard deviation around the mean, use absolute deviation
// around the median"; 1.4826 makes the MAD consistent with the standard deviation of a normal distribution.

import type { FrozenBaseline } from '../anomaly.ts';

const capacity = 64;
const madToSigma = 1.4826;
const scratch = new Float64Array(capacity);

export type WindowConfig = {
  readonly minSamples: number;
  readonly minSpanMs: number;
  readonly thinMs: number;
};

export class RobustWindow {
  private values = new Float32Array(16);
  private size = 0;
  private next = 0;
  private firstMs = 0;
  private lastMs = 0;
  private stale = true;
  private medianValue = 0;
  private madValue = 0;
  private rangeValue = 0;
  private formerly: RobustWindow | null = null;

  /** Learns a normal sample. Once the window is full it is thinned, so that it covers minutes and not one of them. */
  learn(atMs: number, value: number, config: WindowConfig): void {
    if (this.size === 0) this.firstMs = atMs;
    else if (this.size === capacity && atMs - this.lastMs < config.thinMs) return;
    if (this.next === this.values.length && this.values.length < capacity) this.grow();
    this.values[this.next] = value;
    this.next += 1;
    if (this.next === capacity) this.next = 0;
    this.size = Math.min(capacity, this.size + 1);
    this.lastMs = atMs;
    this.stale = true;
  }

  /** Enough samples for a verdict: `minSamples`, or five over a long time for slow intervals. */
  ready(config: WindowConfig): boolean {
    if (this.size >= config.minSamples) return true;
    return this.size >= 5 && this.lastMs - this.firstMs >= config.minSpanMs;
  }

  get median(): number {
    this.refresh();
    return this.medianValue;
  }

  /** Robust standard deviation, without any floor. */
  get sigma(): number {
    this.refresh();
    return this.madValue * madToSigma;
  }

  /** Largest minus smallest value. */
  get range(): number {
    this.refresh();
    return this.rangeValue;
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
    this.stale = true;
  }

  /** What was normal before the last `relearn`: after a long outage the way back to it is no news. */
  get former(): RobustWindow | null {
    return this.formerly;
  }

  /** What was normal before the last `relearn` is so again. */
  comeBack(): void {
    if (this.formerly !== null) Object.assign(this, this.formerly.copy());
  }

  private grow(): void {
    const larger = new Float32Array(Math.min(capacity, this.values.length * 2));
    larger.set(this.values);
    this.values = larger;
  }

  private refresh(): void {
    if (!this.stale) return;
    this.stale = false;
    const view = scratch.subarray(0, this.size);
    view.set(this.values.subarray(0, this.size));
    view.sort();
    this.rangeValue = (view[this.size - 1] ?? 0) - (view[0] ?? 0);
    this.medianValue = middle(view);
    for (let index = 0; index < this.size; index += 1)
      view[index] = Math.abs((view[index] ?? 0) - this.medianValue);
    view.sort();
    this.madValue = middle(view);
  }
}

function middle(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  if (sorted.length === 0) return 0;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
