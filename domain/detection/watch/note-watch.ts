// Series that are no symptoms themselves but give others their meaning: limits, remainders, replicas asked for.

import type { SignalRule } from '../signals.ts';
import { capacityKeyOf } from './capacity-watch.ts';
import type { MetricSource, MetricWatch, WatchContext } from './context.ts';
import { noteDesired } from './replicas-watch.ts';

export class NoteWatch implements MetricWatch {
  readonly source: MetricSource;
  readonly firing = false;
  readonly suspicious = false;
  private readonly role: 'limit' | 'free' | 'desired';
  private readonly capacityKey: string;

  constructor(source: MetricSource, rule: SignalRule, role: 'limit' | 'free' | 'desired') {
    this.source = source;
    this.role = role;
    this.capacityKey = capacityKeyOf(source, rule.signal);
  }

  observe(atMs: number, value: number, context: WatchContext): void {
    if (this.role === 'desired') {
      noteDesired(this.source, atMs, value, context);
      return;
    }
    const capacity = context.capacities.get(this.capacityKey);
    if (capacity !== undefined) capacity[this.role] = value;
    else context.capacities.set(this.capacityKey, { [this.role]: value });
  }

  abandon(): void {}

  announce(): void {}

  /** Takes back what was noted, when the series is forgotten. */
  forget({ capacities }: WatchContext): void {
    capacities.delete(this.capacityKey);
  }
}
