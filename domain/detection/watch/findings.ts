// The findings of one series, one per detector, made when first needed: most series never have one.

import type { DetectorId, SignalKind } from '../anomaly.ts';
import { type AnomalySink, type ClearRule, Finding, type Judgement } from '../lifecycle.ts';
import { seriesKey } from '../series.ts';
import { type MetricSource, scopeOf } from './context.ts';

export class MetricFindings {
  private readonly source: MetricSource;
  private readonly signal: SignalKind;
  private byDetector: Map<DetectorId, Finding> | undefined;

  constructor(source: MetricSource, signal: SignalKind) {
    this.source = source;
    this.signal = signal;
  }

  get firing(): boolean {
    if (this.byDetector === undefined) return false;
    for (const finding of this.byDetector.values()) if (finding.firing) return true;
    return false;
  }

  of(detector: DetectorId): Finding | undefined {
    return this.byDetector?.get(detector);
  }

  isFiring(detector: DetectorId): boolean {
    return this.byDetector?.get(detector)?.firing ?? false;
  }

  update(detector: DetectorId, judgement: Judgement, atMs: number, rule: ClearRule, sink: AnomalySink): void {
    let finding = this.byDetector?.get(detector);
    if (finding === undefined) {
      if (judgement.kind !== 'deviating' || !judgement.confirmed) return;
      finding = this.create(detector);
    }
    finding.update(judgement, atMs, rule, sink);
  }

  clearAll(atMs: number, sink: AnomalySink): void {
    for (const finding of this.byDetector?.values() ?? []) if (finding.firing) finding.clear(atMs, sink);
  }

  announce(sink: AnomalySink): void {
    for (const finding of this.byDetector?.values() ?? []) finding.announce(sink);
  }

  private create(detector: DetectorId): Finding {
    const finding = new Finding({
      detector,
      signal: this.signal,
      scope: scopeOf(this.source),
      seriesKey: seriesKey({ kind: 'metric', ...this.source }),
      metric: this.source.metric,
    });
    this.byDetector ??= new Map();
    this.byDetector.set(detector, finding);
    return finding;
  }
}
