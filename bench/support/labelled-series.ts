/** Public labelled series from a folder of the reader's, and how detections on them are scored. Neither is part of the project. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { instantOf } from '../../app/backtest/instants.ts';

export type Series = {
  readonly name: string;
  readonly atMs: readonly number[];
  readonly values: readonly number[];
  /** As in the file, for windows that are named by them. */
  readonly instants: readonly string[];
  /** 1 where something is unusual, for those that are labelled row by row. */
  readonly labels: readonly number[];
};

/** The folder given with `--data`; without it the benchmark says what it needs, and ends. */
export function dataFolder(what: string): string {
  const { values } = parseArgs({ options: { data: { type: 'string' }, json: { type: 'boolean' } } });
  if (values.data !== undefined) return values.data;
  process.stderr.write(`It needs ${what}: --data FOLDER. Skipped.\n`);
  process.exit(0);
}

/** Every CSV file two folders deep: time, value, and perhaps a label. */
export function seriesIn(folder: string): readonly Series[] {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((group) => group.isDirectory())
    .flatMap((group) => readdirSync(join(folder, group.name)).map((file) => `${group.name}/${file}`))
    .filter((name) => name.endsWith('.csv'));
  return files.toSorted().map((name) => {
    const [, ...rows] = parse(readFileSync(join(folder, name)), {
      ...{ bom: true, relaxColumnCount: true, skipEmptyLines: true, trim: true },
    }) as readonly (readonly string[])[];
    const valued = rows.filter(([, value = '']) => value !== '');
    return {
      name,
      instants: valued.map(([at = '']) => at),
      atMs: valued.map(([at = '']) => instantOf(at) ?? Number.NaN),
      values: valued.map(([, value]) => Number(value)),
      labels: valued.map(([, , label]) => Number(label ?? 0)),
    };
  });
}

/** Distance from the mean of the last 100 rows in standard deviations: what anybody would write first. */
export function rollingZScores({ values }: Series): number[] {
  const window = 100;
  return values.map((value, row) => {
    const last = values.slice(Math.max(0, row - window), row);
    if (last.length < 10) return 0;
    const mean = last.reduce((sum, one) => sum + one, 0) / last.length;
    const deviation = Math.sqrt(last.reduce((sum, one) => sum + (one - mean) ** 2, 0) / last.length);
    const distance = Math.abs(value - mean) / Math.max(deviation, Math.abs(mean) * 1e-6, 1e-9);
    return distance / (distance + 3);
  });
}
