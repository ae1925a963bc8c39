// Threshold with duration: a share of a capacity that is too high for too long, and higher than it usually is.
// Source: the "for" clause of Prometheus alerting rules; the rise over the usual level keeps what was always high quiet.

import type { Severity } from '../../scope.ts';
import type { FrozenBaseline } from '../anomaly.ts';
import { type Judgement, normal } from '../lifecycle.ts';

export type ThresholdRule = {
  readonly limit: number;
  /** Below this the level is normal again: a little under the limit, so that it does not flap. */
  readonly release: number;
  readonly durationMs: number;
  readonly minSamples: number;
};

/** What the sample means for people, in the units of its metric. */
export type ThresholdSample = {
  readonly atMs: number;
  readonly level: number;
  /** The level must also be at least this (usual level and a rise). */
  readonly atLeast: number;
  readonly expected: number;
  readonly seen: number;
  /** What is normal, where it was learnt. */
  readonly baseline?: () => FrozenBaseline;
  readonly severity: Severity;
  readonly direction: 'up' | 'down';
  readonly summary: () => string;
};

export class Threshold {
  private sinceMs = 0;
  private samples = 0;

  get suspicious(): boolean {
    return this.samples > 0;
  }

  judge(sample: ThresholdSample, rule: ThresholdRule, firing: boolean): Judgement {
    const { atMs, level, atLeast } = sample;
    const limit = firing ? rule.release : Math.max(rule.limit, atLeast);
    if (level < limit) {
      this.samples = 0;
      return normal;
    }
    if (this.samples === 0) this.sinceMs = atMs;
    this.samples += 1;
    const lastedMs = atMs - this.sinceMs;
    return {
      kind: 'deviating',
      confirmed: firing || (this.samples >= rule.minSamples && lastedMs >= rule.durationMs),
      onsetMs: this.sinceMs,
      direction: sample.direction,
      expected: sample.expected,
      seen: sample.seen,
      baseline: sample.baseline?.(),
      score: rule.limit > 0 ? (10 * level) / rule.limit : 10 * level,
      confidence: Math.min(0.95, 0.7 + lastedMs / 60_000),
      severity: sample.severity,
      summary: sample.summary(),
    };
  }
}
