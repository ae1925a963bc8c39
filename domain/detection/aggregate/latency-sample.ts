// Quantiles of one second of calls in bounded memory: exact up to `capacity` values, then every second one, every
// fourth one and so on (systematic sampling: deterministic, and fair when latency does not depend on the position).

const capacity = 512;

export class LatencySample {
  private values: number[] = [];
  private stride = 1;
  private skipped = 0;

  add(value: number): void {
    this.skipped += 1;
    if (this.skipped < this.stride) return;
    this.skipped = 0;
    this.values.push(value);
    if (this.values.length < capacity) return;
    this.values = this.values.filter((_, index) => index % 2 === 1);
    this.stride *= 2;
  }

  /** Nearest-rank quantiles (`q` in 0..1) of what was added; 0 without values. Source: Hyndman & Fan 1996, type 1. */
  quantiles(...qs: readonly number[]): number[] {
    const sorted = Float64Array.from(this.values).sort();
    return qs.map((q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0);
  }
}
