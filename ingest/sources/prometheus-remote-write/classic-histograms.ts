// Classic histograms put together from the series that Prometheus has for each: one per bucket, a count and a sum. The end of a
// batch cuts one in two, and several shards send the pieces of one in any order, so the pieces of an instant wait for each other
// across requests: until there are as many as at the instant before. Nothing is lost with a process that ends: every point covers
// what the one before it did.

import { checkedBuckets, type HistogramBuckets } from '../../otlp/histogram.ts';

export type Piece<Series> = {
  /** The same for all pieces of a histogram. */
  readonly key: string;
  readonly atMs: number;
  readonly startMs: number;
  readonly value: number;
  readonly series: Series;
} & ({ readonly is: 'bucket'; readonly bound: number } | { readonly is: 'sum' | 'count' });

export type Whole<Series> = {
  readonly atMs: number;
  readonly startMs: number;
  readonly sum: number;
  readonly series: Series;
  /** Null: its pieces do not fit together. */
  readonly buckets: HistogramBuckets | null;
};

type Instant<Series> = {
  readonly atMs: number;
  startMs: number;
  readonly series: Series;
  /** How many lie at or below each bound. */
  readonly below: Map<number, number>;
  sum: number | null;
  count: number | null;
  told: boolean;
};

const mostRemembered = 20_000;

export class ClassicHistograms<Series> {
  readonly #last = new Map<string, { pieces: number; instant: Instant<Series> }>();
  readonly #touched = new Map<string, Instant<Series>>();

  /** `tell` hears of an instant that will get no more pieces; of all others with `settle`. */
  add(piece: Piece<Series>, tell: (whole: Whole<Series>) => void, maxBuckets: number): void {
    const { key, atMs } = piece;
    const known = this.#last.get(key);
    let instant = known?.instant;
    if (known === undefined || instant === undefined || atMs > instant.atMs) {
      if (known !== undefined && instant !== undefined) {
        if (!instant.told && hasTotal(instant)) tell(whole(instant, maxBuckets));
        known.pieces = piecesOf(instant);
        this.#touched.delete(key);
      }
      instant = instantOf(piece);
      this.#remember(key, known?.pieces ?? 0, instant);
    } else if (atMs < instant.atMs) {
      // One of the past, from a sender that catches up: only what comes with this request.
      const past = `${key}\u0000${atMs}`;
      instant = this.#touched.get(past) ?? instantOf(piece);
      this.#touched.set(past, instant);
      put(instant, piece);
      return;
    }
    put(instant, piece);
    this.#touched.set(key, instant);
  }

  /** Tells what this request has made whole. */
  settle(tell: (whole: Whole<Series>) => void, maxBuckets: number): void {
    for (const [key, instant] of this.#touched) {
      const expected = this.#last.get(key)?.pieces ?? 0;
      if (!hasTotal(instant) || piecesOf(instant) < expected) continue;
      instant.told = true;
      tell(whole(instant, maxBuckets));
    }
    this.#touched.clear();
  }

  #remember(key: string, pieces: number, instant: Instant<Series>): void {
    this.#last.delete(key);
    this.#last.set(key, { pieces, instant });
    const [oldest] = this.#last.keys();
    if (this.#last.size > mostRemembered && oldest !== undefined) this.#last.delete(oldest);
  }
}

function instantOf<Series>({ atMs, startMs, series }: Piece<Series>): Instant<Series> {
  return { atMs, startMs, series, below: new Map(), sum: null, count: null, told: false };
}

function put<Series>(instant: Instant<Series>, piece: Piece<Series>): void {
  instant.startMs = Math.max(instant.startMs, piece.startMs);
  if (piece.is === 'bucket') instant.below.set(piece.bound, piece.value);
  else if (piece.is === 'sum') instant.sum = piece.value;
  else instant.count = piece.value;
}

function piecesOf({ below, sum, count }: Instant<unknown>): number {
  return below.size + (sum === null ? 0 : 1) + (count === null ? 0 : 1);
}

/** Any of its buckets make a histogram with the total, though a coarser one. */
function hasTotal({ below, count }: Instant<unknown>): boolean {
  return count !== null || below.has(Number.POSITIVE_INFINITY);
}

function whole<Series>(instant: Instant<Series>, maxBuckets: number): Whole<Series> {
  const { atMs, startMs, series, below, sum } = instant;
  const bounds = [...below.keys()].filter(Number.isFinite).toSorted((a, b) => a - b);
  const bucketCounts: number[] = [];
  let sofar = 0;
  // A scrape reads one bucket after the other while the process counts on: none holds less than a smaller one.
  const upTo = (total: number): void => {
    const next = Math.max(sofar, total);
    bucketCounts.push(next - sofar);
    sofar = next;
  };
  for (const bound of bounds) upTo(below.get(bound) ?? 0);
  upTo(below.get(Number.POSITIVE_INFINITY) ?? instant.count ?? 0);
  const fits = bucketCounts.every((count) => Number.isFinite(count));
  const buckets = fits ? checkedBuckets(sum0(bucketCounts), bounds, bucketCounts, maxBuckets) : null;
  return { atMs, startMs, series, sum: sum ?? 0, buckets };
}

function sum0(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
