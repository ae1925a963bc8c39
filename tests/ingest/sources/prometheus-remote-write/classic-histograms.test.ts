// However its pieces are spread over requests, an instant of a histogram becomes one point with all of them.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ClassicHistograms,
  type Piece,
  type Whole,
} from '../../../../ingest/sources/prometheus-remote-write/classic-histograms.ts';

const maxBuckets = 512;
const infinite = Number.POSITIVE_INFINITY;
const shape = [0.1, 0.5, 1, infinite];

/** All pieces of an instant, in the order in which they are scraped. */
function pieces(atMs: number, counts: readonly number[] = [1, 3, 6, 10], key = 'k'): Piece<string>[] {
  const common = { key, atMs, startMs: 0, series: key };
  return [
    ...counts.map(
      (value, index): Piece<string> => ({ ...common, is: 'bucket', bound: shape[index] ?? 0, value }),
    ),
    { ...common, is: 'sum', value: 12 },
    { ...common, is: 'count', value: counts.at(-1) ?? 0 },
  ];
}

function assembler() {
  const histograms = new ClassicHistograms<string>();
  return (...request: readonly Piece<string>[]): Whole<string>[] => {
    const told: Whole<string>[] = [];
    const tell = (whole: Whole<string>): void => void told.push(whole);
    for (const piece of request) histograms.add(piece, tell, maxBuckets);
    histograms.settle(tell, maxBuckets);
    return told;
  };
}

const full = { bounds: [0.1, 0.5, 1], bucketCounts: [1, 2, 3, 4], count: 10 };

describe('in one request', () => {
  test('it is one point', () => {
    expect(assembler()(...pieces(1))).toEqual([{ atMs: 1, startMs: 0, series: 'k', sum: 12, buckets: full }]);
  });

  test('instants and histograms stay apart', () => {
    const told = assembler()(...pieces(1), ...pieces(2, [2, 4, 7, 11]), ...pieces(1, [0, 0, 0, 1], 'other'));
    expect(told.map(({ atMs, series, buckets }) => [atMs, series, buckets?.count])).toEqual([
      [1, 'k', 10],
      [2, 'k', 11],
      [1, 'other', 1],
    ]);
  });

  test('a scrape that raced with the process has no bucket with less than a smaller one', () => {
    const [whole] = assembler()(...pieces(1, [1, 4, 3, 10]));
    expect(whole?.buckets).toEqual({ bounds: [0.1, 0.5, 1], bucketCounts: [1, 3, 0, 6], count: 10 });
  });

  test('what is no count spoils the point', () => {
    expect(assembler()(...pieces(1, [-1, infinite, 2, infinite]))[0]?.buckets).toBeNull();
  });
});

describe('cut by the end of a batch', () => {
  test.each([1, 2, 3, 4, 5])('after %i pieces it is whole with the next request', (at) => {
    const send = assembler();
    const all = pieces(1);
    const first = send(...all.slice(0, at));
    const second = send(...all.slice(at));
    expect(second.at(-1)?.buckets).toEqual(full);
    // A first sight may be told before it is whole, and then told again.
    for (const { buckets } of first) expect(buckets?.count).toBe(10);
  });

  test('a request that is sent again makes it whole again, and nothing else', () => {
    const send = assembler();
    const all = pieces(1);
    send(...all.slice(0, 3));
    const once = send(...all.slice(3));
    expect(send(...all.slice(3))).toEqual(once);
    expect(send(...all.slice(0, 3)).map(({ buckets }) => buckets)).toEqual([full]);
  });
});

test('spread over shards in any order, every instant after the first is told with all pieces, once', () => {
  const order = fc.array(fc.nat(), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(order, { minLength: 2, maxLength: 5 }), (scrapes) => {
      const send = assembler();
      for (const [index, ranks] of scrapes.entries()) {
        const atMs = 1_000 * (index + 1);
        const shuffled = pieces(atMs)
          .map((piece, at) => ({ piece, rank: ranks[at] ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank);
        const told = shuffled.flatMap(({ piece }) => send(piece)).filter((whole) => whole.atMs === atMs);
        if (index > 0) expect(told.map(({ buckets }) => buckets)).toEqual([full]);
      }
    }),
    { numRuns: 200 },
  );
});

test('with fewer buckets than before it waits for one more instant, once', () => {
  const send = assembler();
  send(...pieces(1));
  const fewer = (atMs: number) => pieces(atMs).filter((one) => one.is !== 'bucket' || one.bound !== 0.5);
  expect(send(...fewer(2))).toEqual([]);
  const coarse = { bounds: [0.1, 1], bucketCounts: [1, 5, 4], count: 10 };
  expect(send(...fewer(3)).map(({ atMs, buckets }) => [atMs, buckets])).toEqual([
    [2, coarse],
    [3, coarse],
  ]);
});

test('an instant of the past is told with what its request has, and changes nothing', () => {
  const send = assembler();
  send(...pieces(5));
  expect(send(...pieces(3)).map(({ atMs, buckets }) => [atMs, buckets])).toEqual([[3, full]]);
  expect(send(...pieces(6)).map(({ atMs }) => atMs)).toEqual([6]);
});
