// Whether Sentinel itself received nothing for a while: it was down, or the way to it was. What was not heard then says nothing
// about whoever was not heard.

import type { CallBucket, MetricBucket } from '../telemetry.ts';
import type { DiagnosisInput } from './input.ts';
import { thresholds } from './thresholds.ts';

const secondMs = 1_000;

/**
 * Until when silence is no evidence: the end of the last stretch in which fewer than half of the usual voices were heard
 * and after which they were again, and some seconds more, because senders come back one by one. Minus infinity without
 * such a stretch. One that goes on is no gap: then it may well be the system that is down. What was not even asked for is
 * none either: an analysis long after the onset reads only the beginning and the present.
 */
export function ingestGapUntil(
  calls: readonly Pick<CallBucket, 'atMs' | 'service' | 'instance' | 'count'>[],
  metrics: readonly Pick<MetricBucket, 'atMs' | 'service' | 'instance'>[],
  nowMs: number,
  ranges: DiagnosisInput['ranges'] = [{ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }],
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
    return before !== undefined && askedForMs((before + 1) * secondMs, second * secondMs, ranges) >= minMs;
  });
  return after === undefined ? Number.NEGATIVE_INFINITY : after * secondMs + returnMs;
}

/** How much of a stretch lies within the ranges. */
function askedForMs(fromMs: number, toMs: number, ranges: NonNullable<DiagnosisInput['ranges']>): number {
  const shares = ranges.map((range) => Math.min(toMs, range.toMs) - Math.max(fromMs, range.fromMs));
  return shares.reduce((sum, share) => sum + Math.max(0, share), 0);
}
