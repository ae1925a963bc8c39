// The latest calls at one side of one edge, slot by slot, all instances together: second by second where spans tell of them, in the
// sender's own interval where its metrics do. Slots of different instances arrive at different times; each takes them in whatever order.

import type { CallBucket } from '../../telemetry.ts';

const secondMs = 1000;
const keptSlots = 75;
/** From here on a slot is so long that one is worth as much as several seconds are. */
const coarseFromMs = 10_000;
/** The interval is the usual one of so many rows: one row that stands for two says nothing. */
const learntFrom = 9;
const maxParts = 64;

export type Slot = {
  readonly atMs: number;
  count: number;
  errors: number;
  p50: number;
  p95: number;
  /** Per instance: count, p50 and p95, to combine the quantiles. */
  readonly parts: [count: number, p50: number, p95: number][];
};

export class CallSlots {
  /** Oldest first; only those with calls. */
  private slots: Slot[] = [];
  private intervals: number[] = [];
  /** How much time a slot counts. */
  stepMs = secondMs;
  private lastRowMs = Number.NEGATIVE_INFINITY;

  get coarse(): boolean {
    return this.stepMs >= coarseFromMs;
  }

  /** The start of the slot that an instant lies in. */
  floor(atMs: number): number {
    return Math.floor(atMs / this.stepMs) * this.stepMs;
  }

  /** False when the slot is older than what is kept. */
  add(row: CallBucket): boolean {
    this.learnStep(row.intervalMs ?? secondMs);
    this.lastRowMs = Math.max(this.lastRowMs, row.atMs);
    const spans = Math.max(1, Math.round((row.intervalMs ?? 0) / this.stepMs));
    if (spans === 1) return this.put(row, row.atMs, row.count, row.errors);
    // An export was lost: what is told now happened in as many slots.
    let [count, errors, changed] = [row.count, row.errors, false];
    for (let left = spans; left > Math.max(0, spans - keptSlots); left -= 1) {
      const [share, failed] = [Math.round(count / left), Math.round(errors / left)];
      changed = this.put(row, row.atMs - (spans - left) * this.stepMs, share, failed) || changed;
      count -= share;
      errors -= failed;
    }
    return changed;
  }

  private put(row: CallBucket, rowMs: number, count: number, errors: number): boolean {
    const atMs = this.floor(rowMs);
    if (atMs <= this.newestMs - keptSlots * this.stepMs) return false;
    let index = this.slots.length;
    while (index > 0 && (this.slots[index - 1]?.atMs ?? 0) > atMs) index -= 1;
    let slot = this.slots[index - 1];
    if (slot === undefined || slot.atMs !== atMs) {
      slot = { atMs, count: 0, errors: 0, p50: 0, p95: 0, parts: [] };
      this.slots.splice(index, 0, slot);
      const oldestMs = this.newestMs - keptSlots * this.stepMs;
      const drop = this.slots.findIndex((kept) => kept.atMs > oldestMs);
      if (drop > 0) this.slots.splice(0, drop);
    }
    slot.count += count;
    slot.errors += errors;
    if (slot.parts.length < maxParts) slot.parts.push([count, row.latencyP50Ms, row.latencyP95Ms]);
    [slot.p50, slot.p95] = combine(slot.parts);
    return true;
  }

  /** What was counted in another interval cannot be compared. */
  private learnStep(intervalMs: number): void {
    if (intervalMs === this.stepMs && this.intervals.length === 0) return;
    this.intervals.push(intervalMs);
    if (this.intervals.length > 1 && this.intervals.length < learntFrom) return;
    const usualMs = this.intervals.toSorted((a, b) => a - b)[this.intervals.length >> 1] ?? intervalMs;
    if (this.intervals.length === learntFrom) this.intervals = [intervalMs];
    const stepMs = Math.max(secondMs, Math.round(usualMs / secondMs) * secondMs);
    if (Math.abs(stepMs - this.stepMs) <= this.stepMs * 0.2) return;
    this.stepMs = stepMs;
    this.slots = [];
  }

  get newestMs(): number {
    return this.slots.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  }

  /** What has happened until now: the newest slot, or as much of it as is known while it lasts. */
  get untilMs(): number {
    return this.coarse ? this.lastRowMs : this.newestMs;
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  /** The slots with calls in [fromMs, toMs]. */
  between(fromMs: number, toMs: number): readonly Slot[] {
    return this.slots.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  }
}

/**
 * Median and 95th percentile of a mixture of parts of which only these are known: each part stands for half of its
 * calls at its median, some between, and some at its 95th percentile. Exact for a single part.
 */
function combine(parts: readonly [number, number, number][]): [number, number] {
  const only = parts[0];
  if (parts.length === 1 && only !== undefined) return [only[1], only[2]];
  const atoms: [value: number, weight: number][] = [];
  for (const [count, p50, p95] of parts)
    atoms.push([p50, 0.5 * count], [(p50 + p95) / 2, 0.44 * count], [p95, 0.06 * count]);
  atoms.sort((a, b) => a[0] - b[0]);
  const total = atoms.reduce((sum, [, weight]) => sum + weight, 0);
  return [weightedQuantile(atoms, 0.5 * total), weightedQuantile(atoms, 0.95 * total)];
}

function weightedQuantile(atoms: readonly [number, number][], rank: number): number {
  let below = 0;
  for (const [value, weight] of atoms) {
    below += weight;
    if (below >= rank - 1e-9) return value;
  }
  return atoms.at(-1)?.[0] ?? 0;
}
