// A metric that somebody asked to have watched: beyond a limit for some time, or unlike itself. It takes the place of what its series
// would be watched for otherwise.

import type { MetricRule } from '../config.ts';
import { Change } from '../detectors/change.ts';
import { ScoreJudge } from '../detectors/score-judge.ts';
import { Threshold } from '../detectors/threshold.ts';
import { type Learnt, learnerOf, stateOf } from '../learnt/learnt.ts';
import { type LearningWatch, scoreKey } from '../learnt/recalled.ts';
import { type ClearRule, type Judgement, learning } from '../lifecycle.ts';
import { plainNumber, plainSpan, safeName } from '../names.ts';
import { seriesKey } from '../series.ts';
import type { SignalRule } from '../signals.ts';
import type { MetricSource, MetricWatch, WatchContext } from './context.ts';
import { MetricFindings } from './findings.ts';

/** In samples. */
const clearSamples = 2;
/** So far within its limit a value has to be again, as a share of the limit. */
const hysteresis = 0.02;

export class RuleWatch implements MetricWatch, LearningWatch {
  readonly source: MetricSource;
  private readonly rule: MetricRule;
  private readonly above = new Threshold();
  private readonly below = new Threshold();
  private readonly change: Change | null;
  private score: ScoreJudge | null;
  private readonly newScore: () => ScoreJudge;
  private readonly findings: MetricFindings;
  private keptAs: string | undefined;

  constructor(source: MetricSource, rule: MetricRule, { signal }: SignalRule) {
    this.source = source;
    this.rule = rule;
    this.change = rule.changeMs === undefined ? null : new Change(rule.changeMs);
    const isLimited = rule.above !== undefined || rule.below !== undefined;
    this.newScore = () => new ScoreJudge(source, rule.direction, rule.severity);
    this.score = isLimited ? null : this.newScore();
    this.findings = new MetricFindings(source, signal);
  }

  get firing(): boolean {
    return this.findings.firing;
  }

  get suspicious(): boolean {
    return this.above.suspicious || this.below.suspicious || this.firing;
  }

  observe(atMs: number, value: number, context: WatchContext, intervalMs: number): void {
    const { config, sink } = context;
    const clear = { clearMs: clearSamples * intervalMs, minSamples: clearSamples };
    if (this.score !== null) {
      this.score = this.recalled(this.score, context);
      if (atMs <= this.score.untilMs) return;
      const before = this.score.resumed();
      if (before !== null) this.findings.update('unusual', before, atMs, clear, sink);
      const judgement = this.score.judge(atMs, value, intervalMs, this.firing, config);
      this.findings.update('unusual', judgement, atMs, clear, sink);
      if (!this.firing) this.score.over();
      context.learnt.changed(this);
      return;
    }
    const { above, below } = this.rule;
    const judged = this.change === null ? value : this.change.observe(atMs, value);
    const beyond = judged === null ? learning : this.limited(atMs, judged, above, below);
    this.findings.update('threshold', beyond, atMs, this.limitClear(clear), sink);
  }

  /** Null where nothing is learnt. */
  learnt(): Learnt | null {
    if (this.score === null) return null;
    const { environment, service } = this.source;
    return {
      environment,
      service,
      key: this.learntKey,
      untilMs: this.score.untilMs,
      state: stateOf(this.score),
    };
  }

  private get learntKey(): string {
    this.keptAs ??= scoreKey(seriesKey({ kind: 'metric', ...this.source }));
    return this.keptAs;
  }

  /** What was learnt before this process, where that is more than what is known here. */
  private recalled(score: ScoreJudge, { learnt }: WatchContext): ScoreJudge {
    if (!learnt.waits) return score;
    const state = learnt.recalled(this.source.service, this.learntKey);
    const known = state === null ? null : learnerOf(this.newScore, state);
    return known?.knowsMoreThan(score) ? known : score;
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }

  /** One limit or the other: no value is beyond both. */
  private limited(
    atMs: number,
    value: number,
    above: number | undefined,
    below: number | undefined,
  ): Judgement {
    const tooMuch = above === undefined ? null : this.judge(this.above, atMs, value, above, 'up');
    if (tooMuch?.kind === 'deviating' || below === undefined) return tooMuch ?? { kind: 'normal' };
    return this.judge(this.below, atMs, value, below, 'down');
  }

  private judge(
    threshold: Threshold,
    atMs: number,
    value: number,
    limit: number,
    direction: 'up' | 'down',
  ): Judgement {
    const sign = direction === 'up' ? 1 : -1;
    const { service, metric } = this.source;
    const sample = {
      atMs,
      level: (sign * (value - limit)) / Math.max(Math.abs(limit), Number.EPSILON),
      atLeast: Number.MIN_VALUE,
      expected: limit,
      seen: value,
      severity: this.rule.severity,
      direction,
      summary: () => {
        const { changeMs } = this.rule;
        const side = direction === 'up' ? 'above' : 'below';
        const is = changeMs === undefined ? 'is' : `changed in ${plainSpan(changeMs)} by`;
        return `${safeName(metric)} of ${safeName(service)} ${is} ${plainNumber(value)}, ${side} its limit of ${plainNumber(limit)}`;
      },
    } as const;
    const rule = { limit: 0, release: -hysteresis, durationMs: this.rule.forMs, minSamples: 1 };
    return threshold.judge(sample, rule, this.findings.isFiring('threshold'));
  }

  /** Over as quickly as it was found. */
  private limitClear(clear: ClearRule): ClearRule {
    return { ...clear, clearMs: Math.min(clear.clearMs, this.rule.forMs) };
  }
}
