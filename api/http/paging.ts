// Pages of lists that are whole in memory. A cursor holds the place of the last item that was shown, so what comes or goes
// between two pages neither repeats nor hides another item.

import { z } from 'zod';
import { readCursor, writeCursor } from '../cursor.ts';
import type { Page } from '../ports/page.ts';

type Place = readonly [number | string, string];
const place = [z.union([z.number(), z.string()]), z.string()] as const;

/** `placeOf` gives each item a place that no other has; the list is shown in the order of the places. */
export function pageOfAll<Item>(
  kind: string,
  items: readonly Item[],
  placeOf: (item: Item, index: number) => Place,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<Item> {
  const after = cursor === undefined ? null : (readCursor(kind, place, cursor) as unknown as Place);
  const rest = items
    .map((item, index) => ({ item, at: placeOf(item, index) }))
    .toSorted((a, b) => compare(a.at, b.at))
    .filter(({ at }) => after === null || compare(at, after) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    nextCursor: rest.length > limit && last !== undefined ? writeCursor(kind, last.at) : null,
  };
}

/** For lists that only grow at their end: an item's place is its number. */
export function byNumber(_item: unknown, index: number): Place {
  return [index, ''];
}

function compare(a: Place, b: Place): number {
  return compareParts(a[0], b[0]) || compareParts(a[1], b[1]);
}

/** Numbers before texts, so that any two places have an order. */
function compareParts(a: number | string, b: number | string): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
