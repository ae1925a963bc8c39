// A queue for a capacity, such as requests that wait for a connection: short waits happen, a queue that stays is a symptom.

import { RobustWindow } from '../detectors/robust-window.ts';
import { Threshold } from '../detectors/threshold.ts';
import { plainNumber, safeName } from '../names.ts';
import type { SignalRule } from '../signals.ts';
import type { MetricSource, MetricWatch, WatchContext } from './context.ts';
import { MetricFindings } from './findings.ts';

export class WaitingWatch implements MetricWatch {
  readonly source: MetricSource;
  private readonly window = new RobustWindow();
  private readonly threshold = new Threshold();
  private readonly findings: MetricFindings;

  constructor(source: MetricSource, rule: SignalRule) {
    this.source = source;
    this.findings = new MetricFindings(source, rule.signal);
  }

  get firing(): boolean {
    return this.findings.firing;
  }

  get suspicious(): boolean {
    return this.threshold.suspicious;
  }

  observe(atMs: number, value: number, { config, sink }: WatchContext): void {
    if (!this.window.ready(config.baseline)) {
      this.window.learn(atMs, value, config.baseline);
      return;
    }
    const usual = this.window.median;
    const limit = Math.max(1, 3 * usual + 1);
    const judgement = this.threshold.judge(
      {
        atMs,
        level: value,
        atLeast: limit,
        expected: usual,
        seen: value,
        baseline: () => this.window.freeze(),
        severity: 'warning',
        direction: 'up',
        summary: () =>
          `${plainNumber(value)} requests of ${safeName(this.source.service)} wait for a connection, usually ${plainNumber(usual)}`,
      },
      { limit, release: limit * 0.7, durationMs: config.capacity.durationMs, minSamples: 3 },
      this.firing,
    );
    if (judgement.kind === 'normal' && !this.firing) this.window.learn(atMs, value, config.baseline);
    this.findings.update('threshold', judgement, atMs, config.clearing, sink);
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }
}
