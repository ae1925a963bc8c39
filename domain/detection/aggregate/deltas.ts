// Several increases of one second as one.

import type { CounterPoint, GaugePoint, HistogramPoint } from '../../observation.ts';
import { together } from './histograms.ts';

export type Delta = CounterPoint | HistogramPoint;

/** The newer point with what the older one counted. */
export function added<Point extends Delta>(older: Delta | undefined, newer: Point): Point {
  const startMs = older === undefined ? newer.startMs : Math.min(older.startMs, newer.startMs);
  if (older?.kind === 'counter' && newer.kind === 'counter')
    return { ...newer, startMs, value: older.value + newer.value };
  if (older?.kind !== 'histogram' || newer.kind !== 'histogram') return newer;
  const [count, sum] = [older.count + newer.count, older.sum + newer.sum];
  return { ...newer, startMs, count, sum, ...together(older, newer) };
}

/** A level that is told by its changes: as it is after this one. */
export function levelAfter(level: number, { value, isChange: _, ...point }: GaugePoint): GaugePoint {
  return { ...point, value: level + value };
}
