// Calls of a service and how many of them missed its objective, over minutes, hours and the whole window of the objective at once, in
// rings of ever coarser steps: a call is counted once in each, and memory is the same for a day and for a month.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 3_600_000;
/** The longest window but the objective's own that can be asked for. */
export const longestWindowMs = 72 * hourMs;
const windowSteps = 120;

export type Counted = { readonly calls: number; readonly missed: number };

export class CallCounts {
  readonly windowMs: number;
  private readonly rings: readonly CountRing[];
  /** When counting began. */
  firstMs = Number.NaN;

  constructor(windowMs: number) {
    this.windowMs = windowMs;
    this.rings = [
      new CountRing(minuteMs, 62),
      new CountRing(5 * minuteMs, 74),
      new CountRing(hourMs, 74),
      new CountRing(Math.ceil(windowMs / windowSteps), windowSteps + 2),
    ];
  }

  add(atMs: number, calls: number, missed: number): void {
    if (!(this.firstMs <= atMs)) this.firstMs = atMs;
    for (const ring of this.rings) ring.add(atMs, calls, missed);
  }

  /** Of so long before `atMs`, to within a step of the finest ring that reaches back so far. */
  within(atMs: number, spanMs: number): Counted {
    return this.ringOf(spanMs).within(atMs, spanMs);
  }

  /** The steps of so long before `atMs` that had calls, newest first. */
  steps(atMs: number, spanMs: number): readonly (Counted & { readonly atMs: number })[] {
    return this.ringOf(spanMs).steps(atMs, spanMs);
  }

  /** Which share of a span before `atMs` was counted at all. */
  coverage(atMs: number, spanMs: number): number {
    const countedMs = atMs - this.firstMs;
    return Math.min(1, Math.max(secondMs, Number.isNaN(countedMs) ? 0 : countedMs) / spanMs);
  }

  /** Counts what the other has counted, too. */
  join(other: CallCounts): void {
    if (!(this.firstMs <= other.firstMs)) this.firstMs = other.firstMs;
    for (const [index, ring] of this.rings.entries()) ring.join(other.rings[index]);
  }

  save(to: StateWriter): void {
    to.number(this.windowMs);
    to.number(this.firstMs);
    for (const ring of this.rings) ring.save(to);
  }

  /** False when the state is of another window: then nothing has changed. */
  restore(from: StateReader): boolean {
    if (from.number() !== this.windowMs) return false;
    this.firstMs = from.number();
    for (const ring of this.rings) ring.restore(from);
    return true;
  }

  private ringOf(spanMs: number): CountRing {
    return this.rings.find(({ reachMs }) => reachMs >= spanMs) ?? (this.rings.at(-1) as CountRing);
  }
}

class CountRing {
  readonly reachMs: number;
  private readonly stepMs: number;
  private readonly calls: Float64Array;
  private readonly missed: Float64Array;
  private newest = Number.NEGATIVE_INFINITY;

  constructor(stepMs: number, slots: number) {
    this.stepMs = stepMs;
    this.reachMs = (slots - 2) * stepMs;
    this.calls = new Float64Array(slots);
    this.missed = new Float64Array(slots);
  }

  add(atMs: number, calls: number, missed: number): void {
    const slot = Math.floor(atMs / this.stepMs);
    const { length } = this.calls;
    if (slot <= this.newest - length) return;
    for (let empty = Math.max(this.newest + 1, slot - length + 1); empty <= slot; empty += 1) {
      this.calls[empty % length] = 0;
      this.missed[empty % length] = 0;
    }
    this.newest = Math.max(this.newest, slot);
    const at = slot % length;
    this.calls[at] = (this.calls[at] ?? 0) + calls;
    this.missed[at] = (this.missed[at] ?? 0) + missed;
  }

  within(atMs: number, spanMs: number): Counted {
    let [calls, missed] = [0, 0];
    for (const step of this.steps(atMs, spanMs)) {
      calls += step.calls;
      missed += step.missed;
    }
    return { calls, missed };
  }

  steps(atMs: number, spanMs: number): readonly (Counted & { readonly atMs: number })[] {
    const { length } = this.calls;
    const oldest = Math.max(Math.floor((atMs - spanMs) / this.stepMs) + 1, this.newest - length + 1);
    const found: (Counted & { readonly atMs: number })[] = [];
    for (let slot = Math.min(this.newest, Math.floor(atMs / this.stepMs)); slot >= oldest; slot -= 1) {
      const calls = this.calls[slot % length] ?? 0;
      if (calls > 0) found.push({ atMs: slot * this.stepMs, calls, missed: this.missed[slot % length] ?? 0 });
    }
    return found;
  }

  join(other: CountRing | undefined): void {
    if (other === undefined || !Number.isFinite(other.newest)) return;
    const newestMs = other.newest * this.stepMs;
    for (const { atMs, calls, missed } of other.steps(newestMs, newestMs)) this.add(atMs, calls, missed);
  }

  save(to: StateWriter): void {
    to.number(this.newest);
    to.doubles(this.calls);
    to.doubles(this.missed);
  }

  restore(from: StateReader): void {
    this.newest = from.number();
    from.doublesInto(this.calls);
    from.doublesInto(this.missed);
  }
}
