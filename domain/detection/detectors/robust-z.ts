// Robust z-score: how many robust standard deviations a sample is away from the median of recent normal samples.
// A finding needs several deviating samples in a row and a change that matters relative to the median.
// Source: Iglewicz & Hoaglin 1993, "How to detect and handle outliers" (modified z-score).

import { calibrationTables } from '../calibration.ts';
import { calibrated } from '../confidence.ts';
import type { DetectionConfig } from '../config.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { plainNumber, safeName } from '../names.ts';
import { relearnMs } from '../paces.ts';
import type { Direction } from '../signals.ts';
import type { RobustWindow } from './robust-window.ts';

/** The scale has floors, so that a flat series does not make every change infinitely unlikely. */
export function robustScale(window: RobustWindow): number {
  return Math.max(window.sigma, leastScale(window));
}

function leastScale({ median, range }: RobustWindow): number {
  return Math.max(Math.abs(median) * 0.05, range * 0.2, 1e-9);
}

function distance(
  value: number,
  window: RobustWindow,
  { score: limit, minRelative }: DetectionConfig['robustZ'],
  share: number,
) {
  const expected = window.median;
  const difference = value - expected;
  // Most samples are near by the least scale there can be: what the scale is costs more than all else here.
  const enough = Math.max(limit * leastScale(window), Math.abs(expected) * minRelative) * share;
  if (Math.abs(difference) < enough) return { expected, difference, score: 0, far: false };
  const score = Math.abs(difference) / robustScale(window);
  return { expected, difference, score, far: score >= limit * share };
}

/** Whether it is no further from the window than what was usual before. */
function wasUsual(
  value: number,
  window: RobustWindow,
  config: DetectionConfig['robustZ'],
  share: number,
): boolean {
  const { former } = window;
  const isMore = value > window.median;
  if (former === null || former.median > window.median !== isMore) return false;
  const { far, difference } = distance(value, former, config, share);
  return !far || difference > 0 !== isMore;
}

export class RobustZ {
  private run = 0;
  private runStartMs = 0;
  /** Since when the samples are far from usual in the direction that is no finding. */
  private strayedSinceMs: number | null = null;
  private readonly metric: string;
  private readonly service: string;
  private readonly direction: Direction;
  private readonly inWords: (value: number) => string;

  /** `inWords` writes a value of the series for people. */
  constructor(service: string, metric: string, direction: Direction, inWords = plainNumber) {
    this.service = service;
    this.metric = metric;
    this.direction = direction;
    this.inWords = inWords;
  }

  /** True when the last sample deviated, whether or not that is a finding yet. */
  get suspicious(): boolean {
    return this.run > 0;
  }

  judge(
    atMs: number,
    value: number,
    window: RobustWindow,
    config: DetectionConfig,
    firing: boolean,
  ): Judgement {
    if (!window.ready(config.baseline)) return learning;
    const share = firing ? 0.6 : 1;
    const { expected, difference, score, far } = distance(value, window, config.robustZ, share);
    const towards = this.direction === 'both' || difference > 0 === (this.direction === 'up');
    this.strayedSinceMs = far && !towards ? (this.strayedSinceMs ?? atMs) : null;
    const isBack = far && towards && wasUsual(value, window, config.robustZ, share);
    if (isBack) window.comeBack();
    if (!far || !towards || isBack) {
      this.run = 0;
      return normal;
    }
    if (this.run === 0) this.runStartMs = atMs;
    this.run += 1;
    return {
      kind: 'deviating',
      confirmed: this.run >= config.robustZ.samples,
      onsetMs: this.runStartMs,
      direction: difference > 0 ? 'up' : 'down',
      expected,
      seen: value,
      baseline: window.freeze(),
      score,
      confidence: calibrated(calibrationTables['robust-z'], score),
      severity: 'info',
      summary: `${safeName(this.metric)} of ${safeName(this.service)} is ${this.inWords(value)}, usually ${this.inWords(expected)}`,
    };
  }

  /**
   * Learns a judged sample that is no finding. What is far from usual on the harmless side is mostly a fault elsewhere (the
   * CPU of a service that nobody reaches): it becomes usual only once it has lasted.
   */
  learn(
    atMs: number,
    value: number,
    window: RobustWindow,
    config: DetectionConfig,
    intervalMs: number,
  ): void {
    if (this.strayedSinceMs !== null) {
      if (atMs - this.strayedSinceMs < relearnMs(config, intervalMs)) return;
      window.relearn();
      this.strayedSinceMs = null;
    }
    window.learn(atMs, value, config.baseline);
  }
}
