// Error-budget burn: an objective of 99.9 % leaves a budget of 0.1 % of all calls. It is found when calls miss the objective so much
// faster than that allows that the budget of the whole window goes in days or hours: over a long window, so that it matters, and over a
// short one, so that it is still so. It is over when the short window is.
// Source: Beyer et al. 2018, "The Site Reliability Workbook", chapter 5, multiwindow, multi-burn-rate alerts.

import type { CallCounts } from '../aggregate/call-counts.ts';
import type { BurnRule, DetectionConfig } from '../config.ts';
import type { StateReader, StateWriter } from '../learnt/bytes.ts';
import { type Judgement, learning, normal } from '../lifecycle.ts';
import { finePercent, percent, plainNumber, plainSpan } from '../names.ts';

/** So far below its rate the short window has to be. */
const release = 0.9;

export type BurnSubject = {
  /** In words, safe to print: `calls to payments`. */
  readonly what: string;
  readonly objective: number;
  readonly speed: 'fast' | 'slow';
  /** What a call does that misses the objective: `fail`, `take more than 300 ms`. */
  readonly misses: string;
};

/** What of the budget is left at an instant: 1 all of it, 0 nothing, negative when more was spent than there was. */
export function budgetLeft(counts: CallCounts, objective: number, atMs: number): number {
  const { calls, missed } = counts.within(atMs, counts.windowMs);
  const expected = calls / counts.coverage(atMs, counts.windowMs);
  return calls === 0 ? 1 : 1 - missed / (expected * (1 - objective));
}

/** How many times faster than allowed it went; where not all of the span was counted, the rest counts as free of misses. */
export function burnRate(counts: CallCounts, objective: number, atMs: number, spanMs: number): number {
  const { calls, missed } = counts.within(atMs, spanMs);
  if (calls === 0) return 0;
  return (missed * counts.coverage(atMs, spanMs)) / (calls * (1 - objective));
}

export class BudgetBurn {
  private readonly subject: BurnSubject;
  /** What fires, or fired last: by which rule, since when. */
  private found: { readonly rule: BurnRule; readonly onsetMs: number } | null = null;

  constructor(subject: BurnSubject) {
    this.subject = subject;
  }

  /** `seen`: the value of the series that is shown with it, and what it may be. */
  judge(
    counts: CallCounts,
    atMs: number,
    shown: { readonly seen: number; readonly expected: number },
    config: DetectionConfig['errorBudget'],
    firing: boolean,
  ): Judgement {
    const { objective, speed } = this.subject;
    if (firing && this.found !== null) {
      const { rule } = this.found;
      const short = counts.within(atMs, rule.shortMs);
      if (short.calls === 0) return learning;
      if (short.missed / (short.calls * (1 - objective)) >= rule.burn * release)
        return this.deviates(counts, atMs, shown);
    }
    const rule = config[speed].find((one) => this.burns(counts, atMs, one, config.minMissed));
    if (rule === undefined) return normal;
    this.found = {
      rule,
      onsetMs: firing && this.found !== null ? this.found.onsetMs : this.onset(counts, atMs, rule),
    };
    return this.deviates(counts, atMs, shown);
  }

  adopt({ found }: BudgetBurn): void {
    this.found = found;
  }

  /** That it was found before a restart. */
  goesOn(
    counts: CallCounts,
    atMs: number,
    shown: { readonly seen: number; readonly expected: number },
  ): Judgement {
    return this.deviates(counts, atMs, shown);
  }

  save(to: StateWriter): void {
    const { rule, onsetMs } = this.found ?? { rule: { burn: 0, longMs: 0, shortMs: 0 }, onsetMs: 0 };
    for (const figure of [onsetMs, rule.burn, rule.longMs, rule.shortMs]) to.number(figure);
  }

  restore(from: StateReader): void {
    const onsetMs = from.number();
    const rule = { burn: from.number(), longMs: from.number(), shortMs: from.number() };
    this.found = onsetMs === 0 ? null : { rule, onsetMs };
  }

  private burns(
    counts: CallCounts,
    atMs: number,
    { burn, longMs, shortMs }: BurnRule,
    least: number,
  ): boolean {
    const { objective } = this.subject;
    if (counts.within(atMs, longMs).missed < least) return false;
    return (
      burnRate(counts, objective, atMs, longMs) >= burn && burnRate(counts, objective, atMs, shortMs) >= burn
    );
  }

  /** The start that makes "faster since then" most likely against "as fast as allowed all along". */
  private onset(counts: CallCounts, atMs: number, { longMs }: BurnRule): number {
    const allowed = 1 - this.subject.objective;
    let [calls, missed] = [0, 0];
    let best = { gain: Number.NEGATIVE_INFINITY, atMs };
    for (const step of counts.steps(atMs, longMs)) {
      calls += step.calls;
      missed += step.missed;
      if (step.missed === 0) continue;
      const share = missed / calls;
      const gain = missed * Math.log(share / allowed) - calls * (share - allowed);
      if (gain > best.gain) best = { gain, atMs: step.atMs };
    }
    return best.atMs;
  }

  private deviates(
    counts: CallCounts,
    atMs: number,
    { seen, expected }: { readonly seen: number; readonly expected: number },
  ): Judgement {
    const { what, objective, speed, misses } = this.subject;
    const { rule, onsetMs } = this.found ?? { rule: { longMs: 0, shortMs: 0, burn: 0 }, onsetMs: atMs };
    const { calls, missed } = counts.within(atMs, rule.longMs);
    const rate = burnRate(counts, objective, atMs, rule.longMs);
    const left = budgetLeft(counts, objective, atMs);
    const rest = left > 0 ? `${percent(left)} of the budget is left` : 'nothing of the budget is left';
    return {
      kind: 'deviating',
      confirmed: true,
      onsetMs,
      direction: 'up',
      expected,
      seen,
      score: rate,
      confidence: 0.95,
      severity: speed === 'fast' ? 'critical' : 'warning',
      summary: `${percent(missed / calls)} of ${what} ${misses} in ${plainSpan(rule.longMs)}, ${finePercent(1 - objective)} may: ${plainNumber(Math.round(rate * 10) / 10)} times as fast as the error budget of ${plainSpan(counts.windowMs)} allows; ${rest}`,
    };
  }
}
