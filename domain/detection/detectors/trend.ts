// Trend: steady growth towards a limit that will be reached soon. Three time scales: the last seconds (a leak that kills within minutes),
// the last half hour (within hours) and the last day (within days). What was reached on an earlier day is no news, so that a rhythm of the
// day is none; before there was one, a rhythm cannot be told from growth.
// Source: Theil 1950, Sen 1968 (median of pairwise slopes, robust against outliers up to 29 %); the time to exhaustion is
// what capacity planning calls "predict linear".

import type { DetectionConfig } from '../config.ts';
import { type Deviation, type Judgement, learning, normal } from '../lifecycle.ts';
import { plainMs, safeName } from '../names.ts';
import { DailyHighs } from './daily-highs.ts';
import { Growth, growthWindow, medianSlope, sureSlope } from './growth.ts';

/** Growth in a window, as a share of the limit, below which a series is level. */
const levelShare = 0.015;
/** A drop of this share of the limit starts a new story: the process started again, or something was cleaned up. */
const dropShare = 0.15;
/** A series that came back so often after a finding comes back by itself. */
const usualComebacks = 3;

type TrendConfig = DetectionConfig['trend'];

export class Trend {
  private readonly fast = new Growth(0);
  private readonly slow: Growth;
  private readonly daily: Growth;
  private readonly highs = new DailyHighs();
  /** The highest value of what fires. */
  private firingHigh: { readonly atMs: number; readonly value: number } | null = null;
  private readonly what: string;
  private readonly service: string;
  private readonly inWords: (value: number) => string;
  private firstMs: number | null = null;
  /** The last level the series stood on, when it had one. */
  private level: number | null = null;
  /** Highest value that the series came back from by itself (garbage collection, rotation): growth below it is usual. */
  private peak = Number.NEGATIVE_INFINITY;
  private comebacks = 0;
  private fired: { readonly seen: number; readonly base: number; readonly growth: Growth } | null = null;

  /** `inWords` writes a value of the series for people. */
  constructor(what: string, service: string, inWords: (value: number) => string, config: TrendConfig) {
    this.what = what;
    this.service = service;
    this.inWords = inWords;
    this.slow = new Growth(config.slowStepMs);
    this.daily = new Growth(config.dailyStepMs);
  }

  /** `limit` in the same unit as the value; samples in order. */
  judge(atMs: number, value: number, limit: number, config: TrendConfig, firing: boolean): Judgement {
    this.firstMs ??= atMs;
    const last = this.fast.newest;
    if (last !== undefined && value < last - limit * dropShare) this.startAgain(last, firing, atMs);
    this.fast.add(atMs, value);
    this.slow.add(atMs, value);
    this.daily.add(atMs, value);
    this.noteHigh(atMs, value, firing);
    this.learnLevel(limit);
    if (firing) return this.still(atMs, value, limit, config);
    const before = this.highs.before(atMs);
    if (value < Math.max(this.peak, before) + (limit * config.minGrowth) / 2) return normal;
    const found =
      this.search(this.fast, this.level, limit * config.minGrowth, () => config.horizonMs, limit, config) ??
      this.search(
        this.slow,
        null,
        limit * config.slowMinGrowth,
        (spanMs) => spanMs * config.slowHorizonTimes,
        limit,
        config,
      ) ??
      (Number.isFinite(before) ? this.searchDaily(before, limit, config) : null);
    return found ?? (this.fast.size < growthWindow.least ? learning : normal);
  }

  /** The day before it stood no higher than `before`: that is the level it grew from. */
  private searchDaily(before: number, limit: number, config: TrendConfig): Deviation | null {
    const least = limit * config.slowMinGrowth;
    return this.search(
      this.daily,
      before,
      least,
      (spanMs) => spanMs * config.slowHorizonTimes,
      limit,
      config,
    );
  }

  /** What a leak reached counts as usual only when it came down by itself. */
  private noteHigh(atMs: number, value: number, firing: boolean): void {
    if (firing) {
      if (value > (this.firingHigh?.value ?? Number.NEGATIVE_INFINITY)) this.firingHigh = { atMs, value };
      return;
    }
    if (this.firingHigh !== null) this.highs.note(this.firingHigh.atMs, this.firingHigh.value);
    this.firingHigh = null;
    this.highs.note(atMs, value);
  }

  private startAgain(cameFrom: number, firing: boolean, atMs: number): void {
    if (firing) this.comebacks += 1;
    if (!firing || this.comebacks >= usualComebacks) this.peak = Math.max(this.peak, cameFrom);
    this.fast.clear();
    this.slow.clear();
    this.daily.clear();
    this.firingHigh = null;
    this.level = null;
    this.firstMs = atMs;
  }

  private learnLevel(limit: number): void {
    const values = this.fast.values.slice(-growthWindow.least);
    if (values.length < growthWindow.least) return;
    const highest = Math.max(...values);
    if (highest - Math.min(...values) <= limit * levelShare) this.level = highest;
  }

  private search(
    growth: Growth,
    level: number | null,
    least: number,
    horizonMs: (spanMs: number) => number,
    limit: number,
    config: TrendConfig,
  ): Deviation | null {
    const atMs = growth.at.at(-1) ?? 0;
    const value = growth.newest ?? 0;
    const ageMs = atMs - (this.firstMs ?? atMs);
    // Growth of a young process that never stood on a level is its warm-up, until it is most of the limit.
    if (level === null && ageMs < config.freshMs && value < limit * 0.6) return null;
    for (const size of growthWindow.sizes) {
      const first = growth.values.at(-size);
      if (first === undefined) return null;
      if (value - first < least / 2) continue;
      const window = growth.last(size);
      const slope = medianSlope(window);
      const inMs = (limit - value) / slope;
      if (sureSlope(window) <= 0 || inMs > horizonMs(window.spanMs)) continue;
      const base = level ?? first;
      if (value - base < least) continue;
      if (window.secondHalfSlope < config.slowsDown * window.firstHalfSlope) continue;
      this.fired = { seen: value, base, growth };
      const onsetMs = Math.round(atMs - Math.min((value - base) / slope, ageMs));
      const { what, inWords } = this;
      const summary = `${what} of ${safeName(this.service)} grew from ${inWords(base)} to ${inWords(value)} and reaches its limit of ${inWords(limit)} in about ${plainMs(Math.max(0, inMs))}`;
      const samples = Math.max(1, growth.size - size);
      return {
        ...this.deviation(Math.max(onsetMs, growth.at[0] ?? atMs), base, value, limit, summary),
        baseline: { level: base, spread: 0, samples, atMs: Math.min(onsetMs, atMs) },
      };
    }
    return null;
  }

  /** While firing: over when half of the growth was given back, or when it stopped and stays stopped. */
  private still(atMs: number, value: number, limit: number, config: TrendConfig): Judgement {
    const { seen, base, growth } = this.fired ?? { seen: value, base: value, growth: this.fast };
    if (value <= base + (seen - base) * 0.5) return normal;
    const window = growth.last(growthWindow.most);
    const isLong = growth.size >= growthWindow.most;
    if (isLong && medianSlope(window) * window.spanMs < limit * config.minGrowth * 0.25) return normal;
    return this.deviation(atMs, base, value, limit, '');
  }

  private deviation(onsetMs: number, base: number, value: number, limit: number, summary: string): Deviation {
    const grown = (value - base) / limit;
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs,
      direction: 'up',
      expected: base,
      seen: value,
      score: 100 * grown,
      confidence: Math.min(0.95, 0.6 + grown),
      severity: 'warning',
      summary,
    };
  }
}
