/** The alarms that detectors raise on labelled series, fed row by row as telemetry is, and which of them are true. */
import { detectionConfigSchema } from '../../domain/detection/config.ts';
import { createDetectionEngine } from '../../domain/detection/engine.ts';
import type { Alarm } from './calibration.ts';
import type { Series } from './labelled-series.ts';
import { normal as normalOf, seeded } from './simulated-random.ts';

export type Labelled = { readonly series: Series; readonly isUnusual: (row: number) => boolean };

export type CalibratedDetector = {
  readonly id: 'unusual' | 'robust-z';
  readonly rules: readonly object[];
  /** What was said before there was a table. */
  readonly before: (score: number) => number;
};

export const detectors: readonly CalibratedDetector[] = [
  { id: 'unusual', rules: [{ metric: 'value' }], before: (score) => Math.min(0.95, score / 20) },
  { id: 'robust-z', rules: [], before: (score) => Math.min(0.95, 0.5 + score / 100) },
];

/** Rows that do not count: nobody knows the series yet. */
const warmUp = (rows: number): number => Math.floor(Math.min(0.15 * rows, 750));

export function alarmsOf({ id, rules }: CalibratedDetector, { series, isUnusual }: Labelled): Alarm[] {
  const engine = createDetectionEngine(detectionConfigSchema.parse({ rules }));
  const scope = { environment: 'bench', service: 'series' };
  const from = warmUp(series.values.length);
  const alarms: Alarm[] = [];
  for (const [row, value] of series.values.entries()) {
    const atMs = series.atMs[row] ?? Number.NaN;
    if (!Number.isFinite(atMs) || !Number.isFinite(value)) continue;
    const point = { kind: 'gauge', scope, metric: 'value', unit: '1', attributes: {}, atMs, value } as const;
    for (const { state, detector, score } of engine.observe([point], atMs).anomalies)
      if (state === 'firing' && detector === id && row >= from)
        alarms.push({ series: series.name, score, isTrue: isUnusual(row) });
  }
  return alarms;
}

/** Two weeks each of what is ordinary: noise, rhythms of a day, bursts, heavy tails, levels, counts. Whatever is found in them is false. */
export function ordinarySeries(count: number): Labelled[] {
  return Array.from({ length: count }, (_, index) => {
    const random = seeded(index + 1);
    const normal = () => normalOf(random);
    const rows = 14 * 288;
    const startMs = Date.UTC(2026, 0, 5);
    const shapes: readonly ((row: number) => number)[] = [
      () => 100 + 5 * normal(),
      (row) => 100 + 40 * Math.sin((2 * Math.PI * row) / 288) + 4 * normal(),
      () => 20 * Math.exp(0.6 * normal()),
      (row) => (row % 12 === 0 ? 80 : 10) + 2 * normal(),
      (row) => (row % 288 > 96 && row % 288 < 216 ? 60 : 5) + 3 * normal(),
      () => Math.floor(-Math.log(1 - random()) * 3),
      () => (random() < 0.01 ? 50 * random() : 0),
      (row) => 50 + 10 * Math.sin(row / 40) + 10 * Math.sin(row / 171) + normal(),
    ];
    const valueAt = shapes[index % shapes.length] ?? (() => 0);
    const atMs = Array.from({ length: rows }, (_row, row) => startMs + row * 300_000);
    const values = atMs.map((_at, row) => valueAt(row));
    const series = { name: `ordinary-${index}`, atMs, values, instants: [], labels: [] };
    return { series, isUnusual: () => false };
  });
}
