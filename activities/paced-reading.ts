// Reading history as far back as its own pace asks for: three minutes hold three samples of what comes once a minute, and one of
// them says nothing of what is usual, or of whether it is over.

import { slowPaceOfCalls, slowPaceOfMetrics } from '../domain/diagnosis/paces.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../domain/telemetry.ts';
import type { History, TimeRange } from './ports.ts';

/** The ranges to read for rows that come every so often. */
export type RangesAt = (paceMs: number) => readonly TimeRange[];

/** As read for one row a second; once more, and further, when the rows turn out to come more seldom. */
async function readAtPace<Row>(
  rangesAt: RangesAt,
  read: (range: TimeRange) => Promise<readonly Row[]>,
  paceOf: (rows: readonly Row[], heardMs: number) => number,
): Promise<readonly Row[]> {
  const all = async (ranges: readonly TimeRange[]) => (await Promise.all(ranges.map(read))).flat();
  const usual = rangesAt(1_000);
  const rows = await all(usual);
  const further = rangesAt(paceOf(rows, lengthOf(usual)));
  return lengthOf(further) > lengthOf(usual) ? all(further) : rows;
}

function lengthOf(ranges: readonly TimeRange[]): number {
  return ranges.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

export function readCalls(
  history: Pick<History, 'calls'>,
  rangesAt: RangesAt,
  services?: readonly string[],
): Promise<readonly CallBucket[]> {
  return readAtPace(rangesAt, (range) => history.calls(range, services), slowPaceOfCalls);
}

/** Lines come when they are written. */
export function readLogs(
  history: Pick<History, 'logs'>,
  rangesAt: RangesAt,
  services?: readonly string[],
): Promise<readonly LogBucket[]> {
  return readAtPace(
    rangesAt,
    (range) => history.logs(range, services),
    () => 1_000,
  );
}

export function readMetrics(
  history: Pick<History, 'metrics'>,
  rangesAt: RangesAt,
  services?: readonly string[],
): Promise<readonly MetricBucket[]> {
  return readAtPace(rangesAt, (range) => history.metrics(range, services), slowPaceOfMetrics);
}
