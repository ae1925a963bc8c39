// Whether Sentinel itself received nothing for a while: it was down, or the way to it was. What was not heard then says nothing
// about whoever was not heard.

import type { CallBucket, MetricBucket } from '../telemetry.ts';
import type { DiagnosisInput } from './input.ts';
import { atLeast, coarseFromMs, paceOfPoints, secondMs } from './paces.ts';
import { thresholds } from './thresholds.ts';

type Calls = readonly Pick<CallBucket, 'atMs' | 'service' | 'instance' | 'count' | 'intervalMs'>[];
type Metrics = readonly Pick<MetricBucket, 'atMs' | 'service' | 'instance'>[];
type Ranges = NonNullable<DiagnosisInput['ranges']>;

/**
 * Until when silence is no evidence: the end of the last stretch in which fewer than half of the usual voices were heard
 * and after which they were again, and some seconds more, because senders come back one by one. Minus infinity without
 * such a stretch. One that goes on is no gap: then it may well be the system that is down. What was not even asked for is
 * none either: an analysis long after the onset reads only the beginning and the present.
 *
 * Those who speak every second tell, if there are enough of them: what is read once a minute comes back with the next reading,
 * whatever became of the rest.
 */
export function ingestGapUntil(
  calls: Calls,
  metrics: Metrics,
  nowMs: number,
  ranges: Ranges = [{ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY }],
): number {
  const [fine, coarse] = voices(calls, metrics, nowMs);
  const { minVoices } = thresholds.ingestGap;
  if (usualVoices(fine, secondMs) >= minVoices) return gapUntil(fine, secondMs, ranges);
  const stepMs = commonPace(coarse);
  return usualVoices(coarse, stepMs) >= minVoices
    ? gapUntil(coarse, stepMs, ranges)
    : Number.NEGATIVE_INFINITY;
}

/** By voice, the seconds it was heard in. */
type Voices = ReadonlyMap<string, readonly number[]>;

function voices(calls: Calls, metrics: Metrics, nowMs: number): readonly [fine: Voices, coarse: Voices] {
  const often = new Map<string, Set<number>>();
  const counted = new Map<string, Set<number>>();
  const measured = new Map<string, Set<number>>();
  const hear = (heard: Map<string, Set<number>>, { atMs, service, instance }: Metrics[number]): void => {
    if (atMs > nowMs) return;
    const voice = `${service}\n${instance}`;
    const seconds = heard.get(voice) ?? new Set();
    heard.set(voice, seconds.add(Math.floor(atMs / secondMs)));
  };
  for (const call of calls)
    if (call.count > 0) hear((call.intervalMs ?? 0) < coarseFromMs ? often : counted, call);
  for (const metric of metrics) hear(measured, metric);
  for (const [voice, seconds] of measured) {
    const all = isCoarse(seconds) ? counted : often;
    all.set(voice, new Set([...(all.get(voice) ?? []), ...seconds]));
  }
  return [inOrder(often), inOrder(counted)];
}

function inOrder(heard: ReadonlyMap<string, ReadonlySet<number>>): Voices {
  return new Map([...heard].map(([voice, seconds]) => [voice, [...seconds].sort((a, b) => a - b)]));
}

function isCoarse(seconds: ReadonlySet<number>): boolean {
  return paceOf([...seconds].sort((a, b) => a - b)) >= coarseFromMs;
}

function paceOf(seconds: readonly number[]): number {
  return paceOfPoints(seconds.map((second) => ({ atMs: second * secondMs })));
}

function commonPace(heard: Voices): number {
  const paces = [...heard.values()].map(paceOf).sort((a, b) => a - b);
  return paces[paces.length >> 1] ?? secondMs;
}

/** How many are heard in each step of time. */
function heardIn(heard: Voices, stepMs: number): ReadonlyMap<number, number> {
  const sizes = new Map<number, number>();
  for (const seconds of heard.values()) {
    for (const step of new Set(seconds.map((second) => Math.floor((second * secondMs) / stepMs))))
      sizes.set(step, (sizes.get(step) ?? 0) + 1);
  }
  return sizes;
}

function usualVoices(heard: Voices, stepMs: number): number {
  const sizes = [...heardIn(heard, stepMs).values()].sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length / 2)] ?? 0;
}

function gapUntil(heard: Voices, stepMs: number, ranges: Ranges): number {
  const usual = usualVoices(heard, stepMs);
  const { minMs, returnMs } = thresholds.ingestGap;
  const loud = [...heardIn(heard, stepMs)].filter(([, size]) => size >= usual / 2).map(([step]) => step);
  loud.sort((a, b) => a - b);
  const after = loud.findLast((step, index) => {
    const before = loud[index - 1];
    const quietMs = before === undefined ? 0 : askedForMs((before + 1) * stepMs, step * stepMs, ranges);
    // A report that came a moment late leaves a step empty.
    return quietMs >= atLeast(minMs, 2, stepMs);
  });
  return after === undefined ? Number.NEGATIVE_INFINITY : after * stepMs + atLeast(returnMs, 1, stepMs);
}

/** How much of a stretch lies within the ranges. */
function askedForMs(fromMs: number, toMs: number, ranges: Ranges): number {
  const shares = ranges.map((range) => Math.min(toMs, range.toMs) - Math.max(fromMs, range.fromMs));
  return shares.reduce((sum, share) => sum + Math.max(0, share), 0);
}
