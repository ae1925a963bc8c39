// How much a series changed in a span of time. Samples are kept at least a thirty-second of the span apart, so memory is the same for any.

const steps = 32;

export class Change {
  private readonly spanMs: number;
  private readonly kept: { readonly atMs: number; readonly value: number }[] = [];

  constructor(spanMs: number) {
    this.spanMs = spanMs;
  }

  /** From the newest sample that is a span old to this one; null while there is none, or none that is half as old again. */
  observe(atMs: number, value: number): number | null {
    const { kept, spanMs } = this;
    const last = kept.at(-1);
    if (last === undefined || atMs - last.atMs >= spanMs / steps) kept.push({ atMs, value });
    while (kept[1] !== undefined && atMs - kept[1].atMs >= spanMs) kept.shift();
    const [oldest] = kept;
    if (oldest === undefined || atMs - oldest.atMs < spanMs || atMs - oldest.atMs > 1.5 * spanMs) return null;
    return value - oldest.value;
  }
}
