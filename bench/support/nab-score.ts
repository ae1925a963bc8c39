/**
 * The score of the Numenta Anomaly Benchmark, profile "Standard": 0 for finding nothing, 100 for finding every window at its start and
 * nothing else. Source: Lavin and Ahmad 2015, "Evaluating real-time anomaly detection algorithms", section 3.
 */
import type { Series } from './labelled-series.ts';

export type Windows = Readonly<Record<string, readonly (readonly [string, string])[]>>;
type Row = { readonly score: number; readonly worth: number; readonly window: string | null };

const falseCost = 0.11;
const sigmoid = (place: number): number => (place > 3 ? -1 : 2 / (1 + Math.exp(5 * place)) - 1);
const best = sigmoid(-1);
const plain = (instant: string): string => instant.replace('T', ' ').replace(/\..*/, '');

/** What an alarm at each row would be worth; the first 15 % (750 rows at most) do not count. */
export function rowsOf({ name, instants }: Series, scores: readonly number[], windows: Windows): Row[] {
  const at = instants.map(plain);
  const places = (windows[name] ?? []).map(
    ([from, to]) => [at.indexOf(plain(from)), at.indexOf(plain(to))] as const,
  );
  const quiet = Math.min(Math.floor(at.length * 0.15), 750);
  let before: { readonly end: number; readonly rows: number } | null = null;
  const rows: Row[] = [];
  for (const [row, score] of scores.entries()) {
    const inside = places.find(([from, to]) => from <= row && row <= to);
    const length = inside === undefined ? 0 : inside[1] - inside[0] + 1;
    const worth =
      inside !== undefined
        ? sigmoid(-(inside[1] - row + 1) / length) / best
        : falseCost * (before === null ? -1 : sigmoid((row - before.end) / (before.rows - 1)));
    if (row >= quiet)
      rows.push({ score, worth, window: inside === undefined ? null : `${name} ${inside[0]}` });
    if (inside !== undefined && row === inside[1]) before = { end: row, rows: length };
  }
  return rows;
}

/** `threshold`: null for the one that is best on these rows. */
export function nabScore(
  rows: readonly Row[],
  count: number,
  threshold: number | null,
): { score: number; threshold: number } {
  const found = new Map<string, number>();
  for (const { window } of rows) if (window !== null) found.set(window, -1);
  let total = -found.size;
  let top = { score: Number.NEGATIVE_INFINITY, threshold: 1.1 };
  const scored = () => (100 * (total + count)) / (2 * count);
  const sorted = rows.toSorted((a, b) => b.score - a.score);
  for (const [place, { score, worth, window }] of sorted.entries()) {
    if (threshold !== null && score < threshold) break;
    const known = window === null ? 0 : (found.get(window) ?? 0);
    if (window === null) total += worth;
    else if (worth > known) {
      total += worth - known;
      found.set(window, worth);
    }
    if (threshold === null && sorted[place + 1]?.score !== score && scored() > top.score)
      top = { score: scored(), threshold: score };
  }
  return threshold === null ? top : { score: scored(), threshold };
}
