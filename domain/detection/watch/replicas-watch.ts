// Replicas that run against replicas that were asked for; and single instances that stop running.

import type { Severity } from '../../scope.ts';
import { Threshold } from '../detectors/threshold.ts';
import { safeName } from '../names.ts';
import type { SignalRule } from '../signals.ts';
import {
  type MetricSource,
  type MetricWatch,
  type Replicas,
  type WatchContext,
  watchKey,
} from './context.ts';
import { MetricFindings } from './findings.ts';

/** A service that never had all its replicas is reported after this long, too. */
const neverFullMs = 60_000;
const neverFullSamples = 3;
const graceSamples = 2;
const minSamples = 2;

abstract class AvailabilityWatch implements MetricWatch {
  readonly source: MetricSource;
  protected readonly threshold = new Threshold();
  protected readonly findings: MetricFindings;

  constructor(source: MetricSource, rule: SignalRule) {
    this.source = source;
    this.findings = new MetricFindings(source, rule.signal);
  }

  abstract observe(atMs: number, value: number, context: WatchContext, intervalMs: number): void;

  get firing(): boolean {
    return this.findings.firing;
  }

  get suspicious(): boolean {
    return this.threshold.suspicious;
  }

  abandon(atMs: number, { sink }: WatchContext): void {
    this.findings.clearAll(atMs, sink);
  }

  announce({ sink }: WatchContext): void {
    this.findings.announce(sink);
  }

  /** `missing` of `wanted` are not there. */
  protected judge(
    atMs: number,
    {
      wanted,
      missing,
      severity,
      summary,
    }: { wanted: number; missing: number; severity: Severity; summary: string },
    { config, sink }: WatchContext,
  ): void {
    const judgement = this.threshold.judge(
      {
        atMs,
        level: missing,
        atLeast: 0,
        expected: wanted,
        seen: wanted - missing,
        severity,
        direction: 'down',
        summary: () => summary,
      },
      { limit: 0.5, release: 0.5, durationMs: config.capacity.availabilityMs, minSamples },
      this.firing,
    );
    this.findings.update('threshold', judgement, atMs, config.clearing, sink);
  }
}

export class ReplicasWatch extends AvailabilityWatch {
  private firstMs: number | null = null;
  private wasFull = false;

  observe(atMs: number, available: number, context: WatchContext, intervalMs: number): void {
    this.firstMs ??= atMs;
    const replicas = context.replicas.get(replicasKey(this.source));
    if (replicas?.desired === undefined) return;
    const graceMs = Math.max(context.config.capacity.scaleUpGraceMs, graceSamples * intervalMs);
    const wanted = wantedNow(replicas, atMs, available, graceMs);
    if (available >= replicas.desired) this.wasFull = true;
    if (!this.wasFull && atMs - this.firstMs < Math.max(neverFullMs, neverFullSamples * intervalMs)) return;
    const severity = available <= 0 && wanted > 0 ? 'critical' : 'warning';
    const summary = `${safeName(this.source.service)} has ${available} of ${wanted} replicas available`;
    this.judge(atMs, { wanted, missing: Math.max(0, wanted - available), severity, summary }, context);
  }
}

export class RunningWatch extends AvailabilityWatch {
  private upSamples = 0;

  observe(atMs: number, running: number, context: WatchContext): void {
    const down = running < 0.5;
    if (!down) this.upSamples += 1;
    if (this.upSamples < minSamples) return;
    const summary = `an instance of ${safeName(this.source.service)} does not run`;
    // Where the replicas of the service are counted, they say whether it matters.
    const counted = context.replicas.has(watchKey(this.source.service, '', ''));
    this.judge(
      atMs,
      { wanted: 1, missing: down ? 1 : 0, severity: counted ? 'info' : 'warning', summary },
      context,
    );
  }
}

/** Notes how many replicas are asked for. */
export function noteDesired(
  source: MetricSource,
  atMs: number,
  desired: number,
  { replicas }: WatchContext,
): void {
  const key = replicasKey(source);
  const known = replicas.get(key);
  if (known?.desired === desired) return;
  const raised = known?.desired !== undefined && desired > known.desired;
  replicas.set(key, { desired, before: raised ? known.desired : undefined, raisedMs: atMs });
}

function wantedNow(replicas: Replicas, atMs: number, available: number, graceMs: number): number {
  const { desired = 0, before, raisedMs } = replicas;
  if (before === undefined) return desired;
  if (available >= desired || atMs - raisedMs > graceMs) {
    replicas.before = undefined;
    return desired;
  }
  return before;
}

function replicasKey(source: MetricSource): string {
  return watchKey(source.service, source.instance, source.attributes);
}
