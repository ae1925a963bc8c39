// Log templates: records of one template against what is usual for it. A template that was never seen before, once its
// service is known, is usual zero times.
// Source: event count features of log anomaly detection (He et al. 2016, "Experience report: system log analysis for
// anomaly detection"), with the test of chance.ts.

import type { DetectionConfig } from '../config.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { plainNumber, safeName } from '../names.ts';
import { chanceOfFailures } from './chance.ts';

const secondMs = 1000;
const errorSeverity = 17;
const halfLifeSeconds = 1_800;
const maxChance = 1e-6;

export class LogTemplate {
  private readonly what: string;
  /** The last seconds with records, oldest first. */
  private recent: { atMs: number; count: number }[] = [];
  /** What was usual: records and seconds watched, both fading. */
  private records = 0;
  private seconds = 0;
  private learntThroughMs: number;

  /** `knownSinceMs`: since when the template would have been noticed. `before`: those that have become one with it. */
  constructor(
    service: string,
    templateId: string,
    knownSinceMs: number,
    before: readonly LogTemplate[] = [],
  ) {
    this.what = `log template ${templateId.slice(0, 8)} of ${safeName(service)}`;
    this.learntThroughMs = knownSinceMs;
    if (before.length === 0) return;
    this.records = before.reduce((sum, { records }) => sum + records, 0);
    this.seconds = Math.max(...before.map(({ seconds }) => seconds));
    this.learntThroughMs = Math.max(...before.map(({ learntThroughMs }) => learntThroughMs));
    this.recent = before.flatMap(({ recent }) => recent).sort((a, b) => a.atMs - b.atMs);
  }

  add(atMs: number, count: number): void {
    const last = this.recent.at(-1);
    if (last !== undefined && last.atMs >= atMs) last.count += count;
    else this.recent.push({ atMs, count });
  }

  /** The second of the newest record. */
  get newestMs(): number {
    return this.recent.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Judges the window that ends at `nowMs` (the service's clock); without records it is a quiet window. */
  judge(nowMs: number, severityNumber: number, config: DetectionConfig['logs'], firing: boolean): Judgement {
    const fromMs = nowMs - config.windowMs;
    const count = this.recent.reduce((sum, second) => sum + (second.atMs > fromMs ? second.count : 0), 0);
    const isError = severityNumber >= errorSeverity;
    const windowSeconds = config.windowMs / secondMs;
    const watched = this.seconds + (fromMs - this.learntThroughMs) / secondMs;
    if (!firing && watched < config.warmUpMs / secondMs) {
      this.learn(fromMs, firing);
      return learning;
    }
    const usual = (this.records / Math.max(1, this.seconds)) * windowSeconds;
    const least = Math.max(
      isError ? config.minCount : config.stormCount,
      usual * config.factor * (firing ? 0.5 : 1),
    );
    const chance = chanceOfFailures(
      count,
      windowSeconds,
      this.records + 0.5,
      Math.max(this.seconds, watched) + 60,
    );
    if (count < least || chance > maxChance) {
      this.learn(fromMs, firing);
      return normal;
    }
    const onset = this.recent.find((second) => second.atMs > fromMs)?.atMs ?? nowMs;
    // The time before it was usual; without it the template would be unknown again once this is over.
    if (!firing) this.learn(fromMs, false);
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: onset,
      direction: 'up',
      expected: usual,
      seen: count,
      score: Math.sqrt(-2 * Math.log(Math.max(chance, 1e-300))),
      confidence: 0.8,
      severity: isError ? 'warning' : 'info',
      summary: `${plainNumber(count)} ${isError ? 'error ' : ''}records of ${this.what} in ${windowSeconds} s, usually ${plainNumber(usual)}`,
    };
  }

  /** What is older than the window is usual, unless it is part of a finding. */
  private learn(throughMs: number, firing: boolean): void {
    const elapsed = (throughMs - this.learntThroughMs) / secondMs;
    if (elapsed <= 0) return;
    const old = this.recent.filter(({ atMs }) => atMs <= throughMs);
    this.recent = this.recent.filter(({ atMs }) => atMs > throughMs);
    this.learntThroughMs = throughMs;
    if (firing) return;
    const kept = 0.5 ** (elapsed / halfLifeSeconds);
    this.records = this.records * kept + old.reduce((sum, { count }) => sum + count, 0);
    this.seconds = this.seconds * kept + elapsed;
  }
}
