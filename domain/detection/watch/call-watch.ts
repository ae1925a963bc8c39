// Calls at one side of one edge under watch: failures, latency and (of a service's own side) traffic.

import type { CallBucket } from '../../telemetry.ts';
import type { DetectorId, SignalKind } from '../anomaly.ts';
import type { DetectionConfig } from '../config.ts';
import { CallSlots } from '../detectors/call-slots.ts';
import { ErrorRatio } from '../detectors/error-ratio.ts';
import { Latency } from '../detectors/latency.ts';
import { Traffic } from '../detectors/traffic.ts';
import { type ClearRule, Finding, type Judgement, learning } from '../lifecycle.ts';
import { safeName } from '../names.ts';
import { relearnMs, restMs } from '../paces.ts';
import { type CallMeasure, seriesKey } from '../series.ts';
import type { WatchContext } from './context.ts';

export type CallSource = {
  readonly environment: string;
  readonly service: string;
  readonly side: 'server' | 'client';
  readonly peer: string;
};

/** The instances of a slot report one after the other: several rows are not several slots. */
const clearSlots = 2;

/** How a client-side anomaly names its callee, in the component of its scope. */
export function edgeComponent(peer: string): string {
  return `calls:${peer}`;
}

export class CallWatch {
  readonly source: CallSource;
  usedMs: number;
  private readonly slots = new CallSlots();
  private readonly errorRatio: ErrorRatio;
  private readonly latency: Latency;
  private readonly traffic: Traffic | null;
  private readonly errors: Finding;
  private slowness: Finding | null = null;
  private readonly rate: Finding;
  private trafficThroughMs = Number.NEGATIVE_INFINITY;
  private changed = false;

  constructor(source: CallSource, nowMs: number) {
    this.source = source;
    this.usedMs = nowMs;
    const service = safeName(source.service);
    const isServer = source.side === 'server';
    const what = isServer ? `calls to ${service}` : `calls from ${service} to ${safeName(source.peer)}`;
    this.errorRatio = new ErrorRatio({ what, isServer });
    this.latency = new Latency(what);
    this.traffic = isServer ? new Traffic(source.service) : null;
    this.errors = this.finding('error-ratio', 'errors', 'errors');
    this.rate = this.finding('robust-z', 'traffic', 'traffic');
  }

  /** How much time one row of it counts. */
  get stepMs(): number {
    return this.slots.stepMs;
  }

  get firing(): boolean {
    return this.errors.firing || this.rate.firing || (this.slowness?.firing ?? false);
  }

  add(row: CallBucket, nowMs: number): void {
    this.usedMs = nowMs;
    if (this.slots.add(row)) this.changed = true;
  }

  /** Judges what was added since the last time. */
  judge(context: WatchContext): void {
    if (!this.changed) return;
    this.changed = false;
    const { config, sink } = context;
    const atMs = this.slots.untilMs;
    const rule = this.clearing(config);

    const erred = this.errors.firing;
    this.errors.update(this.errorRatio.judge(this.slots, config, erred), atMs, rule, sink);
    if (erred && !this.errors.firing) this.errorRatio.skipThrough(atMs);

    const slow = this.slowness?.firing ?? false;
    const judgement = this.latency.judge(this.slots, config, slow, this.errorRatio.usual);
    if (this.slowness === null && judgement.kind === 'deviating' && judgement.confirmed)
      this.slowness = this.finding('latency', 'latency', this.latency.measure);
    this.slowness?.update(judgement, atMs, rule, sink);
    if (slow && this.slowness?.firing === false) {
      this.slowness = null;
      this.latency.skipThrough(atMs);
    }
  }

  /** Judges the rate of calls; every second before `throughMs` is complete and the service was alive in it. */
  judgeTraffic(untilMs: number, { config, sink }: WatchContext): void {
    const throughMs = this.slots.coarse ? this.slots.floor(untilMs) : untilMs;
    if (this.traffic === null || throughMs <= this.trafficThroughMs) return;
    this.trafficThroughMs = throughMs;
    const wasFiring = this.rate.firing;
    const resting = !wasFiring && throughMs - this.rate.clearedMs < restMs(config, this.stepMs);
    const judgement: Judgement = this.traffic.judge(this.slots, throughMs, config, wasFiring);
    this.rate.update(resting ? learning : judgement, throughMs, this.clearing(config), sink);
    if (wasFiring && !this.rate.firing) this.traffic.skipThrough(throughMs);
    if (this.rate.firing && throughMs - this.rate.detectedMs >= relearnMs(config, this.stepMs)) {
      this.traffic.relearn(throughMs);
      this.rate.clear(throughMs, sink);
    }
  }

  /** Nothing is known of the seconds before: they are no zeros. */
  skipTraffic(throughMs: number): void {
    this.trafficThroughMs = Math.max(this.trafficThroughMs, throughMs);
    this.traffic?.skipThrough(throughMs);
  }

  announce({ sink }: WatchContext): void {
    for (const finding of [this.errors, this.slowness, this.rate]) finding?.announce(sink);
  }

  private clearing({ clearing }: DetectionConfig): ClearRule {
    return { ...clearing, clearMs: Math.max(clearing.clearMs, clearSlots * this.stepMs) };
  }

  private finding(detector: DetectorId, signal: SignalKind, measure: CallMeasure): Finding {
    const { environment, service, side, peer } = this.source;
    const edge = side === 'client' ? { component: edgeComponent(peer) } : {};
    return new Finding({
      detector,
      signal,
      scope: { environment, service, ...edge },
      seriesKey: seriesKey({ kind: 'calls', environment, service, side, peer, measure }),
      metric: `calls.${side}.${measure}`,
    });
  }
}
