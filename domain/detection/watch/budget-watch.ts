// A service with an objective under watch: how much of its error budget is left, and how fast it goes.

import type { CallBucket } from '../../telemetry.ts';
import { CallCounts } from '../aggregate/call-counts.ts';
import type { Objective } from '../config.ts';
import { BudgetBurn, budgetLeft, burnRate } from '../detectors/budget-burn.ts';
import type { StateReader, StateWriter } from '../learnt/bytes.ts';
import type { Learner } from '../learnt/learnt.ts';
import { Finding } from '../lifecycle.ts';
import { plainMs, safeName } from '../names.ts';
import { seriesKey } from '../series.ts';
import type { WatchContext } from './context.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const judgeEveryMs = 5_000;
/** One look at the short window says it: that is minutes of calls already. */
const clearRule = { clearMs: 0, minSamples: 1 };

/** How a service stands to an objective, for people. */
export type Budget = {
  readonly environment: string;
  readonly service: string;
  readonly kind: Objective['kind'];
  readonly objective: number;
  readonly windowMs: number;
  /** Of `latency`: what counts as slow. */
  readonly underMs?: number;
  /** 1 all of it, 0 nothing, negative when more was spent than there was. */
  readonly left: number;
  /** How many times as fast as allowed it went in the last hour. */
  readonly burnHour: number;
  /** How much of the window was counted, 0 to 1. */
  readonly counted: number;
  readonly calls: number;
  readonly missed: number;
  readonly atMs: number;
};

export class BudgetWatch implements Learner {
  readonly environment: string;
  readonly service: string;
  private readonly objective: Objective;
  private counts: CallCounts;
  private readonly burns: readonly { readonly burn: BudgetBurn; readonly finding: Finding }[];
  /** The newest second that was counted, and until when what is counted already was kept. */
  untilMs = Number.NEGATIVE_INFINITY;
  private keptMs = Number.NEGATIVE_INFINITY;
  private hasNews = false;
  private judgedMs = Number.NEGATIVE_INFINITY;
  private latencyMs = 0;
  private seen = 0;
  /** What fired when it was kept: it still does until it is seen to be over. */
  private readonly resumed = new Set<BudgetBurn>();

  constructor(environment: string, service: string, objective: Objective) {
    this.environment = environment;
    this.service = service;
    this.objective = objective;
    this.counts = new CallCounts(objective.windowDays * dayMs);
    this.burns = (['fast', 'slow'] as const).map((speed) => ({
      burn: new BudgetBurn({
        what: `calls to ${safeName(service)}`,
        objective: objective.objective,
        speed,
        misses: objective.kind === 'errors' ? 'fail' : `take more than ${plainMs(objective.underMs ?? 0)}`,
      }),
      finding: this.finding(speed),
    }));
  }

  /** Takes a second of calls; which come in any order, each once. What came before it was kept is counted already. */
  add(row: CallBucket): void {
    if (row.atMs <= this.keptMs) return;
    const missed = this.objective.kind === 'errors' ? row.errors : (row.slow ?? 0);
    this.counts.add(row.atMs, row.count, Math.min(row.count, missed));
    this.hasNews = true;
    if (row.atMs >= this.untilMs) this.latencyMs = row.latencyP95Ms;
    this.untilMs = Math.max(this.untilMs, row.atMs);
  }

  /** Judges what was counted, every few seconds. */
  judge({ config, sink }: WatchContext): void {
    const { counts, untilMs: atMs } = this;
    if (atMs - this.judgedMs < judgeEveryMs) return;
    this.judgedMs = atMs;
    if (this.objective.kind === 'errors') {
      const { calls, missed } = counts.within(atMs, 5 * 60_000);
      this.seen = calls === 0 ? 0 : missed / calls;
    } else this.seen = this.latencyMs;
    const expected =
      this.objective.kind === 'errors' ? 1 - this.objective.objective : (this.objective.underMs ?? 0);
    const shown = { seen: this.seen, expected };
    for (const { burn, finding } of this.burns) {
      if (this.resumed.delete(burn)) finding.update(burn.goesOn(counts, atMs, shown), atMs, clearRule, sink);
      const judgement = burn.judge(counts, atMs, shown, config.errorBudget, finding.firing);
      finding.update(judgement, atMs, clearRule, sink);
    }
  }

  announce({ sink }: WatchContext): void {
    for (const { finding } of this.burns) finding.announce(sink);
  }

  get budget(): Budget {
    const { environment, service, counts, untilMs: atMs } = this;
    const { kind, objective, underMs } = this.objective;
    const { windowMs } = counts;
    return {
      ...{ environment, service, kind, objective, windowMs, atMs },
      ...(underMs === undefined ? {} : { underMs }),
      left: budgetLeft(counts, objective, atMs),
      burnHour: burnRate(counts, objective, atMs, hourMs),
      counted: counts.coverage(atMs, windowMs),
      ...counts.within(atMs, windowMs),
    };
  }

  /** Where in the service's learnt state it is. Another threshold counts other calls. */
  get key(): string {
    const { kind, underMs = '' } = this.objective;
    return `budget/${kind}/${underMs}`;
  }

  save(to: StateWriter): void {
    to.number(this.untilMs);
    this.counts.save(to);
    for (const { burn, finding } of this.burns) {
      to.number(finding.firing || this.resumed.has(burn) ? 1 : 0);
      burn.save(to);
    }
  }

  restore(from: StateReader): void {
    this.untilMs = from.number();
    this.keptMs = this.untilMs;
    if (!this.counts.restore(from)) throw new RangeError('kept for another window');
    for (const { burn } of this.burns) {
      if (from.number() === 1) this.resumed.add(burn);
      burn.restore(from);
    }
  }

  /** A watch of the same that has counted nothing. */
  anew(): BudgetWatch {
    return new BudgetWatch(this.environment, this.service, this.objective);
  }

  /** Takes over what another watch of the same had counted before this one began. */
  adopt(known: BudgetWatch): void {
    // It has counted all of that already.
    if (this.counts.firstMs <= known.counts.firstMs) return;
    if (this.counts.firstMs > known.untilMs) known.counts.join(this.counts);
    this.counts = known.counts;
    this.untilMs = Math.max(this.untilMs, known.untilMs);
    this.keptMs = known.keptMs;
    this.hasNews = true;
    for (const [index, { burn, finding }] of this.burns.entries()) {
      const before = known.burns[index];
      if (before === undefined || finding.firing) continue;
      burn.adopt(before.burn);
      if (known.resumed.has(before.burn)) this.resumed.add(burn);
    }
  }

  /** Whether something was counted since it was last asked. */
  takeNews(): boolean {
    const { hasNews } = this;
    this.hasNews = false;
    return hasNews;
  }

  private finding(speed: 'fast' | 'slow'): Finding {
    const { environment, service } = this;
    const isErrors = this.objective.kind === 'errors';
    const measure = isErrors ? 'errors' : 'latency-p95';
    return new Finding({
      detector: `${speed}-burn`,
      signal: isErrors ? 'errors' : 'latency',
      scope: { environment, service },
      seriesKey: seriesKey({ kind: 'calls', environment, service, side: 'server', peer: '', measure }),
      metric: `calls.server.${measure}`,
    });
  }
}
