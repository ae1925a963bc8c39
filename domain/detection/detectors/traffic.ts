// Traffic: the rate of calls a service receives against its usual rate. Seconds without calls count as zero, but only
// while the service itself is heard of: silence of the telemetry is not silence of the users.
// Source: control charts for counts (Montgomery, "Introduction to Statistical Quality Control", c and u charts): the
// standard deviation is at least that of a Poisson count.

import type { Severity } from '../../scope.ts';
import type { DetectionConfig } from '../config.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { plainNumber, safeName } from '../names.ts';
import type { CallSlots } from './call-slots.ts';
import { RobustWindow } from './robust-window.ts';

const secondMs = 1000;
const shortestWindowSeconds = 5;
const longestWindowSeconds = 60;
/** Calls expected in a window, below which a rate cannot be judged. */
const wantedCalls = 60;
const learnAfterMs = 6_000;

export class Traffic {
  private readonly service: string;
  private readonly window = new RobustWindow();
  private learntThroughMs: number | null = null;
  private onsetMs: number | null = null;

  constructor(service: string) {
    this.service = service;
  }

  /** `throughMs`: every second before it is complete, and the service was alive in it. */
  judge(slots: CallSlots, throughMs: number, config: DetectionConfig, firing: boolean): Judgement {
    const firstMs = slots.all[0]?.atMs;
    this.learntThroughMs ??= firstMs ?? null;
    if (this.learntThroughMs === null) return learning;
    if (!this.window.ready(config.baseline)) {
      this.learn(slots, throughMs - learnAfterMs, config);
      return learning;
    }
    const usual = this.window.mean;
    const seconds = Math.max(shortestWindowSeconds, Math.ceil(wantedCalls / Math.max(usual, 1e-9)));
    if (seconds > longestWindowSeconds) {
      this.learn(slots, throughMs - learnAfterMs, config);
      return learning;
    }
    const fromMs = throughMs - seconds * secondMs;
    const rate = slots.between(fromMs, throughMs - 1).reduce((sum, { count }) => sum + count, 0) / seconds;
    const sigma = Math.max(this.window.deviation, Math.sqrt(usual), usual * 0.15) / Math.sqrt(seconds);
    const score = Math.abs(rate - usual) / Math.max(sigma, usual * 0.08);
    const factor = rate / usual;
    const { traffic } = config;
    const limit = firing ? 1 + (traffic.factor - 1) * 0.7 : traffic.factor;
    const deviates = score >= traffic.score * (firing ? 0.6 : 1) && (factor >= limit || factor <= 1 / limit);
    const isBack = deviates && this.wasUsual(rate, factor > 1, limit);
    if (isBack) this.window.comeBack();
    if (!deviates || isBack) {
      this.onsetMs = null;
      if (!firing) this.learn(slots, throughMs - learnAfterMs, config);
      return normal;
    }
    this.onsetMs ??= this.changedAt(slots, fromMs, throughMs, usual, factor > 1);
    const lastedMs = throughMs - this.onsetMs;
    return {
      kind: 'deviating',
      confirmed: lastedMs >= 2 * secondMs,
      onsetMs: this.onsetMs,
      direction: factor > 1 ? 'up' : 'down',
      expected: usual,
      seen: rate,
      baseline: { ...this.window.freeze(), level: usual, spread: this.window.deviation },
      score,
      confidence: Math.min(0.95, 0.6 + score / 100),
      severity: severityOf(factor, lastedMs, traffic),
      summary: `${safeName(this.service)} gets ${plainNumber(rate)} calls per second, usually ${plainNumber(usual)}`,
    };
  }

  /** Whether it is no more, or no less, than was usual before the rate of now became so: after an outage that was long, users come back. */
  private wasUsual(rate: number, more: boolean, limit: number): boolean {
    const former = this.window.former?.mean ?? null;
    if (former === null || former > this.window.mean !== more) return false;
    return more ? rate < former * limit : rate > former / limit;
  }

  /** Forgets the usual rate: what has lasted so long is the new one. */
  relearn(atMs: number): void {
    this.window.relearn();
    this.learntThroughMs = atMs;
    this.onsetMs = null;
  }

  skipThrough(atMs: number): void {
    if (this.learntThroughMs !== null) this.learntThroughMs = Math.max(this.learntThroughMs, atMs);
  }

  private changedAt(slots: CallSlots, fromMs: number, throughMs: number, usual: number, up: boolean): number {
    const counts = new Map(slots.between(fromMs, throughMs - 1).map(({ atMs, count }) => [atMs, count]));
    let changed = throughMs - secondMs;
    for (let atMs = throughMs - secondMs; atMs >= fromMs; atMs -= secondMs) {
      const count = counts.get(atMs) ?? 0;
      if (up ? count > usual * 1.25 : count < usual * 0.75) changed = atMs;
      else break;
    }
    return changed;
  }

  private learn(slots: CallSlots, throughMs: number, config: DetectionConfig): void {
    const fromMs = this.learntThroughMs ?? throughMs;
    if (throughMs - fromMs > longestWindowSeconds * secondMs) {
      this.learntThroughMs = throughMs;
      return;
    }
    if (throughMs <= fromMs) return;
    const counts = new Map(slots.between(fromMs, throughMs - 1).map(({ atMs, count }) => [atMs, count]));
    for (let atMs = fromMs; atMs < throughMs; atMs += secondMs)
      this.window.learn(atMs, counts.get(atMs) ?? 0, config.baseline);
    this.learntThroughMs = throughMs;
  }
}

function severityOf(factor: number, lastedMs: number, config: DetectionConfig['traffic']): Severity {
  if (factor >= config.surgeFactor && lastedMs >= config.surgeMs) return 'warning';
  if (factor <= config.lossRatio && lastedMs >= config.lossMs) return 'warning';
  return 'info';
}
