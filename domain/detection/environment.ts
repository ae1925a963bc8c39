// Detection in one environment: aggregation, watches and liveness wired together. Everything passes here in one order:
// observations → rows → watches → anomalies.

import type { TelemetryObservation } from '../observation.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../telemetry.ts';
import { AheadRows } from './aggregate/ahead-rows.ts';
import { CallAggregator } from './aggregate/calls.ts';
import { LogAggregator } from './aggregate/logs.ts';
import { ServedRequests } from './aggregate/served-requests.ts';
import type { DetectionConfig } from './config.ts';
import { FairShare } from './fair-share.ts';
import type { Learnt } from './learnt/learnt.ts';
import { RecalledLearning } from './learnt/recalled.ts';
import type { AnomalySink } from './lifecycle.ts';
import { slowFrom } from './objectives.ts';
import type { DropCounter, Refusal } from './output.ts';
import { idleAfterMs } from './paces.ts';
import { isReportedFromOutside, isServedRequests } from './signals.ts';
import { abandonGone } from './watch/abandon.ts';
import { AbsenceWatch } from './watch/absence-watch.ts';
import { BudgetTable } from './watch/budget-table.ts';
import type { Budget } from './watch/budget-watch.ts';
import { CallWatch } from './watch/call-watch.ts';
import { type WatchContext, watchKey } from './watch/context.ts';
import { ServiceLife } from './watch/liveness.ts';
import { LogWatch } from './watch/log-watch.ts';
import { type HistogramSeen, MetricTable } from './watch/metric-table.ts';

export type Rows = { calls: CallBucket[]; metrics: MetricBucket[]; logs: LogBucket[] };

/** A service that sends metrics but no spans for this long is judged by its metrics. */
const spansExpectedMs = 15_000;
const secondMs = 1_000;
const logJudgeMs = 900;
const blindMs = 10_000;
/** Log records this much older than what their service says now are history: the windows of detection are shorter. */
const lateMs = 60_000;
/** As far back as a rate of calls is measured. */
const rateMs = 60_000;

export class EnvironmentDetector {
  private readonly config: DetectionConfig;
  private readonly context: WatchContext;
  private readonly drops: DropCounter;
  private readonly environment: string;
  private readonly calls: CallAggregator;
  private readonly served: ServedRequests;
  private readonly budgets: BudgetTable;
  private readonly logs: LogAggregator;
  private readonly metrics: MetricTable;
  private readonly ahead: AheadRows;
  private readonly callWatches = new Map<string, CallWatch>();
  private readonly callWatchesOf = new Map<string, Set<string>>();
  private readonly logWatch: LogWatch;
  private readonly absence: AbsenceWatch;
  private readonly services = new Map<string, ServiceLife>();
  private readonly withSpans = new Set<string>();
  /** Services whose calls are known from their own metrics. */
  private readonly counted = new Set<string>();
  private readonly shares: FairShare;
  private evicted = 0;
  private metricRows: MetricBucket[] = [];
  private logsJudgedMs = Number.NEGATIVE_INFINITY;

  constructor(environment: string, config: DetectionConfig, drops: DropCounter, sink: AnomalySink) {
    this.environment = environment;
    this.config = config;
    this.shares = new FairShare(config.limits.servicesPerEnvironment);
    this.drops = drops;
    this.context = {
      config,
      sink,
      capacities: new Map(),
      replicas: new Map(),
      siblings: new Map(),
      learnt: new RecalledLearning(),
    };
    this.calls = new CallAggregator(config, drops);
    this.served = new ServedRequests((service) => slowFrom(service, config.slos));
    this.budgets = new BudgetTable(environment, config.slos);
    this.logs = new LogAggregator(config);
    this.ahead = new AheadRows(drops);
    this.metrics = new MetricTable(environment, this.context, drops);
    this.logWatch = new LogWatch(environment, drops);
    this.absence = new AbsenceWatch(environment);
  }

  /** Null when the observation has an effect, or had it before. */
  /** `sender`: whose share of the services a new one takes. */
  add(observation: TelemetryObservation, receivedMs: number, sender = ''): Refusal | null {
    this.admit(observation.scope.service, sender);
    switch (observation.kind) {
      case 'span':
        this.withSpans.add(observation.scope.service);
        this.note(observation, observation.startMs + observation.durationMs, receivedMs, true, false);
        return this.calls.add(observation, receivedMs);
      case 'log':
        if (observation.fromOutside !== true)
          this.note(observation, observation.atMs, receivedMs, true, false);
        return this.logs.add(observation, receivedMs);
      case 'gauge':
      case 'counter':
      case 'histogram':
        this.note(
          observation,
          observation.atMs,
          receivedMs,
          !isReportedFromOutside(observation.metric),
          true,
        );
        return this.metrics.add(observation, receivedMs, this.metricRows, this.servedRequests);
    }
  }

  /** Calls of a service that sends no spans, from its own duration histogram. */
  private readonly servedRequests: HistogramSeen = (point, increase, atMs, receivedMs) => {
    if (isServedRequests(point.metric) && this.servesWithoutSpans(point.scope.service, receivedMs))
      this.served.add(point, increase, atMs);
  };

  /** Closes and judges what is complete at `nowMs`; the rows of history that became complete. */
  finish(nowMs: number): Rows {
    const served = this.served.close();
    for (const { service } of served) this.counted.add(service);
    const calls = [...this.calls.close(nowMs), ...served];
    const logs = this.logs.close(nowMs);
    const metrics = this.metricRows;
    this.metricRows = [];
    this.watch(calls, logs, nowMs);
    this.budgets.judge(this.context);
    this.judgeTraffic(nowMs);
    if (logs.length > 0 || nowMs - this.logsJudgedMs >= logJudgeMs) {
      this.logsJudgedMs = nowMs;
      const waitMs = this.config.buckets.logWaitMs + 1_000;
      this.logWatch.judge((service) => this.heardUntil(service, waitMs), this.context);
    }
    return { calls, metrics, logs };
  }

  /** What only the passing of time shows: silence, instances that are gone, series to forget. */
  tick(nowMs: number): void {
    this.absence.judge(this.services, nowMs, this.context);
    abandonGone(this.metrics, this.services, nowMs, this.context);
    this.metrics.sweep(nowMs);
    const { idleSeriesMs } = this.config.limits;
    this.logWatch.sweep(nowMs, idleSeriesMs);
    for (const [key, watch] of this.callWatches) {
      const idleMs = watch.firing ? this.config.absence.forgetMs : idleAfterMs(idleSeriesMs, watch.stepMs);
      if (nowMs - watch.usedMs > idleMs) this.dropCallWatch(key, watch.source.service);
    }
    for (const life of this.services.values())
      if (nowMs - life.any.lastMs > this.config.absence.forgetMs) this.forget(life.name);
  }

  /** Replays one second of history. */
  replay(rows: Rows, atMs: number): void {
    for (const row of rows.calls) {
      if (row.intervalMs !== undefined) this.counted.add(row.service);
      this.noteRow(row, true, false, row.intervalMs === undefined);
      this.calls.restore(row);
    }
    for (const row of rows.logs) {
      if (row.fromOutside === true) continue;
      this.noteRow({ ...row, instance: '' }, true, false);
      this.services.get(row.service)?.recorded(row.atMs + secondMs - 1);
    }
    for (const row of rows.metrics) {
      this.noteRow(row, !isReportedFromOutside(row.metric), true);
      this.metrics.replay(row, atMs);
    }
    for (const row of rows.logs) this.logs.restore(row);
    this.watch(rows.calls, rows.logs, atMs);
    for (const { source } of this.callWatches.values())
      if (source.side === 'server') this.callWatches.get(callKey(source))?.judgeTraffic(atMs, this.context);
    this.logWatch.judge((service) => this.heardUntil(service, 0), this.context);
  }

  /** Silence so far was ours, not theirs: nothing was received. */
  forgive(nowMs: number): void {
    for (const life of this.services.values()) life.forgive(nowMs);
  }

  /** Emits everything that fires once more. */
  announce(): void {
    for (const watch of this.callWatches.values()) watch.announce(this.context);
    for (const watch of this.metrics.firingWatches()) watch.announce(this.context);
    this.logWatch.announce(this.context);
    this.budgets.announce(this.context);
    this.absence.announce(this.context);
  }

  /** How its services stand to their objectives. */
  budgetsLeft(): readonly Budget[] {
    return this.budgets.budgets();
  }

  /** What was learnt since it was last asked for and cannot be learnt from history again. */
  takeLearnt(most: number): readonly Learnt[] {
    return [...this.budgets.takeLearnt(), ...this.context.learnt.take(most)];
  }

  recall(learnt: Learnt): void {
    if (!this.budgets.recall(learnt)) this.context.learnt.giveBack(learnt);
  }

  takeNewEdges(): { caller: string; callee: string }[] {
    return this.calls.takeNewEdges();
  }

  /** Rows in time order across senders: those of a clock that is ahead wait, those of the past have been judged or missed. */
  private watch(calls: readonly CallBucket[], logs: readonly LogBucket[], nowMs: number): void {
    const due = this.ahead.due(calls, logs, nowMs);
    const touched = new Set<CallWatch>();
    for (const row of due.calls) {
      const watch = this.callWatch(row, nowMs);
      if (watch === null) continue;
      watch.add(row, nowMs);
      touched.add(watch);
    }
    for (const watch of touched) watch.judge(this.context);
    for (const row of due.calls) this.budgets.add(row);
    for (const row of due.logs) {
      const heardMs = this.heardUntil(row.service, 0) ?? row.atMs;
      if (row.atMs > heardMs - lateMs) this.logWatch.add(row, nowMs);
    }
  }

  private judgeTraffic(nowMs: number): void {
    for (const service of this.counted) this.judgeCounted(service);
    for (const [service, closedMs] of this.calls.closedThrough()) {
      const watch = this.callWatches.get(callKey({ service, side: 'server', peer: '' }));
      const heardMs = this.heardUntil(service, 0);
      if (watch === undefined || heardMs === null) continue;
      const throughMs = Math.min(closedMs, Math.floor(heardMs / 1000) * 1000);
      // What comes late is counted when it is whole: until then fewer calls are known than there were.
      if (this.calls.waitsFor(service, throughMs - rateMs)) continue;
      const life = this.services.get(service);
      const isBlind = throughMs < (life?.blindUntilMs ?? 0) + blindMs || life?.awaitsCalls(nowMs) === true;
      if (isBlind) watch.skipTraffic(throughMs);
      else watch.judgeTraffic(throughMs, this.context);
    }
  }

  /** Traffic of a service that counts its calls itself: an interval is complete when it is heard of in the next one. */
  private judgeCounted(service: string): void {
    const watch = this.callWatches.get(callKey({ service, side: 'server', peer: '' }));
    const heardMs = this.heardUntil(service, 0);
    if (this.withSpans.has(service) || watch === undefined || heardMs === null) return;
    const { stepMs } = watch;
    const throughMs = Math.floor(heardMs / stepMs) * stepMs;
    const blindUntilMs = this.services.get(service)?.blindUntilMs ?? 0;
    if (throughMs < blindUntilMs + Math.max(blindMs, stepMs)) watch.skipTraffic(throughMs);
    else watch.judgeTraffic(throughMs, this.context);
  }

  private callWatch(row: CallBucket, nowMs: number): CallWatch | null {
    const key = callKey(row);
    let watch = this.callWatches.get(key);
    if (watch === undefined) {
      const { limits } = this.config;
      if (this.callWatches.size >= limits.servicesPerEnvironment * 10) {
        this.drops.add('series-limit');
        return null;
      }
      const { service, side, peer } = row;
      watch = new CallWatch({ environment: this.environment, service, side, peer }, nowMs);
      this.callWatches.set(key, watch);
      const own = this.callWatchesOf.get(service) ?? new Set();
      this.callWatchesOf.set(service, own.add(key));
    }
    return watch;
  }

  private servesWithoutSpans(service: string, nowMs: number): boolean {
    const firstMs = this.services.get(service)?.firstMs ?? nowMs;
    return !this.withSpans.has(service) && nowMs - firstMs >= spansExpectedMs;
  }

  /** The instant (sender's clock) until which the service was heard of itself. */
  private heardUntil(service: string, lessMs: number): number | null {
    const life = this.services.get(service);
    return life?.heart.known ? life.heart.lastEventMs - lessMs : null;
  }

  private note(
    { scope, kind }: TelemetryObservation,
    eventMs: number,
    receivedMs: number,
    own: boolean,
    periodic: boolean,
  ): void {
    const life = this.life(scope.service, receivedMs);
    const [call, log] = [kind === 'span', kind === 'log'];
    const seen = { receivedMs, eventMs, own, periodic, call, log };
    life?.note(scope.resourceId ?? '', seen, this.config.limits);
  }

  private noteRow(
    row: { service: string; instance: string; atMs: number },
    own: boolean,
    periodic: boolean,
    call = false,
  ): void {
    const seen = { receivedMs: row.atMs, eventMs: row.atMs, own, periodic, call, log: false };
    this.life(row.service, row.atMs)?.note(row.instance, seen, this.config.limits);
  }

  private life(service: string, nowMs: number): ServiceLife | undefined {
    let life = this.services.get(service);
    if (life === undefined) {
      this.admit(service, '');
      life = new ServiceLife(service, nowMs);
      this.services.set(service, life);
    }
    return life;
  }

  /** A service is in use; where there is no room for one more, another has to go. */
  private admit(service: string, sender: string): void {
    const gone = this.shares.use(service, sender);
    if (gone === null) return;
    this.evicted += 1;
    this.forget(gone);
  }

  private dropCallWatch(key: string, service: string): void {
    this.callWatches.delete(key);
    this.callWatchesOf.get(service)?.delete(key);
  }

  /** How many services had to go since the last call. */
  takeEvicted(): number {
    const { evicted } = this;
    this.evicted = 0;
    return evicted;
  }

  private forget(service: string): void {
    this.services.delete(service);
    this.withSpans.delete(service);
    this.counted.delete(service);
    this.absence.forget(service);
    this.shares.remove(service);
    this.calls.forget(service);
    this.logs.forget(service);
    this.logWatch.forget(service);
    this.budgets.forget(service);
    this.metrics.forget(service);
    for (const key of this.callWatchesOf.get(service) ?? []) this.callWatches.delete(key);
    this.callWatchesOf.delete(service);
  }
}

function callKey({ service, side, peer }: { service: string; side: string; peer: string }): string {
  return watchKey(service, side, peer);
}
