// The last rows of a series in order of size, for its median and how far it usually strays. A row that comes in pushes the oldest out.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';

export class RecentRows {
  private readonly ring: Float32Array;
  private readonly sorted: Float32Array;
  private size = 0;
  private next = 0;

  constructor(capacity: number) {
    this.ring = new Float32Array(capacity);
    this.sorted = new Float32Array(capacity);
  }

  push(value: number): void {
    const { ring, sorted } = this;
    const rounded = Math.fround(value);
    if (this.size === ring.length) {
      const oldest = this.placeOf(ring[this.next] ?? 0);
      sorted.copyWithin(oldest, oldest + 1, this.size);
      this.size -= 1;
    }
    const place = this.placeOf(rounded);
    sorted.copyWithin(place + 1, place, this.size);
    sorted[place] = rounded;
    this.size += 1;
    ring[this.next] = rounded;
    this.next = (this.next + 1) % ring.length;
  }

  /** Of the values in order the one at this share, 0.5 for the median; 0 when there are none. */
  quantile(share: number): number {
    return this.sorted[Math.round(share * Math.max(0, this.size - 1))] ?? 0;
  }

  save(to: StateWriter): void {
    to.number(this.size);
    to.number(this.next);
    to.floats(this.ring);
    to.floats(this.sorted);
  }

  restore(from: StateReader): void {
    this.size = from.number();
    this.next = from.number();
    from.floatsInto(this.ring);
    from.floatsInto(this.sorted);
  }

  private placeOf(value: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
