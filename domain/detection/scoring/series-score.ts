// How unusual each sample of one series is, whatever it measures and at whatever interval it comes: five signs, each from what the
// series did before, weighed together. Time is counted in rows and in the series' own interval, which is learnt. Memory is bounded, a
// row costs the same however many there were, and nothing looks ahead.
//
// Sources: prequential scoring with tail probabilities of a one-step statistic, Ahmad et al. 2017, "Unsupervised real-time anomaly
// detection for streaming data"; transition surprise, Shannon 1948; correction for many looks, Bonferroni.

import type { StateReader, StateWriter } from '../learnt/bytes.ts';
import type { Learner } from '../learnt/learnt.ts';
import { type ScoringConfig, scoringConfig } from './config.ts';
import type { Reason } from './reasons.ts';
import { RecentRows } from './recent-rows.ts';
import { Season } from './season.ts';
import { TailOdds, tailBins } from './tail-odds.ts';
import { Transitions } from './transitions.ts';

/** Scores are 0 to 1; from here on a row is an alarm. */
export const alarmFrom = 0.5;

const dayMs = 86_400_000;
/** Slower series see too little of a day to know its hours. */
const seasonalUpToMs = 2 * 3_600_000;
/** Before, nothing is an alarm. */
const quietRows = 20;
const firstRows = 3;
/** An outlier counts in a mean error as at most so many times that error. */
const mostErrors = 8;
const mostSteps = 50;
/** What is kept of a series has single precision. */
const largest = 1e37;

const figures = [
  'rows',
  'lastMs',
  'last',
  'intervalMs',
  'lowest',
  'highest',
  'meanStep',
  'levelError',
  'compared',
  'peak',
  'peakRow',
] as const;

export class SeriesScore implements Learner {
  private readonly config: ScoringConfig;
  private rows = 0;
  private lastMs = Number.NaN;
  private last = Number.NaN;
  private intervalMs = 0;
  private lowest = Number.POSITIVE_INFINITY;
  private highest = Number.NEGATIVE_INFINITY;
  private meanStep = 0;
  private readonly recent: RecentRows;
  /** The bins of the three below. */
  private readonly odds = new Float32Array(3 * tailBins);
  private readonly steps: TailOdds;
  private readonly strays: TailOdds;
  private readonly offSeason: TailOdds;
  private readonly transitions = new Transitions();
  private day: Season | null = null;
  private week: Season | null = null;
  /** How far rows are usually from the recent median. */
  private levelError = 0;
  private compared = 0;
  private peak = Number.NEGATIVE_INFINITY;
  private peakRow = 0;
  private readonly signs: Record<Reason, number> = {
    novelty: 0,
    step: 0,
    spike: 0,
    transition: 0,
    season: 0,
  };

  constructor(config = scoringConfig) {
    this.config = config;
    this.recent = new RecentRows(config.recentRows);
    this.steps = new TailOdds(this.odds, 0);
    this.strays = new TailOdds(this.odds, tailBins);
    this.offSeason = new TailOdds(this.odds, 2 * tailBins);
  }

  /** The median of the latest samples; 0 before there are any. */
  get usual(): number {
    return this.recent.quantile(0.5);
  }

  /** The score of the next sample, 0 to 1. Samples come in the order of their instants (ms since the epoch). */
  observe(atMs: number, given: number): number {
    const value = Math.max(-largest, Math.min(largest, given));
    const { config, recent, signs } = this;
    const { weights, tail } = config;
    this.rows += 1;
    this.learnInterval(atMs);
    const { rows } = this;
    const isJudged = rows > firstRows;
    const perDay = this.intervalMs === 0 ? 288 : Math.min(86_400, Math.max(1, dayMs / this.intervalMs));
    const median = recent.quantile(0.5);
    const range = this.highest - this.lowest;
    const least = 1e-9 + Math.abs(median) * 1e-6;

    const step = rows === 1 ? 0 : Math.abs(value - this.last);
    const stepRatio = step / Math.max(this.meanStep, range * 0.001, least);
    const stray = Math.abs(value - median);
    const scale = Math.max(
      recent.quantile(0.75) - recent.quantile(0.25),
      (recent.quantile(0.95) - recent.quantile(0.05)) / 2,
      range * 0.005,
      Math.abs(median) * 1e-4,
      least,
    );
    const strayRatio = stray / scale;
    const level = this.transitions.levelOf(value, recent.quantile(0.02), recent.quantile(0.98));
    const seasonRatio = this.seasonRatio(atMs, value, stray, perDay, Math.max(range * 0.003, least));

    signs.novelty = isJudged
      ? this.novelty(value, Math.max(range, Math.abs(median) * config.leastRange, least))
      : 0;
    signs.step = isJudged ? this.steps.decades(stepRatio, tail) : 0;
    signs.spike = isJudged ? this.strays.decades(strayRatio, tail) : 0;
    signs.transition = this.transitions.decades(level, config.transitions.prior);
    signs.season = Number.isNaN(seasonRatio) ? 0 : this.offSeason.decades(seasonRatio, tail);

    // What the time of day explains is nothing unusual.
    const unexplained = Number.isNaN(seasonRatio) ? 1 : Math.min(1, seasonRatio / config.season.excused);
    const evidence =
      weights.novelty * signs.novelty +
      unexplained *
        (weights.step * signs.step + weights.spike * signs.spike + weights.transition * signs.transition) +
      weights.season * signs.season -
      config.chances.rows * Math.log10(Math.max(10, rows) / 1_000 + 1) -
      config.chances.rowsPerDay * Math.log10(perDay / 24 + 1);
    const judged = rows <= quietRows ? Math.min(evidence, 0) : evidence;
    const score = scoreOf(this.afterAlarms(judged, perDay), config.alarmAt);

    if (rows > 1) {
      this.steps.learn(stepRatio, tail);
      const counted = this.meanStep > 0 ? Math.min(step, this.meanStep * mostSteps) : step;
      this.meanStep += (counted - this.meanStep) * Math.max(config.stepShare, 1 / rows);
    }
    this.strays.learn(strayRatio, tail);
    if (!Number.isNaN(seasonRatio)) this.offSeason.learn(seasonRatio, tail);
    this.transitions.learn(level, config.transitions.fadeRows);
    this.day?.learn(atMs, value, config.season.share / Math.max(1, perDay / this.day.slotsPerDay));
    this.week?.learn(atMs, value, (2 * config.season.share) / Math.max(1, perDay / this.week.slotsPerDay));
    this.lowest = Math.min(this.lowest, value);
    this.highest = Math.max(this.highest, value);
    recent.push(value);
    this.last = value;
    return score;
  }

  /** Why the last sample is unusual, what counted most first. */
  reasons(): readonly Reason[] {
    const { weights } = this.config;
    const counted = (Object.keys(this.signs) as Reason[]).map((sign) => ({
      sign,
      by: this.signs[sign] * weights[sign],
    }));
    const most = Math.max(...counted.map(({ by }) => by));
    return counted
      .filter(({ by }) => by > 0.5 && by >= most / 3)
      .sort((a, b) => b.by - a.by)
      .map(({ sign }) => sign);
  }

  /** Everything the next score depends on. */
  save(to: StateWriter): void {
    for (const figure of figures) to.number(this[figure]);
    to.floats(this.odds);
    for (const part of [this.recent, this.steps, this.strays, this.offSeason, this.transitions])
      part.save(to);
    to.number(this.day === null ? 0 : 1);
    this.day?.save(to);
    this.week?.save(to);
  }

  restore(from: StateReader): void {
    for (const figure of figures) this[figure] = from.number();
    from.floatsInto(this.odds);
    for (const part of [this.recent, this.steps, this.strays, this.offSeason, this.transitions])
      part.restore(from);
    if (from.number() === 0) return;
    this.day = Season.ofDay();
    this.week = Season.ofWeek();
    this.day.restore(from);
    this.week.restore(from);
  }

  private learnInterval(atMs: number): void {
    const passedMs = atMs - this.lastMs;
    this.lastMs = atMs;
    if (!(passedMs > 0)) return;
    if (this.intervalMs === 0) this.intervalMs = passedMs;
    else
      this.intervalMs +=
        (Math.min(passedMs, this.intervalMs * 4) - this.intervalMs) * Math.max(0.02, 1 / (this.rows + 1));
  }

  /** How far it lies beyond everything so far, in ranges of that. */
  private novelty(value: number, range: number): number {
    const beyond =
      value > this.highest ? value - this.highest : value < this.lowest ? this.lowest - value : 0;
    return beyond === 0 ? 0 : Math.log10(1 + (this.config.noveltyGain * beyond) / range);
  }

  /** How far it is from what is usual at this time, in usual errors; NaN where the time says little. */
  private seasonRatio(atMs: number, value: number, stray: number, perDay: number, least: number): number {
    if (this.intervalMs === 0 || this.intervalMs > seasonalUpToMs) return Number.NaN;
    this.day ??= Season.ofDay();
    this.week ??= Season.ofWeek();
    const { day, week } = this;
    const offDay = day.off(atMs, value);
    const offWeek = week.off(atMs, value);
    const useWeek = !Number.isNaN(offWeek) && week.compared > perDay * 0.8 && week.error < day.error;
    const isKnown = useWeek || day.compared > Math.max(30, perDay / 2);
    const [off, error] = useWeek ? [offWeek, week.error] : [offDay, day.error];
    const helps = isKnown && error < this.config.season.gate * this.levelError;
    const ratio = helps ? off / Math.max(error, least) : Number.NaN;

    const share = 1 / Math.min(this.compared + 1, Math.max(100, perDay * 2));
    this.compared += 1;
    this.levelError = towards(this.levelError, stray, share);
    compare(day, offDay, share);
    compare(week, offWeek, share);
    return ratio;
  }

  /** After an alarm a weaker one has to wait: what is left of the last one counts against it. */
  private afterAlarms(evidence: number, perDay: number): number {
    const { rows: most, loss } = this.config.refractory;
    const since = this.rows - this.peakRow;
    const rest = Math.min(most, perDay);
    const left = since < rest ? this.peak * (1 - since / rest) : Number.NEGATIVE_INFINITY;
    if (evidence < left) return evidence - loss * (left - evidence) - 0.3;
    if (evidence > this.config.alarmAt * 0.6) {
      this.peak = evidence;
      this.peakRow = this.rows;
    }
    return evidence;
  }
}

function compare(season: Season, off: number, share: number): void {
  if (Number.isNaN(off)) return;
  season.compared += 1;
  season.error = towards(season.error, off, Math.max(share, 1 / season.compared));
}

const towards = (mean: number, error: number, share: number): number =>
  mean + (Math.min(error, mean > 0 ? mean * mostErrors : error) - mean) * share;

/** 0 for no evidence, 0.5 at the alarm, towards 1 beyond. */
const scoreOf = (evidence: number, alarmAt: number): number =>
  evidence <= 0 ? 0 : evidence / (evidence + alarmAt);
