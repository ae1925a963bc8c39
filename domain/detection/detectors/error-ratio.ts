// Error ratio: failed calls of a service (or of one edge) against what is usual for it, in windows from seconds to a
// minute. A window is a finding when so many failures are too unlikely by chance and are a share that matters.
// Onset: the second from which the failures explain the change best (generalised likelihood ratio).
// Source: Lucas 1985, "Counted data CUSUM's", Technometrics 27; posterior predictive test in chance.ts.

import type { FrozenBaseline } from '../anomaly.ts';
import type { DetectionConfig } from '../config.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { percent } from '../names.ts';
import type { CallSlots, Slot } from './call-slots.ts';
import { chanceOfFailures, chanceOfSoFew } from './chance.ts';

/** In slots. */
const windows = { fine: [2, 4, 8, 16, 32, 60], coarse: [1, 2, 4, 8, 16] };
/** From here on a slot is so long that a moment of failures is no share of it that matters. */
const oneSlotFromMs = 30_000;
/** What is assumed before anything was seen: half a failure in a thousand calls. */
const prior = { calls: 1_000, failures: 0.5 };
const halfLifeMs = 1_800_000;
const halfLifeSlots = 60;
const enoughCalls = 1_000;
const learnSoonSlots = 8;
const learnLateSlots = { fine: 60, coarse: 8 };
const foreverMs = 60_000;
const foreverSlots = 5;
const healthySlots = { fine: 5, coarse: 2 };

export type ErrorSubject = {
  /** In words, safe to print: `calls to payments`, `calls from checkout to payments`. */
  readonly what: string;
  /** A server judges its own answers: half of them failing is wrong even if it was never otherwise. */
  readonly isServer: boolean;
};

export class ErrorRatio {
  private readonly subject: ErrorSubject;
  private calls = 0;
  private failures = 0;
  private firstMs: number | null = null;
  private learntThroughMs = Number.NEGATIVE_INFINITY;
  private skippedThroughMs = Number.NEGATIVE_INFINITY;
  private onsetMs = 0;
  private failingRatio = 0;
  private healthySinceMs: number | null = null;

  constructor(subject: ErrorSubject) {
    this.subject = subject;
  }

  /** Usual share of failed calls. */
  get usual(): number {
    return this.calls > 0 ? this.failures / this.calls : 0;
  }

  /** Judges the last minute; call it when slots have changed. Silence is no verdict. */
  judge(slots: CallSlots, config: DetectionConfig, firing: boolean): Judgement {
    const { newestMs } = slots;
    this.firstMs ??= slots.all[0]?.atMs ?? newestMs;
    if (firing) return this.still(slots, config.errors);
    const warmMs = this.firstMs + Math.max(config.errors.warmUpMs, slots.stepMs);
    // Failures of the first seconds are neither judged nor learnt: a service that starts before its dependencies.
    const fromMs = newestMs < warmMs ? this.firstMs : Math.max(warmMs, this.skippedThroughMs + 1);
    const found = this.search(slots, fromMs, config.errors);
    if (found === null) {
      this.learn(slots);
      return normal;
    }
    if (newestMs < warmMs) return learning;
    this.onsetMs = found.onsetMs;
    this.failingRatio = found.ratio;
    this.healthySinceMs = null;
    const { ratio, chance } = found;
    const severity = ratio >= config.errors.criticalRatio ? 'critical' : 'warning';
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: found.onsetMs,
      direction: 'up',
      expected: this.usual,
      seen: ratio,
      baseline: this.freeze(),
      score: Math.sqrt(-2 * Math.log(Math.max(chance, 1e-300))),
      confidence: Math.min(0.99, 1 - Math.sqrt(Math.sqrt(chance))),
      severity,
      summary: `${percent(ratio)} of ${this.subject.what} fail, usually ${percent(this.usual)}`,
    };
  }

  private freeze(): FrozenBaseline {
    const level = this.usual;
    const samples = Math.round(this.calls);
    const spread = samples > 0 ? Math.sqrt((level * (1 - level)) / samples) : 0;
    return { level, spread, samples, atMs: samples > 0 ? this.learntThroughMs : (this.firstMs ?? 0) };
  }

  private search(slots: CallSlots, fromMs: number, config: DetectionConfig['errors']) {
    const { newestMs } = slots;
    const clean = this.failures === 0 && this.calls >= 100;
    const alpha = clean ? config.alphaCleanBaseline : config.alpha;
    const least = Math.max(config.minRatio, this.usual * config.timesBaseline);
    const leastErring = slots.stepMs >= oneSlotFromMs ? 1 : 2;
    for (const size of slots.coarse ? windows.coarse : windows.fine) {
      const windowMs = size * slots.stepMs;
      const { count, errors, erring } = totals(
        slots.between(Math.max(fromMs, newestMs - windowMs + 1), newestMs),
      );
      const ratio = count > 0 ? errors / count : 0;
      if (errors < config.minErrors || erring < leastErring || ratio < least) continue;
      const chance = chanceOfFailures(
        errors,
        count,
        this.failures + prior.failures,
        this.calls + prior.calls,
      );
      if (chance > alpha) continue;
      return { chance, ...this.changePoint(slots, fromMs) };
    }
    return this.alwaysBad(slots, config);
  }

  private alwaysBad(slots: CallSlots, config: DetectionConfig['errors']) {
    const { newestMs } = slots;
    const sinceMs = Math.max(this.firstMs ?? newestMs, this.skippedThroughMs);
    const longMs = Math.max(foreverMs, foreverSlots * slots.stepMs);
    if (!this.subject.isServer || newestMs - sinceMs < longMs) return null;
    const { count, errors } = totals(slots.between(newestMs - longMs / 2, newestMs));
    const ratio = count > 0 ? errors / count : 0;
    if (count < 20 || ratio < config.alwaysBadRatio) return null;
    return { chance: config.alpha, onsetMs: slots.all[0]?.atMs ?? newestMs, ratio };
  }

  /** The start that makes "other rate since then" most likely against "the usual rate all along". */
  private changePoint(slots: CallSlots, fromMs: number): { onsetMs: number; ratio: number } {
    const usual = (this.failures + prior.failures) / (this.calls + prior.calls);
    let count = 0;
    let errors = 0;
    let best = { gain: Number.NEGATIVE_INFINITY, onsetMs: slots.newestMs, ratio: 0 };
    for (const slot of slots.all.toReversed()) {
      if (slot.atMs < fromMs) break;
      count += slot.count;
      errors += slot.errors;
      if (slot.errors === 0 || count === 0) continue;
      const ratio = errors / count;
      const gain = errors * Math.log(ratio / usual) - count * (ratio - usual);
      if (gain > best.gain) best = { gain, onsetMs: slot.atMs, ratio };
    }
    return { onsetMs: best.onsetMs, ratio: best.ratio };
  }

  /**
   * Over when a stretch of seconds is back at the usual share, and is so long that the old share would hardly have
   * left it so clean: five clean calls say nothing about one failure in twenty.
   */
  private still(slots: CallSlots, config: DetectionConfig['errors']): Judgement {
    const { newestMs } = slots;
    const recentMs = (slots.coarse ? healthySlots.coarse : healthySlots.fine) * slots.stepMs;
    const recent = totals(slots.between(newestMs - recentMs + 1, newestMs));
    if (recent.count === 0) return learning;
    const ratio = recent.errors / recent.count;
    const tolerated = Math.max(config.minRatio, this.usual * 2);
    if (ratio < tolerated) {
      this.healthySinceMs ??= newestMs - recentMs + slots.stepMs;
      const since = totals(slots.between(this.healthySinceMs, newestMs));
      const failing = totals(slots.between(this.onsetMs, this.healthySinceMs - 1));
      const share = failing.count > 0 ? failing.errors / failing.count : this.failingRatio;
      const luck = chanceOfSoFew(since.errors, since.count * share);
      return luck < config.clearChance ? { kind: 'normal', sinceMs: this.healthySinceMs } : learning;
    }
    this.healthySinceMs = null;
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: this.onsetMs,
      direction: 'up',
      expected: this.usual,
      seen: ratio,
      score: 10,
      confidence: 0.9,
      severity: 'warning',
      summary: '',
    };
  }

  /** Seconds of the anomaly are neither learnt nor found again; skip them when it is over. */
  skipThrough(atMs: number): void {
    this.skippedThroughMs = atMs;
    this.learntThroughMs = Math.max(this.learntThroughMs, atMs);
  }

  private learn(slots: CallSlots): void {
    const { stepMs } = slots;
    const late = slots.coarse ? learnLateSlots.coarse : learnLateSlots.fine;
    const wait = this.calls < enoughCalls ? learnSoonSlots : late;
    for (const slot of slots.between(this.learntThroughMs + 1, slots.newestMs - wait * stepMs))
      this.take(slot, Math.max(halfLifeMs, halfLifeSlots * stepMs));
  }

  private take(slot: Slot, halfLife: number): void {
    const elapsedMs = this.calls === 0 ? 0 : Math.max(0, slot.atMs - this.learntThroughMs);
    const kept = 0.5 ** (elapsedMs / halfLife);
    this.calls = this.calls * kept + slot.count;
    this.failures = this.failures * kept + slot.errors;
    this.learntThroughMs = slot.atMs;
  }
}

function totals(slots: readonly Slot[]): { count: number; errors: number; erring: number } {
  let count = 0;
  let errors = 0;
  let erring = 0;
  for (const slot of slots) {
    count += slot.count;
    errors += slot.errors;
    if (slot.errors > 0) erring += 1;
  }
  return { count, errors, erring };
}
