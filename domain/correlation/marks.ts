// Marks: what an alert shares with alerts about other services when one cause is behind them all. One mark on two services may be
// chance; on a crowd of them, at about the same time, it is not.

import type { Common } from '../alerts/common.ts';
import { maskedTokens } from '../detection/aggregate/masking.ts';

export type MarkKind = 'node' | 'release' | 'zone' | 'text';

/** `key` says the same for everybody who has the mark. */
export type Mark = { readonly kind: MarkKind; readonly key: string };

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
  const text = rule ?? template(title, service);
  const found: (Mark | null)[] = [
    mark('node', [...where, node]),
    mark('release', [environment, release]),
    mark('zone', [...where, zone]),
    mark('text', [...where, part ?? '', text]),
  ];
  return found.filter((one) => one !== null);
}

function mark(kind: MarkKind, parts: readonly (string | undefined)[]): Mark | null {
  const last = parts.at(-1);
  return last === undefined || last === '' ? null : { kind, key: JSON.stringify([kind, ...parts]) };
}

const longestText = 200;

/** What it says, without the service, numbers and ids in it. */
function template(title: string, service: string): string {
  const text = service === '' ? title : title.replaceAll(service, '<service>');
  return maskedTokens(text).join(' ').slice(0, longestText);
}
