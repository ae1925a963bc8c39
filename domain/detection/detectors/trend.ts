// Trend: steady growth towards a limit that will be reached soon. Two time scales with the same rule: the last seconds
// (a leak that kills within minutes) and the last half hour or so (one that kills within hours).
// Source: Theil 1950, Sen 1968 (median of pairwise slopes, robust against outliers up to 29 %); the time to exhaustion is
// what capacity planning calls "predict linear".

import type { DetectionConfig } from '../config.ts';
import { type Deviation, type Judgement, learning, normal } from '../lifecycle.ts';
import { plainMs, safeName } from '../names.ts';

const points = 24;
const minPoints = 8;
/** Growth per fast window, as a share of the limit, below which a series is level. */
const levelShare = 0.015;

/** A bounded run of samples, at least `stepMs` apart. */
class Track {
  readonly at: number[] = [];
  readonly values: number[] = [];

  add(atMs: number, value: number, stepMs: number): boolean {
    if (this.at.length > 0 && atMs - (this.at.at(-1) ?? 0) < stepMs) return false;
    this.at.push(atMs);
    this.values.push(value);
    if (this.at.length > points) {
      this.at.shift();
      this.values.shift();
    }
    return true;
  }

  clear(): void {
    this.at.length = 0;
    this.values.length = 0;
  }
}

export class Trend {
  private readonly fast = new Track();
  private readonly slow = new Track();
  private readonly what: string;
  private readonly service: string;
  private readonly inWords: (value: number) => string;
  private firstMs: number | null = null;
  /** The last level the series stood on, when it had one. */
  private level: number | null = null;
  /** Highest value that the series came back from by itself (garbage collection, rotation): growth below it is usual. */
  private peak = Number.NEGATIVE_INFINITY;
  private firedAt: { seen: number; base: number } | null = null;

  /** `inWords` writes a value of the series for people. */
  constructor(what: string, service: string, inWords: (value: number) => string) {
    this.what = what;
    this.service = service;
    this.inWords = inWords;
  }

  /** `limit` in the same unit as the value; samples in order. */
  judge(
    atMs: number,
    value: number,
    limit: number,
    config: DetectionConfig['trend'],
    firing: boolean,
  ): Judgement {
    this.firstMs ??= atMs;
    const last = this.fast.values.at(-1);
    // A process that started again, or a cleanup: the growth before says nothing about the growth after.
    if (last !== undefined && value < last - limit * 0.15) this.reset(last, firing);
    this.fast.add(atMs, value, 0);
    this.slow.add(atMs, value, config.slowStepMs);
    this.learnLevel(limit);
    if (firing) return this.still(atMs, value, limit, config);
    const deviation =
      this.exhaustion(this.fast, this.level, config.horizonMs, limit, config) ??
      this.exhaustion(this.slow, null, config.slowHorizonMs, limit, config);
    if (deviation === null) return this.fast.at.length < minPoints ? learning : normal;
    this.firedAt = { seen: value, base: deviation.expected };
    return deviation;
  }

  private reset(cameFrom: number, firing: boolean): void {
    if (!firing) this.peak = Math.max(this.peak, cameFrom);
    this.fast.clear();
    this.slow.clear();
    this.level = null;
    this.firstMs = null;
  }

  private learnLevel(limit: number): void {
    const recent = this.fast.values.slice(-minPoints);
    if (recent.length < minPoints) return;
    const range = Math.max(...recent) - Math.min(...recent);
    if (range <= limit * levelShare) this.level = Math.max(...recent);
  }

  private exhaustion(
    track: Track,
    level: number | null,
    horizonMs: number,
    limit: number,
    config: DetectionConfig['trend'],
  ): Deviation | null {
    const atMs = track.at.at(-1) ?? 0;
    const value = track.values.at(-1) ?? 0;
    const ageMs = atMs - (this.firstMs ?? atMs);
    const minGrowth = limit * config.minGrowth;
    if (value < this.peak + minGrowth / 2) return null;
    if (level === null && ageMs < config.freshMs && value < limit * 0.6) return null;
    for (const size of [minPoints, minPoints * 2, points]) {
      if (track.at.length < size) return null;
      const at = track.at.slice(-size);
      const values = track.values.slice(-size);
      const slopes = pairSlopes(at, values);
      const slope = slopes[slopes.length >> 1] ?? 0;
      const surelyUp = (slopes[Math.floor(slopes.length * 0.15)] ?? 0) > 0;
      if (!surelyUp || (limit - value) / slope > horizonMs) continue;
      const first = values[0] ?? value;
      const base = level ?? first;
      if (value - base < minGrowth || value - first < minGrowth / 2 || slowsDown(at, values)) continue;
      const onsetMs = Math.round(atMs - Math.min((value - base) / slope, ageMs));
      const grown = (value - base) / limit;
      const inMs = Math.max(0, (limit - value) / slope);
      return {
        kind: 'deviating',
        confirmed: true,
        onsetMs: Math.max(onsetMs, track.at[0] ?? atMs),
        direction: 'up',
        expected: base,
        seen: value,
        score: 100 * grown,
        confidence: Math.min(0.95, 0.6 + grown),
        severity: 'warning',
        summary: `${this.what} of ${safeName(this.service)} grew from ${this.inWords(base)} to ${this.inWords(value)} and reaches its limit of ${this.inWords(limit)} in about ${plainMs(inMs)}`,
      };
    }
    return null;
  }

  /** While firing: over when the growth was given back, or stopped and stays stopped. */
  private still(atMs: number, value: number, limit: number, config: DetectionConfig['trend']): Judgement {
    const fired = this.firedAt ?? { seen: value, base: value };
    if (value <= fired.base + (fired.seen - fired.base) * 0.5) return normal;
    const slopes = pairSlopes(this.fast.at, this.fast.values);
    const slope = slopes[slopes.length >> 1] ?? 0;
    const isLevel = this.fast.at.length === points && slope * config.slowHorizonMs < limit - value;
    if (isLevel) return normal;
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: atMs,
      direction: 'up',
      expected: fired.base,
      seen: value,
      score: (100 * (value - fired.base)) / limit,
      confidence: 0.9,
      severity: 'warning',
      summary: '',
    };
  }
}

/** Slopes (per ms) of all pairs, sorted: the median is the Theil–Sen slope, a low quantile says how sure its sign is. */
function pairSlopes(at: readonly number[], values: readonly number[]): Float64Array {
  const slopes = new Float64Array((at.length * (at.length - 1)) / 2);
  let count = 0;
  for (let later = 1; later < at.length; later += 1) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      const elapsed = (at[later] ?? 0) - (at[earlier] ?? 0);
      slopes[count] = ((values[later] ?? 0) - (values[earlier] ?? 0)) / Math.max(1, elapsed);
      count += 1;
    }
  }
  return slopes.sort();
}

/** True when the second half grew clearly less than the first: filling up to a plateau, as caches and heaps do. */
function slowsDown(at: readonly number[], values: readonly number[]): boolean {
  const half = at.length >> 1;
  const first = pairSlopes(at.slice(0, half), values.slice(0, half));
  const second = pairSlopes(at.slice(half), values.slice(half));
  return (second[second.length >> 1] ?? 0) < 0.5 * (first[first.length >> 1] ?? 0);
}
