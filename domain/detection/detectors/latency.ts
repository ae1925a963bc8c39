// Latency: the median and the 95th percentile of whole seconds against those of usual seconds. A median that rose needs
// three slow seconds of the last four, a tail that rose needs four of six: one stalled second, whose calls end in the
// next one too, is not a finding.
// Source: percentiles instead of means, and a comparison with a recent baseline, as in Google's "Site Reliability
// Engineering", chapter 6; robust scale as in robust-window.ts.

import type { DetectionConfig } from '../config.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { plainMs } from '../names.ts';
import type { CallSlots, Slot } from './call-slots.ts';
import { RobustWindow } from './robust-window.ts';

const learnAfterSlots = 5;
const fine = {
  'latency-p50': { of: 4, needed: 3, calls: 6 },
  'latency-p95': { of: 6, needed: 4, calls: 20 },
  healthy: 5,
};
/** One stalled second does not show in the median of many. */
const coarse: typeof fine = {
  'latency-p50': { of: 3, needed: 2, calls: 20 },
  'latency-p95': { of: 3, needed: 2, calls: 100 },
  healthy: 3,
};
const recentSlots = 60;

export type LatencyMeasure = 'latency-p50' | 'latency-p95';

export class Latency {
  private readonly what: string;
  private readonly medians = new RobustWindow();
  private readonly tails = new RobustWindow();
  private learntThroughMs = Number.NEGATIVE_INFINITY;
  /** Which of the two rose in the finding that was made last. */
  private rose: LatencyMeasure = 'latency-p50';

  /** `what` in words that are safe to print. */
  constructor(what: string) {
    this.what = what;
  }

  get measure(): LatencyMeasure {
    return this.rose;
  }

  /** `usualFailures`: share of these calls that usually fails. */
  judge(slots: CallSlots, config: DetectionConfig, firing: boolean, usualFailures: number): Judgement {
    const { minRatio, timesBaseline } = config.errors;
    const failing = Math.max(minRatio, usualFailures * timesBaseline);
    if (!this.medians.ready(config.baseline)) {
      this.learn(slots, config, {
        median: Number.POSITIVE_INFINITY,
        tail: Number.POSITIVE_INFINITY,
        failing,
      });
      return learning;
    }
    const medianLimit = limitOf(
      this.medians,
      config.latency.medianFactor,
      config.latency.medianFloorMs,
      config,
    );
    const tailLimit = limitOf(this.tails, config.latency.tailFactor, config.latency.tailFloorMs, config);
    const recent = slots.between(slots.newestMs - recentSlots * slots.stepMs, slots.newestMs);
    const needs = slots.coarse ? coarse : fine;
    if (firing) return this.still(recent, needs.healthy, medianLimit, tailLimit, config);
    const slow =
      this.found(recent, 'latency-p50', needs, medianLimit, config) ??
      this.found(recent, 'latency-p95', needs, tailLimit, config);
    if (slow !== null) return slow;
    this.learn(slots, config, { median: medianLimit, tail: tailLimit, failing });
    return normal;
  }

  /** Seconds of the anomaly are never learnt; skip them when it is over. */
  skipThrough(atMs: number): void {
    this.learntThroughMs = Math.max(this.learntThroughMs, atMs);
  }

  private found(
    recent: readonly Slot[],
    measure: LatencyMeasure,
    { [measure]: needs }: typeof fine,
    limitMs: number,
    config: DetectionConfig,
  ): Judgement | null {
    const last = recent.slice(-needs.of);
    const slow = last.filter((slot) => quantileOf(slot, measure) > limitMs);
    const calls = slow.reduce((sum, { count }) => sum + count, 0);
    if (slow.length < needs.needed || calls < needs.calls) return null;
    this.rose = measure;
    const usual = measure === 'latency-p50' ? this.medians : this.tails;
    const expected = usual.median;
    const seen = Math.max(...slow.map((slot) => quantileOf(slot, measure)));
    const first = firstOfRun(recent, measure, limitMs) ?? slow[0];
    // The calls of the first slow second began earlier: that is when the deviation did.
    const beganMs = Math.min(
      10_000,
      Math.max(0, (first === undefined ? 0 : quantileOf(first, measure)) - expected),
    );
    const critical = seen >= config.latency.criticalMs && seen >= expected * config.latency.criticalFactor;
    const score = (seen - expected) / scaleOf(usual);
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: Math.round((first?.atMs ?? 0) - (beganMs > 1_000 ? beganMs : 0)),
      direction: 'up',
      expected,
      seen,
      baseline: usual.freeze(),
      score,
      confidence: Math.min(0.97, 0.7 + score / 200),
      severity: critical ? 'critical' : 'warning',
      summary: `${measure === 'latency-p50' ? 'the median' : 'the 95th percentile'} of ${this.what} takes ${plainMs(seen)}, usually ${plainMs(expected)}`,
    };
  }

  /** Over when the last seconds are back halfway to the usual ones: at the limit itself it would flap. */
  private still(
    recent: readonly Slot[],
    healthy: number,
    medianLimit: number,
    tailLimit: number,
    config: DetectionConfig,
  ): Judgement {
    const last = recent.slice(-healthy);
    if (last.length < healthy) return learning;
    const share = config.latency.release;
    const releaseMedian = between(this.medians.median, medianLimit, share);
    const releaseTail = between(this.tails.median, tailLimit, share);
    const slowMedian = last.filter(({ p50 }) => p50 > releaseMedian).length;
    const slowTail = last.filter(({ p95 }) => p95 > releaseTail).length;
    if (slowMedian <= 1 && slowTail <= 1) return { kind: 'normal', sinceMs: last[0]?.atMs };
    const measure = this.rose;
    const seen = quantileOf(last.at(-1) as Slot, measure);
    const expected = (measure === 'latency-p50' ? this.medians : this.tails).median;
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: last[0]?.atMs ?? 0,
      direction: 'up',
      expected,
      seen,
      score: 10,
      confidence: 0.9,
      severity: 'warning',
      summary: '',
    };
  }

  /** What fails at once is quick: learnt, an outage would make the recovery look slow. */
  private learn(
    slots: CallSlots,
    config: DetectionConfig,
    limits: { readonly median: number; readonly tail: number; readonly failing: number },
  ): void {
    for (const slot of slots.between(
      this.learntThroughMs + 1,
      slots.newestMs - learnAfterSlots * slots.stepMs,
    )) {
      this.learntThroughMs = slot.atMs;
      if (slot.errors > slot.count * limits.failing) continue;
      if (slot.p50 <= limits.median) this.medians.learn(slot.atMs, slot.p50, config.baseline);
      if (slot.p95 <= limits.tail) this.tails.learn(slot.atMs, slot.p95, config.baseline);
    }
  }
}

function quantileOf(slot: Slot, measure: LatencyMeasure): number {
  return measure === 'latency-p50' ? slot.p50 : slot.p95;
}

function between(from: number, to: number, share: number): number {
  return from + (to - from) * share;
}

function scaleOf(window: RobustWindow): number {
  return Math.max(window.sigma, window.median * 0.1, 1);
}

function limitOf(window: RobustWindow, factor: number, floorMs: number, config: DetectionConfig): number {
  const { median } = window;
  return Math.max(median * factor, median + floorMs, median + config.latency.score * scaleOf(window));
}

/** First second of the unbroken run of slow ones at the end (one second that was not slow does not break it). */
function firstOfRun(recent: readonly Slot[], measure: LatencyMeasure, limitMs: number): Slot | undefined {
  let first: Slot | undefined;
  let misses = 0;
  for (const slot of recent.toReversed()) {
    if (quantileOf(slot, measure) > limitMs) {
      first = slot;
      misses = 0;
    } else if (first !== undefined) misses += 1;
    if (misses > 1) break;
  }
  return first;
}
