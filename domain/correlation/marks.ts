// Marks: what an alert shares with alerts about other services when one cause is behind them all. One mark on two services may be
// chance; on a crowd of them, at about the same time, it is not.

import type { Common } from '../alerts/common.ts';
import { maskedTokens } from '../detection/aggregate/masking.ts';
import { fnv1a64 } from '../detection/hash.ts';

export type MarkKind = 'node' | 'release' | 'zone' | 'text';

/** `key` is the same for everybody who has the mark; `value` is what it says. */
export type Mark = { readonly kind: MarkKind; readonly key: string; readonly value: string };

export type Marked = {
  readonly environment: string;
  readonly service: string;
  /** The part of the service graph it is in, where one is known: what two services say alike means nothing when no calls connect them. */
  readonly part: string | null;
  readonly title: string;
  readonly common: Common;
};

/**
 * From so many services on a mark is a reason. A zone or a release is shared by much that has nothing to do with each other; a node, and
 * what the alert says, by less.
 */
export const crowdOf: Readonly<Record<MarkKind, number>> = { node: 3, text: 3, release: 5, zone: 8 };

/** The strongest first. A node's own alert has the mark of its node. */
export function marksOf({ environment, service, part, title, common }: Marked): readonly Mark[] {
  const { node, release, zone, rule, region = '', cluster = '' } = common;
  const where = [environment, cluster, region];
  const text = template(rule ?? title, service);
  const found: readonly (Mark | null)[] = [
    mark('node', [...where, node]),
    mark('release', [environment, release]),
    mark('zone', [...where, zone]),
    mark('text', [...where, part ?? '', text]),
  ];
  return found.filter((one) => one !== null);
}

/** A mark that was kept as its key. */
export function markOf(key: string): Mark {
  const [kind, , value] = JSON.parse(key) as readonly [MarkKind, string, string];
  return { kind, key, value };
}

/** What a crowd has in common, for people. */
export function sharedText({ kind, value }: Mark, others: number): string {
  const count = others === 1 ? 'another service' : `${others} other services`;
  if (kind === 'text') return `says what ${count} say`;
  return others === 0 ? `on ${kind} ${value}, which fires itself` : `on ${kind} ${value} with ${count}`;
}

function mark(kind: MarkKind, parts: readonly (string | undefined)[]): Mark | null {
  const value = parts.at(-1)?.slice(0, longestValue) ?? '';
  if (value === '') return null;
  return { kind, value, key: JSON.stringify([kind, fnv1a64(JSON.stringify(parts)), value]) };
}

/** Keys are short, whatever senders write. */
const longestValue = 100;
const longestText = 200;

/** What it says, without the service, numbers and ids in it. */
function template(said: string, service: string): string {
  const name = new RegExp(`(?<![\\p{L}\\p{N}])${RegExp.escape(service)}(?![\\p{L}\\p{N}])`, 'gu');
  const text = service === '' ? said : said.replace(name, '<service>');
  return maskedTokens(text).join(' ').slice(0, longestText);
}
