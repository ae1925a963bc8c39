// Seconds of one exporting process that are told of after they were over. History has one row per second, and a second row
// would replace it: a late second is taken only when nothing of it is there, and closed for good a while after it began.

import type { SpanSummary } from '../../observation.ts';
import { type Explained, OpenSecond } from './open-second.ts';

const secondMs = 1000;
/** Stretches of seconds with calls that are remembered; what lies before the oldest one is not taken any more. */
const maxStretches = 256;
/** Late seconds open at once, of one process. */
const maxOpen = 7_200;

type Stretch = { fromMs: number; toMs: number };
type Late = { readonly second: OpenSecond; readonly sinceMs: number };

export class LateSeconds {
  /** Seconds that have calls in history, ascending and apart; `toMs` is exclusive. */
  private readonly taken: Stretch[] = [];
  private readonly open = new Map<number, Late>();
  private knownFromMs = Number.NEGATIVE_INFINITY;
  private readonly slowMs: number;

  constructor(slowMs: number) {
    this.slowMs = slowMs;
  }

  /** False when the second is in history already, or may be. */
  add(
    span: SpanSummary,
    atMs: number,
    receivedMs: number,
    explain: (span: SpanSummary) => Explained,
  ): boolean {
    let late = this.open.get(atMs);
    if (late === undefined) {
      if (atMs < this.knownFromMs || this.isTaken(atMs) || this.open.size >= maxOpen) return false;
      late = { second: new OpenSecond(atMs, this.slowMs), sinceMs: receivedMs };
      this.open.set(atMs, late);
    }
    late.second.add(span, explain);
    return true;
  }

  /** Whether a second at or after this instant is still waited for. */
  isOpenSince(fromMs: number): boolean {
    for (const atMs of this.open.keys()) if (atMs >= fromMs) return true;
    return false;
  }

  /** The late seconds that were waited for long enough. */
  close(nowMs: number, waitMs: number): OpenSecond[] {
    const over: OpenSecond[] = [];
    for (const [atMs, { second, sinceMs }] of this.open) {
      if (nowMs - sinceMs < waitMs) continue;
      this.open.delete(atMs);
      this.closed(atMs);
      over.push(second);
    }
    return over;
  }

  /** The calls of this second are in history from now on. */
  closed(atMs: number): void {
    let index = this.taken.length;
    while (index > 0 && (this.taken[index - 1]?.fromMs ?? atMs) > atMs) index -= 1;
    const before = this.taken[index - 1];
    const after = this.taken[index];
    if (before !== undefined && atMs < before.toMs) return;
    if (before !== undefined && before.toMs === atMs) {
      before.toMs = atMs + secondMs;
      if (after?.fromMs === before.toMs) {
        before.toMs = after.toMs;
        this.taken.splice(index, 1);
      }
      return;
    }
    if (after?.fromMs === atMs + secondMs) {
      after.fromMs = atMs;
      return;
    }
    this.taken.splice(index, 0, { fromMs: atMs, toMs: atMs + secondMs });
    if (this.taken.length > maxStretches) this.knownFromMs = this.taken.shift()?.toMs ?? this.knownFromMs;
  }

  /** A second of history. What was before the first of them is not known. */
  restore(atMs: number): void {
    const isFirst = this.taken.length === 0;
    this.knownFromMs = isFirst ? atMs : Math.min(this.knownFromMs, atMs);
    this.closed(atMs);
  }

  private isTaken(atMs: number): boolean {
    return this.taken.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  }
}
