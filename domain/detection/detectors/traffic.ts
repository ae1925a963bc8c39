// Traffic: the rate of calls a service receives against its usual rate. Slots without calls count as zero, but only
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
/** In slots. */
const shortestWindow = { fine: 5, coarse: 3 };
const longestWindow = 60;
/** Calls expected in a window, below which a rate cannot be judged. */
const wantedCalls = 60;
const learnAfterSlots = 6;

export class Traffic {
  private readonly service: string;
  private readonly window = new RobustWindow();
  private learntThroughMs: number | null = null;
  private onsetMs: number | null = null;

  constructor(service: string) {
    this.service = service;
  }

  /** `throughMs`: every slot before it is complete, and the service was alive in it. */
  judge(slots: CallSlots, throughMs: number, config: DetectionConfig, firing: boolean): Judgement {
    const { stepMs } = slots;
    const stepSeconds = stepMs / secondMs;
    const learntMs = throughMs - learnAfterSlots * stepMs;
    const firstMs = slots.all[0]?.atMs;
    this.learntThroughMs ??= firstMs ?? null;
    if (this.learntThroughMs === null) return learning;
    if (!this.window.ready(config.baseline)) {
      this.learn(slots, learntMs, config);
      return learning;
    }
    const usual = this.window.mean;
    const least = slots.coarse ? shortestWindow.coarse : shortestWindow.fine;
    const size = Math.max(least, Math.ceil(wantedCalls / Math.max(usual * stepSeconds, 1e-9)));
    if (size > longestWindow) {
      this.learn(slots, learntMs, config);
      return learning;
    }
    const fromMs = throughMs - size * stepMs;
    const calls = slots.between(fromMs, throughMs - 1).reduce((sum, { count }) => sum + count, 0);
    const rate = calls / (size * stepSeconds);
    const byChance = Math.sqrt(usual / stepSeconds);
    const sigma = Math.max(this.window.deviation, byChance, usual * 0.15) / Math.sqrt(size);
    const score = Math.abs(rate - usual) / Math.max(sigma, usual * 0.08);
    const factor = rate / usual;
    const { traffic } = config;
    const limit = firing ? 1 + (traffic.factor - 1) * 0.7 : traffic.factor;
    const deviates = score >= traffic.score * (firing ? 0.6 : 1) && (factor >= limit || factor <= 1 / limit);
    const isBack = deviates && this.wasUsual(rate, factor > 1, limit);
    if (isBack) this.window.comeBack();
    if (!deviates || isBack) {
      this.onsetMs = null;
      if (!firing) this.learn(slots, learntMs, config);
      return normal;
    }
    this.onsetMs ??= this.changedAt(slots, fromMs, throughMs, usual, factor > 1);
    const lastedMs = throughMs - this.onsetMs;
    return {
      kind: 'deviating',
      confirmed: lastedMs >= 2 * stepMs,
      onsetMs: this.onsetMs,
      direction: factor > 1 ? 'up' : 'down',
      expected: usual,
      seen: rate,
      baseline: { ...this.window.freeze(), level: usual, spread: this.window.deviation },
      score,
      confidence: Math.min(0.95, 0.6 + score / 100),
      severity: severityOf(factor, lastedMs, stepMs, traffic),
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
    const rates = ratesOf(slots, fromMs, throughMs);
    let changed = throughMs - slots.stepMs;
    for (let atMs = throughMs - slots.stepMs; atMs >= fromMs; atMs -= slots.stepMs) {
      const rate = rates.get(atMs) ?? 0;
      if (up ? rate > usual * 1.25 : rate < usual * 0.75) changed = atMs;
      else break;
    }
    return changed;
  }

  private learn(slots: CallSlots, throughMs: number, config: DetectionConfig): void {
    const fromMs = slots.floor(this.learntThroughMs ?? throughMs);
    if (throughMs - fromMs > longestWindow * slots.stepMs) {
      this.learntThroughMs = throughMs;
      return;
    }
    if (throughMs <= fromMs) return;
    const rates = ratesOf(slots, fromMs, throughMs);
    for (let atMs = fromMs; atMs < throughMs; atMs += slots.stepMs)
      this.window.learn(atMs, rates.get(atMs) ?? 0, config.baseline);
    this.learntThroughMs = throughMs;
  }
}

/** Calls a second, by the start of their slot. */
function ratesOf(slots: CallSlots, fromMs: number, throughMs: number): ReadonlyMap<number, number> {
  const perSecond = secondMs / slots.stepMs;
  return new Map(
    slots.between(fromMs, throughMs - 1).map(({ atMs, count }) => [atMs, count * perSecond] as const),
  );
}

function severityOf(
  factor: number,
  lastedMs: number,
  stepMs: number,
  config: DetectionConfig['traffic'],
): Severity {
  if (factor >= config.surgeFactor && lastedMs >= Math.max(config.surgeMs, 2 * stepMs)) return 'warning';
  if (factor <= config.lossRatio && lastedMs >= Math.max(config.lossMs, 2 * stepMs)) return 'warning';
  return 'info';
}
