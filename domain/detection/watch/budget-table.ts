// The services of one environment that have objectives, with a watch for each.

import type { CallBucket } from '../../telemetry.ts';
import type { Objective } from '../config.ts';
import { type Learnt, learnerOf, stateOf } from '../learnt/learnt.ts';
import { objectivesOf } from '../objectives.ts';
import { type Budget, BudgetWatch } from './budget-watch.ts';
import type { WatchContext } from './context.ts';

export class BudgetTable {
  private readonly environment: string;
  private readonly slos: readonly Objective[];
  private readonly watches = new Map<string, readonly BudgetWatch[]>();
  private readonly touched = new Set<BudgetWatch>();

  constructor(environment: string, slos: readonly Objective[]) {
    this.environment = environment;
    this.slos = slos;
  }

  add(row: CallBucket): void {
    if (this.slos.length === 0 || row.side !== 'server') return;
    for (const watch of this.watchesOf(row.service)) {
      watch.add(row);
      this.touched.add(watch);
    }
  }

  judge(context: WatchContext): void {
    for (const watch of this.touched) watch.judge(context);
    this.touched.clear();
  }

  announce(context: WatchContext): void {
    for (const watches of this.watches.values()) for (const watch of watches) watch.announce(context);
  }

  forget(service: string): void {
    for (const watch of this.watches.get(service) ?? []) this.touched.delete(watch);
    this.watches.delete(service);
  }

  budgets(): readonly Budget[] {
    return [...this.watches.values()].flat().map(({ budget }) => budget);
  }

  /** What was counted since it was last asked for. */
  takeLearnt(): readonly Learnt[] {
    const { environment } = this;
    return [...this.watches].flatMap(([service, watches]) =>
      watches
        .filter((watch) => watch.takeNews())
        .map((watch) => ({
          environment,
          service,
          key: watch.key,
          untilMs: watch.untilMs,
          state: stateOf(watch),
        })),
    );
  }

  /** Gives back what was counted before; what was counted since counts, too. False when it is of nothing here. */
  recall({ service, key, state }: Learnt): boolean {
    const watch = this.watchesOf(service).find((one) => one.key === key);
    const known = watch === undefined ? null : learnerOf(() => watch.anew(), state);
    if (known !== null) watch?.adopt(known);
    return known !== null;
  }

  private watchesOf(service: string): readonly BudgetWatch[] {
    let watches = this.watches.get(service);
    if (watches === undefined) {
      const { environment, slos } = this;
      watches = objectivesOf(service, slos).map((one) => new BudgetWatch(environment, service, one));
      this.watches.set(service, watches);
    }
    return watches;
  }
}
