// The last minute of calls at one side of one edge, second by second, all instances together. Seconds of different
// instances arrive at different times; a slot takes them in whatever order.

import type { CallBucket } from '../../telemetry.ts';

const secondMs = 1000;
const keptMs = 75_000;
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
  /** Oldest first; only seconds with calls. */
  private slots: Slot[] = [];

  /** False when the second is older than what is kept. */
  add(row: CallBucket): boolean {
    const atMs = Math.floor(row.atMs / secondMs) * secondMs;
    if (atMs <= this.newestMs - keptMs) return false;
    let index = this.slots.length;
    while (index > 0 && (this.slots[index - 1]?.atMs ?? 0) > atMs) index -= 1;
    let slot = this.slots[index - 1];
    if (slot === undefined || slot.atMs !== atMs) {
      slot = { atMs, count: 0, errors: 0, p50: 0, p95: 0, parts: [] };
      this.slots.splice(index, 0, slot);
      const oldestMs = this.newestMs - keptMs;
      const drop = this.slots.findIndex((kept) => kept.atMs > oldestMs);
      if (drop > 0) this.slots.splice(0, drop);
    }
    slot.count += row.count;
    slot.errors += row.errors;
    if (slot.parts.length < maxParts) slot.parts.push([row.count, row.latencyP50Ms, row.latencyP95Ms]);
    [slot.p50, slot.p95] = combine(slot.parts);
    return true;
  }

  get newestMs(): number {
    return this.slots.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  }

  get all(): readonly Slot[] {
    return this.slots;
  }

  /** The seconds with calls in [fromMs, toMs]. */
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
