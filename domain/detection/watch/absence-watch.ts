// Telemetry that stopped: of a whole service, or of one instance that nothing replaced. Silence is measured by the
// receiver's clock in multiples of the usual pause; a pipeline that is silent for everybody is a hint, not a symptom of
// each service.
// Source: heartbeat failure detection, as in Chen, Toueg, Aguilera 2002, "On the quality of service of failure detectors".

import type { Severity } from '../../scope.ts';
import { Finding, type Judgement, normal } from '../lifecycle.ts';
import { plainMs, safeName } from '../names.ts';
import { idleAfterMs } from '../paces.ts';
import { seriesKey } from '../series.ts';
import { type WatchContext, watchKey } from './context.ts';
import type { Channel, InstanceLife, ServiceLife } from './liveness.ts';

/** New instances may start this long before the old one goes. */
const rollingMs = 60_000;
const patience = { periodic: 1, other: 10 };
const manyServices = 3;
const clearRule = { clearMs: 3_000, minSamples: 2 };

export class AbsenceWatch {
  private readonly environment: string;
  private readonly findings = new Map<string, Finding>();

  constructor(environment: string) {
    this.environment = environment;
  }

  /** Judges all services at `nowMs`, the receiver's clock. */
  judge(services: ReadonlyMap<string, ServiceLife>, nowMs: number, context: WatchContext): void {
    const everybody =
      services.size >= manyServices && [...services.values()].every((life) => hushed(life, nowMs));
    for (const life of services.values()) {
      this.judgeService(life, nowMs, everybody, context);
      if (this.findings.get(watchKey(life.name, ''))?.firing) continue;
      for (const [name, instance] of life.instances) this.judgeInstance(life, name, instance, nowMs, context);
    }
  }

  announce({ sink }: WatchContext): void {
    for (const finding of this.findings.values()) finding.announce(sink);
  }

  forget(service: string): void {
    for (const key of this.findings.keys()) if (key.startsWith(`${service}\u0000`)) this.findings.delete(key);
  }

  private judgeService(life: ServiceLife, nowMs: number, everybody: boolean, context: WatchContext): void {
    const { heart } = life;
    const { absence } = context.config;
    if (heart.arrivals < absence.minArrivals) return;
    const limitMs = limitOf(heart, absence.times, absence.minSilenceMs);
    const silentMs = nowMs - heart.lastMs;
    const severity = everybody || !heart.periodic ? 'info' : 'warning';
    const judgement = silentMs > limitMs ? missing(life.name, '', heart, silentMs, severity) : normal;
    this.update(life.name, '', judgement, nowMs, context);
  }

  private judgeInstance(
    life: ServiceLife,
    name: string,
    instance: InstanceLife,
    nowMs: number,
    context: WatchContext,
  ): void {
    const { absence, limits } = context.config;
    const channel = instance.own.known ? instance.own : instance.any;
    const silentMs = nowMs - channel.lastMs;
    const limitMs = limitOf(channel, absence.instanceTimes, absence.minSilenceMs * 2);
    const finding = this.findings.get(watchKey(life.name, name));
    if (silentMs <= limitMs) {
      this.update(life.name, name, normal, nowMs, context);
      return;
    }
    const isGone = nowMs - instance.any.lastMs > limitMs;
    const desired = context.replicas.get(watchKey(life.name, '', ''))?.desired;
    const enough = isGone && desired !== undefined && life.alive(nowMs).length >= desired;
    if (
      enough ||
      replaced(life, instance, nowMs) ||
      silentMs > idleAfterMs(limits.idleSeriesMs, channel.pauseMs)
    ) {
      if (finding?.firing) finding.clear(nowMs, context.sink);
      this.findings.delete(watchKey(life.name, name));
      if (nowMs - instance.any.lastMs > rollingMs) life.instances.delete(name);
      return;
    }
    if (channel.arrivals < absence.minArrivals || !channel.periodic) return;
    this.update(life.name, name, missing(life.name, name, channel, silentMs, 'info'), nowMs, context);
  }

  private update(
    service: string,
    instance: string,
    judgement: Judgement,
    nowMs: number,
    context: WatchContext,
  ): void {
    const key = watchKey(service, instance);
    let finding = this.findings.get(key);
    if (finding === undefined) {
      if (judgement.kind !== 'deviating') return;
      const { environment } = this;
      const resource = instance === '' ? {} : { resourceId: instance };
      finding = new Finding({
        detector: 'absence',
        signal: 'absence',
        scope: { environment, service, ...resource },
        seriesKey: seriesKey({ kind: 'absence', environment, service, instance }),
        metric: 'telemetry',
      });
      this.findings.set(key, finding);
    }
    finding.update(judgement, nowMs, clearRule, context.sink);
    if (!finding.firing) this.findings.delete(key);
  }
}

function limitOf(channel: Channel, times: number, minMs: number): number {
  const factor = times * (channel.periodic ? patience.periodic : patience.other);
  return Math.max(minMs, factor * channel.pauseMs + 1_000);
}

/** Silent for longer than its usual pause: on the way to be missing. */
function hushed({ heart }: ServiceLife, nowMs: number): boolean {
  return nowMs - heart.lastMs > 1.5 * heart.pauseMs + 1_000;
}

/** Another instance came up around the time this one went, and is heard of. */
function replaced(life: ServiceLife, gone: InstanceLife, nowMs: number): boolean {
  for (const name of life.alive(nowMs)) {
    const other = life.instances.get(name);
    if (
      other !== undefined &&
      other !== gone &&
      other.firstMs >= gone.any.lastMs - rollingMs &&
      other.firstMs > gone.firstMs
    )
      return true;
  }
  return false;
}

function missing(
  service: string,
  instance: string,
  channel: Channel,
  silentMs: number,
  severity: Severity,
): Judgement {
  const who = instance === '' ? safeName(service) : `instance ${safeName(instance)} of ${safeName(service)}`;
  return {
    kind: 'deviating',
    confirmed: true,
    onsetMs: Math.round(channel.lastEventMs + channel.pauseMs),
    direction: 'down',
    expected: channel.pauseMs / 1000,
    seen: silentMs / 1000,
    score: silentMs / Math.max(100, channel.pauseMs),
    confidence: 0.9,
    severity,
    summary: `no telemetry of ${who} for ${plainMs(silentMs)}, usually every ${plainMs(channel.pauseMs)}`,
  };
}
