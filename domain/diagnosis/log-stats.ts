// How loud a service's logs are, before and now.

import type { LogBucket } from '../telemetry.ts';
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

export function logStats(logs: readonly LogBucket[], service: string, windows: Windows): LogStats {
  const mine = logs.filter((log) => log.service === service);
  const rate = (rows: readonly LogBucket[], window: Window) =>
    rows.reduce((sum, { atMs, count }) => sum + (inside(atMs, window) ? count : 0), 0) /
    lengthSeconds(window);
  const errors = mine.filter(({ severityNumber }) => severityNumber >= errorSeverity);
  const templates = [...new Set(mine.map(({ templateId }) => templateId))];
  const louder = templates.filter((id) => {
    const rows = mine.filter(({ templateId }) => templateId === id);
    return rate(rows, windows.during) > 3 * rate(rows, windows.before) + 1;
  });
  return {
    beforePerSecond: rate(mine, windows.before),
    nowPerSecond: rate(mine, windows.during),
    errorsBeforePerSecond: rate(errors, windows.before),
    errorsNowPerSecond: rate(errors, windows.during),
    louderTemplates: louder.length,
  };
}
