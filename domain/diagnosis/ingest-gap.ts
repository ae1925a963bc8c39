// Whether Sentinel itself received nothing for a while: it was down, or the way to it was. What was not heard then says nothing
// about whoever was not heard.

import type { CallBucket, MetricBucket } from '../telemetry.ts';
import { thresholds } from './thresholds.ts';

const secondMs = 1_000;

/**
 * Until when silence is no evidence: the end of the last stretch in which fewer than half of the usual voices were heard
 * and after which they were again, and some seconds more, because senders come back one by one. Minus infinity without
 * such a stretch. One that goes on is no gap: then it may well be the system that is down.
 */
export function ingestGapUntil(
  calls: readonly Pick<CallBucket, 'atMs' | 'service' | 'instance' | 'count'>[],
  metrics: readonly Pick<MetricBucket, 'atMs' | 'service' | 'instance'>[],
  nowMs: number,
): number {
  const heard = new Map<number, Set<string>>();
  const hear = ({ atMs, service, instance }: Pick<MetricBucket, 'atMs' | 'service' | 'instance'>): void => {
    if (atMs > nowMs) return;
    const second = Math.floor(atMs / secondMs);
    const voices = heard.get(second) ?? new Set();
    heard.set(second, voices.add(`${service}\n${instance}`));
  };
  for (const call of calls) if (call.count > 0) hear(call);
  for (const metric of metrics) hear(metric);

  const { minVoices, minMs, returnMs } = thresholds.ingestGap;
  const sizes = [...heard.values()].map(({ size }) => size).sort((a, b) => a - b);
  const usual = sizes[Math.floor(sizes.length / 2)] ?? 0;
  if (usual < minVoices) return Number.NEGATIVE_INFINITY;

  const loud = [...heard].filter(([, { size }]) => size >= usual / 2).map(([second]) => second);
  loud.sort((a, b) => a - b);
  const after = loud.findLast((second, index) => {
    const before = loud[index - 1];
    return before !== undefined && (second - before - 1) * secondMs >= minMs;
  });
  return after === undefined ? Number.NEGATIVE_INFINITY : after * secondMs + returnMs;
}
