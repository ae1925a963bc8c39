// A metric of which only the usual values are known: unusual ones are a hint, and what lasts is the new normal.

import { RobustWindow } from '../detectors/robust-window.ts';
import { RobustZ } from '../detectors/robust-z.ts';
import { learning } from '../lifecycle.ts';
import { relearnMs, restMs } from '../paces.ts';
import type { SignalRule } from '../signals.ts';
import type { MetricSource, MetricWatch, WatchContext } from './context.ts';
import { MetricFindings } from './findings.ts';

export class HintWatch implements MetricWatch {
  readonly source: MetricSource;
  private readonly window = new RobustWindow();
  private readonly detector: RobustZ;
  private readonly findings: MetricFindings;

  constructor(source: MetricSource, rule: SignalRule) {
    this.source = source;
    this.detector = new RobustZ(source.service, source.metric, rule.direction);
    this.findings = new MetricFindings(source, rule.signal);
  }

  get firing(): boolean {
    return this.findings.firing;
  }

  get suspicious(): boolean {
    return this.detector.suspicious;
  }

  observe(atMs: number, value: number, { config, sink }: WatchContext, intervalMs: number): void {
    const { firing } = this;
    const judgement = this.detector.judge(atMs, value, this.window, config, firing);
    if (!firing && judgement.kind !== 'deviating')
      this.detector.learn(atMs, value, this.window, config, intervalMs);
    const finding = this.findings.of('robust-z');
    const resting = finding !== undefined && !firing && atMs - finding.clearedMs < restMs(config, intervalMs);
    this.findings.update('robust-z', resting ? learning : judgement, atMs, config.clearing, sink);
    if (firing && finding !== undefined && atMs - finding.detectedMs >= relearnMs(config, intervalMs)) {
      this.window.relearn();
      finding.clear(atMs, sink);
    }
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }
}
