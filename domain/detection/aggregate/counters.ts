// From counter points to rates. A counter that starts again (new start time, or a smaller value) counts from zero. A start
// that moves while the counter goes on is a clock that is not exact, and no reset.
// Source: OpenTelemetry metrics data model, "Resets and gaps".

import type { CounterPoint } from '../../observation.ts';

export type CounterState = { atMs: number; startMs: number; value: number };

/** The increase and the time it took; null for the first point of a cumulative counter, or without elapsed time. */
export function counterIncrease(
  previous: CounterState | undefined,
  point: Pick<CounterPoint, 'atMs' | 'startMs' | 'value' | 'temporality'>,
): { increase: number; elapsedMs: number } | null {
  if (point.temporality === 'delta') {
    const fromMs = point.startMs > 0 && point.startMs < point.atMs ? point.startMs : previous?.atMs;
    return elapsed(point.value, fromMs, point.atMs);
  }
  if (previous === undefined) return null;
  if (!startedAgain(previous, point) && point.value >= previous.value)
    return elapsed(point.value - previous.value, previous.atMs, point.atMs);
  return elapsed(point.value, Math.max(previous.atMs, point.startMs), point.atMs);
}

/** Whether the count began anew after the previous point, or with it. */
export function startedAgain(
  previous: { readonly atMs: number; readonly startMs: number },
  { startMs }: { readonly startMs: number },
): boolean {
  return startMs !== previous.startMs && startMs >= previous.atMs;
}

function elapsed(increase: number, fromMs: number | undefined, toMs: number) {
  if (fromMs === undefined || toMs <= fromMs || increase < 0) return null;
  return { increase, elapsedMs: toMs - fromMs };
}
