// How much of the trouble a degraded call explains: a few milliseconds more do not make a second.

import type { Context } from './context.ts';
import type { Outbound, ServiceFeatures } from './features.ts';
import { thresholds } from './thresholds.ts';

/** From `thresholds.dependency.idle` (explains nothing of it) to 1. */
export function explainedBy({ input }: Context, { server }: ServiceFeatures, { stats }: Outbound): number {
  if (stats.errors.up && !stats.errors.gone) return 1;
  const riseMs = stats.latency.now - stats.latency.before;
  const { explains, idle } = thresholds.dependency;
  const share = Math.min(ofService(server, riseMs), ofIncident(input.anomalies, riseMs));
  return idle + (1 - idle) * Math.min(1, share / explains);
}

function ofService(server: ServiceFeatures['server'], riseMs: number): number {
  if (server === null) return 1;
  const { up, now, before } = server.latency;
  return up ? riseMs / Math.max(1, now - before) : 0;
}

/** Of the largest delay that anybody reported; without one (only errors, say) that question is not asked. */
function ofIncident(anomalies: Context['input']['anomalies'], riseMs: number): number {
  const delaysMs = anomalies
    .filter(({ signal }) => signal === 'latency')
    .map(({ seen, expected }) => seen - expected);
  const largestMs = Math.max(0, ...delaysMs);
  return largestMs > 0 ? riseMs / largestMs : 1;
}
