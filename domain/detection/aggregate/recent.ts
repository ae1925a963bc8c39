// The usual worst of the last few values: the second largest of the last eight, so that one outlier changes nothing; the
// largest while there are few, because the first ones may be short.

const size = 8;
const few = 4;

export class UsualWorst {
  private readonly values: number[] = [];
  private next = 0;

  add(value: number): void {
    this.values[this.next] = value;
    this.next = (this.next + 1) % size;
  }

  /** Second largest of the last eight values; the largest of up to four; `fallback` without any. */
  value(fallback: number): number {
    let first = Number.NEGATIVE_INFINITY;
    let second = Number.NEGATIVE_INFINITY;
    for (const value of this.values) {
      if (value > first) {
        second = first;
        first = value;
      } else if (value > second) second = value;
    }
    if (this.values.length === 0) return fallback;
    return this.values.length <= few ? first : second;
  }
}
