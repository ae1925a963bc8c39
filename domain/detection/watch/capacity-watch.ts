// A resource with a capacity (CPU, memory, disk, connections): too full for too long, filling up, or just unusual.

import { labelText, parseLabels } from '../aggregate/labels.ts';
import type { DetectionConfig } from '../config.ts';
import { RobustWindow } from '../detectors/robust-window.ts';
import { RobustZ } from '../detectors/robust-z.ts';
import { Threshold } from '../detectors/threshold.ts';
import { Trend } from '../detectors/trend.ts';
import { learning } from '../lifecycle.ts';
import { percent, plainBytes, plainNumber, safeName } from '../names.ts';
import { restMs } from '../paces.ts';
import { type SignalRule, withoutState } from '../signals.ts';
import { type MetricSource, type MetricWatch, type WatchContext, watchKey } from './context.ts';
import { MetricFindings } from './findings.ts';

type Resource = 'cpu' | 'memory' | 'disk' | 'pool';
const words: Record<Resource, string> = {
  cpu: 'CPU',
  memory: 'memory',
  disk: 'disk',
  pool: 'connection pool',
};
const minSamples = 3;
const hysteresis = 0.03;

export class CapacityWatch implements MetricWatch {
  readonly source: MetricSource;
  private readonly resource: Resource;
  private readonly isShare: boolean;
  private readonly capacityKey: string;
  private readonly siblingKey: string;
  private window: RobustWindow | null = null;
  private inherited = false;
  private firstMs: number | null = null;
  private readonly threshold = new Threshold();
  private readonly unusual: RobustZ;
  private readonly newTrend: ((config: DetectionConfig['trend']) => Trend) | null;
  private trend: Trend | null = null;
  private readonly findings: MetricFindings;

  constructor(source: MetricSource, rule: SignalRule, resource: Resource) {
    this.source = source;
    this.resource = resource;
    this.isShare = rule.role === 'share';
    this.capacityKey = capacityKeyOf(source, resource);
    this.siblingKey = watchKey(source.service, source.metric, source.attributes);
    const growing = resource === 'memory' || resource === 'disk';
    const inWords = this.isShare ? percent : growing ? plainBytes : plainNumber;
    this.unusual = new RobustZ(source.service, source.metric, rule.direction, inWords);
    this.newTrend = growing ? (config) => new Trend(words[resource], source.service, inWords, config) : null;
    this.findings = new MetricFindings(source, rule.signal);
  }

  get firing(): boolean {
    return this.findings.firing;
  }

  get suspicious(): boolean {
    return this.threshold.suspicious || this.unusual.suspicious;
  }

  observe(atMs: number, value: number, context: WatchContext, intervalMs: number): void {
    const { config, sink } = context;
    this.firstMs ??= atMs;
    const window = this.usual(context);
    const limit = this.limit(value, context);
    const starting = this.source.instance !== '' && atMs - this.firstMs < config.baseline.startUpMs;
    if (this.newTrend !== null && limit !== null) {
      this.trend ??= this.newTrend(config.trend);
      const firing = this.findings.isFiring('trend');
      const judgement = this.trend.judge(atMs, value, limit, config.trend, firing);
      this.findings.update('trend', judgement, atMs, config.clearing, sink);
    }
    if (starting) {
      if (!this.inherited) window.learn(atMs, value, config.baseline);
      return;
    }
    const hint = this.unusual.judge(atMs, value, window, config, this.findings.isFiring('robust-z'));
    const hintFinding = this.findings.of('robust-z');
    const resting =
      hintFinding !== undefined &&
      !hintFinding.firing &&
      atMs - hintFinding.clearedMs < restMs(config, intervalMs);
    this.findings.update('robust-z', resting ? learning : hint, atMs, config.clearing, sink);
    if (limit !== null) this.judgeLevel(atMs, value, limit, window, context);
    if (!this.firing && !this.suspicious) {
      this.unusual.learn(atMs, value, window, config, intervalMs);
      if (window.ready(config.baseline)) context.siblings.set(this.siblingKey, window);
    }
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }

  private judgeLevel(
    atMs: number,
    value: number,
    limit: number,
    window: RobustWindow,
    { config, sink }: WatchContext,
  ): void {
    if (!window.ready(config.baseline)) return;
    const share = value / limit;
    const tooFull = config.capacity[this.resource];
    const rise = this.resource === 'cpu' ? config.capacity.cpuMinRise : config.capacity.minRise;
    const usualShare = window.median / limit;
    const sample = {
      atMs,
      level: share,
      atLeast: usualShare + rise,
      expected: window.median,
      seen: value,
      baseline: () => window.freeze(),
      severity: 'warning',
      direction: 'up',
      summary: () =>
        `${words[this.resource]} of ${safeName(this.source.service)} is at ${percent(share)} of its limit, usually ${percent(usualShare)}`,
    } as const;
    const rule = {
      limit: tooFull,
      release: tooFull - hysteresis,
      durationMs: config.capacity.durationMs,
      minSamples,
    };
    const judgement = this.threshold.judge(sample, rule, this.findings.isFiring('threshold'));
    this.findings.update('threshold', judgement, atMs, config.clearing, sink);
  }

  /** The window of usual values; a new instance starts with what was usual for the others. */
  private usual(context: WatchContext): RobustWindow {
    if (this.window !== null) return this.window;
    const sibling = this.source.instance === '' ? undefined : context.siblings.get(this.siblingKey);
    this.inherited = sibling !== undefined;
    this.window = sibling?.copy() ?? new RobustWindow();
    return this.window;
  }

  private limit(value: number, { capacities }: WatchContext): number | null {
    if (this.isShare) return 1;
    const capacity =
      capacities.get(this.capacityKey) ??
      capacities.get(watchKey(this.source.service, this.source.instance, this.resource, ''));
    if (capacity?.limit !== undefined && capacity.limit > 0) return capacity.limit;
    if (capacity?.free !== undefined && value + capacity.free > 0) return value + capacity.free;
    return null;
  }
}

/** The capacity that a usage, a limit and a remainder belong to: same instance, same attributes but for their states. */
export function capacityKeyOf(source: MetricSource, resource: string): string {
  const labels = labelText(withoutState(parseLabels(source.attributes)));
  return watchKey(source.service, source.instance, resource, labels);
}

export function isResource(signal: string): signal is Resource {
  return signal in words;
}
