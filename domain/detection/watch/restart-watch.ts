// A count of restarts: every increase is a symptom; over when it has not grown for a while.
// Source: the restart count of Kubernetes container statuses, on which kube-prometheus' KubePodCrashLooping alerts.

import { type Judgement, normal } from '../lifecycle.ts';
import { plainNumber, safeName } from '../names.ts';
import type { SignalRule } from '../signals.ts';
import type { MetricSource, MetricWatch, WatchContext } from './context.ts';
import { MetricFindings } from './findings.ts';

export class RestartWatch implements MetricWatch {
  readonly source: MetricSource;
  suspicious = false;
  private last: number | null = null;
  private before = 0;
  private readonly findings: MetricFindings;

  constructor(source: MetricSource, rule: SignalRule) {
    this.source = source;
    this.findings = new MetricFindings(source, rule.signal);
  }

  get firing(): boolean {
    return this.findings.firing;
  }

  observe(atMs: number, count: number, { config, sink }: WatchContext): void {
    const last = this.last;
    this.last = count;
    if (last === null) return;
    this.suspicious = count > last;
    if (this.suspicious && !this.firing) this.before = last;
    const rule = { clearMs: config.capacity.restartsClearMs, minSamples: config.clearing.minSamples };
    const judgement = this.suspicious ? this.restarted(atMs, count) : normal;
    this.findings.update('threshold', judgement, atMs, rule, sink);
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }

  private restarted(atMs: number, count: number): Judgement {
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs: atMs,
      direction: 'up',
      expected: this.before,
      seen: count,
      score: 10 * (count - this.before),
      confidence: 0.95,
      severity: 'warning',
      summary: `an instance of ${safeName(this.source.service)} restarted ${plainNumber(count - this.before)} times`,
    };
  }
}
