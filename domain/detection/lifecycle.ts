// The life of a finding: a detector judges every sample; a finding fires once, stays while the series deviates, and is
// cleared after the series has been normal for long enough. Silence clears nothing.

import type { Scope, Severity } from '../scope.ts';
import type { Anomaly, DetectorId, FrozenBaseline, SignalKind } from './anomaly.ts';
import { fnv1a64 } from './hash.ts';

/** What a detector says of one sample. `learning`: no verdict (too few samples, or nothing new). */
export type Judgement = { readonly kind: 'learning' } | Normal | Deviation;

/** `sinceMs`: since when, where the detector looks back over more than one sample. */
export type Normal = { readonly kind: 'normal'; readonly sinceMs?: number };

export type Deviation = {
  readonly kind: 'deviating';
  /** False while the detector still waits for more samples: nothing is emitted, but nothing is learnt either. */
  readonly confirmed: boolean;
  readonly onsetMs: number;
  readonly direction: 'up' | 'down';
  readonly expected: number;
  readonly seen: number;
  readonly baseline?: FrozenBaseline | undefined;
  readonly score: number;
  readonly confidence: number;
  readonly severity: Severity;
  readonly summary: string;
};

export const learning: Judgement = { kind: 'learning' };
export const normal: Judgement = { kind: 'normal' };

/** What stays the same over all findings of one detector on one series. */
export type FindingIdentity = {
  readonly detector: DetectorId;
  readonly signal: SignalKind;
  readonly scope: Scope;
  readonly seriesKey: string;
  readonly metric: string;
  /** What a log says itself. */
  readonly title?: string;
};

export type ClearRule = { readonly clearMs: number; readonly minSamples: number };

/** Where findings put the anomalies they emit. */
export type AnomalySink = (anomaly: Anomaly) => void;

const maxScore = 1000;

export class Finding {
  private readonly identity: FindingIdentity;
  /** What was emitted of the finding now firing: one anomaly, and a second when it grew from a hint to a symptom. */
  private emitted: Anomaly[] = [];
  private recoveringSinceMs: number | null = null;
  private normalSamples = 0;
  private lastClearedMs = Number.NEGATIVE_INFINITY;

  constructor(identity: FindingIdentity) {
    this.identity = identity;
  }

  get firing(): boolean {
    return this.emitted.length > 0;
  }

  /** Onset of the finding now firing. */
  get onsetMs(): number {
    return this.emitted[0]?.onsetMs ?? Number.POSITIVE_INFINITY;
  }

  get detectedMs(): number {
    return this.emitted[0]?.detectedMs ?? Number.POSITIVE_INFINITY;
  }

  get clearedMs(): number {
    return this.lastClearedMs;
  }

  get severity(): Severity | null {
    return this.emitted.at(-1)?.severity ?? null;
  }

  get scope(): Scope {
    return this.identity.scope;
  }

  /** Takes the judgement of the sample at `atMs` (event time); emits when the finding begins, grows or ends. */
  update(judgement: Judgement, atMs: number, rule: ClearRule, sink: AnomalySink): void {
    switch (judgement.kind) {
      case 'learning':
        return;
      case 'deviating':
        this.recoveringSinceMs = null;
        this.normalSamples = 0;
        if (judgement.confirmed) this.deviates(judgement, atMs, sink);
        return;
      case 'normal':
        if (!this.firing) return;
        this.recoveringSinceMs ??= judgement.sinceMs ?? atMs;
        this.normalSamples += 1;
        if (this.normalSamples >= rule.minSamples && atMs - this.recoveringSinceMs >= rule.clearMs)
          this.clear(this.recoveringSinceMs, sink);
        return;
    }
  }

  /** Ends the finding: the series was normal from `clearedMs` on, or what it was about is gone. */
  clear(clearedMs: number, sink: AnomalySink): void {
    for (const anomaly of this.emitted)
      sink({ ...anomaly, state: 'cleared', clearedMs: Math.max(clearedMs, anomaly.onsetMs) });
    this.emitted = [];
    this.recoveringSinceMs = null;
    this.normalSamples = 0;
    this.lastClearedMs = clearedMs;
  }

  /** Emits what is firing once more, with the same ids (after a rebuild, when it may not have been handed on). */
  announce(sink: AnomalySink): void {
    for (const anomaly of this.emitted) sink(anomaly);
  }

  private deviates(deviation: Deviation, atMs: number, sink: AnomalySink): void {
    const grew = this.severity === 'info' && deviation.severity !== 'info';
    if (this.firing && !grew) return;
    const onsetMs = Math.min(this.firing ? this.onsetMs : deviation.onsetMs, atMs);
    const { detector, signal, scope, seriesKey, metric, title } = this.identity;
    const grown = this.firing ? '|grown' : '';
    const anomaly: Anomaly = {
      id: `anomaly-${fnv1a64(`${seriesKey}|${detector}|${signal}|${onsetMs}${grown}`)}`,
      state: 'firing',
      detector,
      signal,
      scope,
      seriesKey,
      ...(title === undefined ? {} : { title }),
      metric,
      direction: deviation.direction,
      onsetMs,
      detectedMs: atMs,
      expected: deviation.expected,
      seen: deviation.seen,
      ...(deviation.baseline === undefined ? {} : { baseline: deviation.baseline }),
      score: Math.min(maxScore, Math.max(0, deviation.score)),
      confidence: Math.min(1, Math.max(0, deviation.confidence)),
      severity: deviation.severity,
      summary: deviation.summary,
    };
    this.emitted.push(anomaly);
    sink(anomaly);
  }
}
