// An open group of alerts: how often it has had one tells how long a silence ends it.

import { groupingConfig } from './config.ts';

const { times, leastMs, mostMs, firstMs } = groupingConfig.gap;

export class Group {
  readonly name: string;
  private readonly firstMs: number;
  private lastMs: number;
  private count = 1;

  constructor(name: string, atMs: number) {
    this.name = name;
    this.firstMs = atMs;
    this.lastMs = atMs;
  }

  get alerts(): number {
    return this.count;
  }

  /** Since its last alert. */
  silenceMs(atMs: number): number {
    return Math.max(0, atMs - this.lastMs);
  }

  isOpen(atMs: number): boolean {
    // The first two may come by chance at once: what is expected of any group counts as one of them.
    const meanMs = (this.lastMs - this.firstMs + firstMs) / this.count;
    return this.silenceMs(atMs) <= Math.min(mostMs, Math.max(leastMs, times * meanMs));
  }

  add(atMs: number): void {
    this.count += 1;
    this.lastMs = Math.max(this.lastMs, atMs);
  }
}
