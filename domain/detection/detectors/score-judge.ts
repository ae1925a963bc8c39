// A series unlike itself: the score of scoring/series-score.ts as a finding. It begins with a sample that is an alarm, and lasts while
// the series stays at least halfway to where that sample was, until what has lasted so long is the new normal.

import type { Severity } from '../../scope.ts';
import { calibrationTables } from '../calibration.ts';
import { calibrated } from '../confidence.ts';
import type { DetectionConfig } from '../config.ts';
import type { StateReader, StateWriter } from '../learnt/bytes.ts';
import type { Learner } from '../learnt/learnt.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { plainNumber, safeName } from '../names.ts';
import { relearnMs } from '../paces.ts';
import { reasonWords } from '../scoring/reasons.ts';
import { alarmFrom, SeriesScore } from '../scoring/series-score.ts';
import type { Direction } from '../signals.ts';

/** Until then nothing is known of the series. */
const leastSamples = 20;

export class ScoreJudge implements Learner {
  private readonly of: { readonly service: string; readonly metric: string };
  private readonly direction: Direction;
  private readonly severity: Severity;
  private readonly score = new SeriesScore();
  private samples = 0;
  /** Of the newest sample. */
  untilMs = Number.NEGATIVE_INFINITY;
  /** It was found before a restart, and is not seen to be over yet. */
  private resumes = false;
  private began: { readonly atMs: number; readonly usual: number; readonly seen: number } | null = null;

  constructor(
    of: { readonly service: string; readonly metric: string },
    direction: Direction,
    severity: Severity,
  ) {
    this.of = of;
    this.direction = direction;
    this.severity = severity;
  }

  judge(
    atMs: number,
    value: number,
    intervalMs: number,
    firing: boolean,
    config: DetectionConfig,
  ): Judgement {
    this.untilMs = atMs;
    const usual = this.score.usual;
    const score = this.score.observe(atMs, value);
    this.samples += 1;
    if (this.samples <= leastSamples) return learning;
    if (firing && this.began !== null) {
      const { usual: before, seen } = this.began;
      const isFar = (value - before) / (seen - before) >= 0.5;
      const isNew = atMs - this.began.atMs >= relearnMs(config, intervalMs);
      return isFar && !isNew ? this.deviates(value, score) : normal;
    }
    const isUp = value > usual;
    const isAsked = this.direction === 'both' || (this.direction === 'up') === isUp;
    if (score < alarmFrom || !isAsked || value === usual) return normal;
    this.began = { atMs, usual, seen: value };
    return this.deviates(value, score);
  }

  /** That it was found before a restart: to be said before the next sample is judged. Null when nothing was. */
  resumed(): Judgement | null {
    if (!this.resumes || this.began === null) return null;
    this.resumes = false;
    return this.deviates(this.began.seen, alarmFrom);
  }

  /** What it found is over. */
  over(): void {
    this.began = null;
  }

  save(to: StateWriter): void {
    const { atMs, usual, seen } = this.began ?? { atMs: 0, usual: 0, seen: 0 };
    for (const figure of [this.samples, this.untilMs, atMs, usual, seen]) to.number(figure);
    this.score.save(to);
  }

  restore(from: StateReader): void {
    this.samples = from.number();
    this.untilMs = from.number();
    const began = { atMs: from.number(), usual: from.number(), seen: from.number() };
    this.resumes = began.atMs !== 0;
    this.began = this.resumes ? began : null;
    this.score.restore(from);
  }

  /** Whether it knows more of the series than another does. */
  knowsMoreThan({ samples }: ScoreJudge): boolean {
    return this.samples > samples;
  }

  private deviates(value: number, score: number): Judgement {
    const { atMs, usual } = this.began ?? { atMs: 0, usual: value };
    const { service, metric } = this.of;
    const [reason] = this.score.reasons();
    const why = reason === undefined ? '' : `: ${reasonWords[reason]}`;
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: atMs,
      direction: value > usual ? 'up' : 'down',
      expected: usual,
      seen: value,
      score: 20 * score,
      confidence: calibrated(calibrationTables.unusual, 20 * score),
      severity: this.severity,
      summary: `${safeName(metric)} of ${safeName(service)} is ${plainNumber(value)}, usually ${plainNumber(usual)}${why}`,
    };
  }
}
