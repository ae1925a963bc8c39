// How loud a service's logs are, before and now.

import type { LogBucket } from '../telemetry.ts';
import { group } from './grouping.ts';
import { inside, lengthSeconds, type Window, type Windows } from './windows.ts';

export type LogStats = {
  readonly beforePerSecond: number;
  readonly nowPerSecond: number;
  readonly errorsBeforePerSecond: number;
  readonly errorsNowPerSecond: number;
  /** Templates that are new or far more frequent than before. */
  readonly louderTemplates: number;
};

const errorSeverity = 17;

/** `mine` are the rows of one service. */
export function logStats(mine: readonly LogBucket[], windows: Windows): LogStats {
  const rate = (rows: readonly LogBucket[], window: Window) =>
    rows.reduce((sum, { atMs, count }) => sum + (inside(atMs, window) ? count : 0), 0) /
    lengthSeconds(window);
  const errors = mine.filter(({ severityNumber }) => severityNumber >= errorSeverity);
  const louder = [...group(mine, ({ templateId }) => templateId).values()].filter(
    (rows) => rate(rows, windows.during) > 3 * rate(rows, windows.before) + 1,
  );
  return {
    beforePerSecond: rate(mine, windows.before),
    nowPerSecond: rate(mine, windows.during),
    errorsBeforePerSecond: rate(errors, windows.before),
    errorsNowPerSecond: rate(errors, windows.during),
    louderTemplates: louder.length,
  };
}
