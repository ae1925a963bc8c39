// Rows of senders whose clock is ahead of ours. They are in history at once; they are judged when our clock gets there, because
// one instance of a service that lives in the future would make all others look like its past.

import type { CallBucket, LogBucket } from '../../telemetry.ts';
import type { DropCounter } from '../output.ts';

/** Clocks differ by seconds everywhere. */
const toleratedMs = 60_000;
const maxWaiting = 50_000;

type Rows = { readonly calls: readonly CallBucket[]; readonly logs: readonly LogBucket[] };

export class AheadRows {
  private readonly drops: DropCounter;
  private calls: CallBucket[] = [];
  private logs: LogBucket[] = [];

  constructor(drops: DropCounter) {
    this.drops = drops;
  }

  /** What may be judged at `nowMs` (our clock): of the new rows and of those that waited. */
  due(calls: readonly CallBucket[], logs: readonly LogBucket[], nowMs: number): Rows {
    const untilMs = nowMs + toleratedMs;
    const isAhead = ({ atMs }: { readonly atMs: number }): boolean => atMs > untilMs;
    if (this.calls.length + this.logs.length === 0 && !calls.some(isAhead) && !logs.some(isAhead))
      return { calls, logs };
    const all = { calls: [...this.calls, ...calls], logs: [...this.logs, ...logs] };
    this.calls = this.bounded(all.calls.filter(isAhead));
    this.logs = this.bounded(all.logs.filter(isAhead));
    return {
      calls: all.calls.filter((row) => !isAhead(row)),
      logs: all.logs.filter((row) => !isAhead(row)),
    };
  }

  private bounded<Row>(rows: Row[]): Row[] {
    if (rows.length <= maxWaiting) return rows;
    this.drops.add('ahead-limit', rows.length - maxWaiting);
    return rows.slice(0, maxWaiting);
  }
}
