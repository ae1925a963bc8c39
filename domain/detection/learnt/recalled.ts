// What the metrics of one environment have learnt that has not been kept yet, and what was given back to series that have not been heard
// of again. Both are bounded.

import { fnv1a64 } from '../hash.ts';
import type { Learnt } from './learnt.ts';

export interface LearningWatch {
  learnt(): Learnt | null;
}

const scores = 'score/';

/** Under which key a series keeps its score. */
export function scoreKey(series: string): string {
  return `${scores}${fnv1a64(series)}`;
}

/** About two kilobytes each. */
const mostWaiting = 10_000;

export class RecalledLearning {
  /** Those that changed, the longest ago first. */
  private readonly news = new Set<LearningWatch>();
  private readonly waiting = new Map<string, Uint8Array>();

  /** Whether something was given back that no series has taken yet. */
  get waits(): boolean {
    return this.waiting.size > 0;
  }

  changed(watch: LearningWatch): void {
    this.news.add(watch);
  }

  /** At most so many of those that changed; the rest comes the next time. */
  take(most: number): readonly Learnt[] {
    const taken: Learnt[] = [];
    for (const watch of this.news) {
      if (taken.length >= most) break;
      this.news.delete(watch);
      const learnt = watch.learnt();
      if (learnt !== null) taken.push(learnt);
    }
    return taken;
  }

  giveBack({ service, key, state }: Learnt): void {
    if (key.startsWith(scores) && this.waiting.size < mostWaiting)
      this.waiting.set(keyOf(service, key), state);
  }

  /** Its state, once. */
  recalled(service: string, key: string): Uint8Array | null {
    const at = keyOf(service, key);
    const state = this.waiting.get(at) ?? null;
    this.waiting.delete(at);
    return state;
  }
}

const keyOf = (service: string, key: string): string => `${service}\u0000${key}`;
