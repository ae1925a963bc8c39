// One exporting process (service and instance): the seconds of its calls that are still open, and when one is complete.
// Exporters send spans in the order in which they ended, so a second is complete once the process has sent a span that
// ended later; a process that sends nothing more is waited for as long as it usually takes. What comes later still is taken
// if its second has no calls in history yet (late-seconds.ts): a collector that was cut off sends what it kept.
// Source: watermarks with allowed lateness, Akidau et al., "The Dataflow Model" (VLDB 2015).

import type { SpanSummary } from '../../observation.ts';
import type { DetectionConfig } from '../config.ts';
import { LateSeconds } from './late-seconds.ts';
import { type Explained, OpenSecond } from './open-second.ts';
import { UsualWorst } from './recent.ts';

const secondMs = 1000;
/** Clocks differ by seconds everywhere; what is closed further ahead than this was closed by a clock that was wrong. */
const clockJumpMs = 60_000;

export class SpanSource {
  readonly service: string;
  readonly instance: string;
  /** Its calls that take longer are slow. */
  private readonly slowMs: number;
  readonly peers = new Set<string>();
  /** Everything before this instant is closed. */
  closedThroughMs = Number.NEGATIVE_INFINITY;
  /** Whether spans came in, and not only rows of history. */
  heard = false;
  lastReceivedMs = Number.NEGATIVE_INFINITY;
  private readonly open = new Map<number, OpenSecond>();
  private readonly late: LateSeconds;
  private disorderMs = new UsualWorst();
  private delayMs = new UsualWorst();
  private newestEndMs = Number.NEGATIVE_INFINITY;
  private batchOldestMs = Number.POSITIVE_INFINITY;
  private batchNewestMs = Number.NEGATIVE_INFINITY;

  constructor(service: string, instance: string, slowMs = Number.POSITIVE_INFINITY) {
    this.service = service;
    this.instance = instance;
    this.slowMs = slowMs;
    this.late = new LateSeconds(slowMs);
  }

  /** False when the calls of the span's second are in history already. */
  add(span: SpanSummary, receivedMs: number, explain: (span: SpanSummary) => Explained): boolean {
    this.heard = true;
    this.lastReceivedMs = receivedMs;
    const endMs = span.startMs + span.durationMs;
    const atMs = Math.floor(endMs / secondMs) * secondMs;
    if (
      endMs < this.closedThroughMs &&
      endMs <= receivedMs &&
      this.closedThroughMs > receivedMs + clockJumpMs
    )
      this.forgetFuture(atMs);
    if (endMs < this.closedThroughMs) return this.late.add(span, atMs, receivedMs, explain);
    this.batchOldestMs = Math.min(this.batchOldestMs, endMs);
    this.batchNewestMs = Math.max(this.batchNewestMs, endMs);
    let second = this.open.get(atMs);
    if (second === undefined) {
      second = new OpenSecond(atMs, this.slowMs);
      this.open.set(atMs, second);
    }
    second.add(span, explain);
    return true;
  }

  /** The clock that said how far its seconds are over, ours or its own, was ahead and has been set right. */
  private forgetFuture(atMs: number): void {
    this.closedThroughMs = atMs;
    this.newestEndMs = Number.NEGATIVE_INFINITY;
    this.disorderMs = new UsualWorst();
    this.delayMs = new UsualWorst();
  }

  /** A second of history: it was closed by an earlier process, and so was everything before it. */
  restore(atMs: number): void {
    this.closedThroughMs = Math.max(this.closedThroughMs, atMs + secondMs);
    this.lastReceivedMs = Math.max(this.lastReceivedMs, atMs);
    this.late.restore(atMs);
  }

  /** Whether a second at or after this instant is told of late: how many calls there were in it is not known yet. */
  waitsFor(fromMs: number): boolean {
    return this.late.isOpenSince(fromMs);
  }

  /** Called after the spans of one export, to learn how this process exports. */
  endBatch(receivedMs: number): void {
    if (this.batchOldestMs === Number.POSITIVE_INFINITY) return;
    if (this.newestEndMs > Number.NEGATIVE_INFINITY)
      this.disorderMs.add(Math.max(0, this.newestEndMs - this.batchOldestMs));
    this.delayMs.add(receivedMs - this.batchOldestMs);
    this.newestEndMs = Math.max(this.newestEndMs, this.batchNewestMs);
    this.batchOldestMs = Number.POSITIVE_INFINITY;
    this.batchNewestMs = Number.NEGATIVE_INFINITY;
  }

  /** Takes out the seconds that are complete at `nowMs` (the receiver's clock), oldest first. */
  close(nowMs: number, config: DetectionConfig['buckets']): OpenSecond[] {
    const { minDisorderMs, minWaitMs, maxWaitMs } = config;
    const disorderMs = Math.min(maxWaitMs, Math.max(minDisorderMs, this.disorderMs.value(0) + 100));
    const waitMs = Math.min(maxWaitMs, Math.max(minWaitMs, this.delayMs.value(0) + 500));
    // All of its exports end in our future: its clock is ahead by that much, and its seconds are over by its clock.
    const senderMs = nowMs + Math.max(0, -this.delayMs.value(0));
    const completeMs = Math.max(Math.min(this.newestEndMs, senderMs) - disorderMs, senderMs - waitMs);
    const throughMs = Math.floor(completeMs / secondMs) * secondMs;
    return [...this.late.close(nowMs, maxWaitMs), ...this.closeThrough(throughMs)];
  }

  private closeThrough(throughMs: number): OpenSecond[] {
    if (throughMs <= this.closedThroughMs) return [];
    this.closedThroughMs = throughMs;
    const closed = [...this.open.values()].filter(({ atMs }) => atMs < throughMs);
    for (const { atMs } of closed) {
      this.open.delete(atMs);
      this.late.closed(atMs);
    }
    return closed.sort((a, b) => a.atMs - b.atMs);
  }
}
