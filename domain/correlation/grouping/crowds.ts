// Which services have a mark lately, and the group they are in: enough of them, and the next one joins.

import { crowdOf, type Mark } from '../marks.ts';
import { groupingConfig } from './config.ts';
import type { Group } from './group.ts';
import { Latest } from './latest.ts';

const { crowdMs, most } = groupingConfig;

type Crowd = {
  /** When each last had the mark; no more than count. */
  readonly services: Latest<number>;
  group: Group;
  /** When the machine itself, whose mark it is, last fired. */
  ownMs: number | null;
};

/** An alert, as far as crowds look at it. `isOwn`: the mark is of the machine that the alert is about. */
export type Bearer = { readonly service: string; readonly isOwn: boolean; readonly atMs: number };

export class Crowds {
  private readonly crowds = new Latest<Crowd>(most.marks);

  /** The group of those that have the mark, when it is a reason for one more to join, and how many they are. */
  find({ key, kind }: Mark, { service, isOwn, atMs }: Bearer): { group: Group; others: number } | null {
    const crowd = this.crowds.get(key);
    if (crowd === undefined || !crowd.group.isOpen(atMs)) return null;
    const others = crowd.services.keys().filter((one) => {
      const seenMs = crowd.services.get(one);
      return one !== service && seenMs !== undefined && isRecent(seenMs, atMs);
    }).length;
    const explained = isOwn ? others > 0 : isRecent(crowd.ownMs, atMs);
    return explained || others + 1 >= crowdOf[kind] ? { group: crowd.group, others } : null;
  }

  note({ key, kind }: Mark, { service, isOwn, atMs }: Bearer, group: Group): void {
    const crowd = this.crowds.get(key) ?? { services: new Latest<number>(crowdOf[kind]), group, ownMs: null };
    if (service !== '') crowd.services.set(service, atMs);
    if (isOwn) crowd.ownMs = atMs;
    // The first that is open stays: whoever comes later joins it.
    if (!crowd.group.isOpen(atMs)) crowd.group = group;
    this.crowds.set(key, crowd);
  }
}

function isRecent(seenMs: number | null, atMs: number): boolean {
  return seenMs !== null && atMs - seenMs <= crowdMs;
}
