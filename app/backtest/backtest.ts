// Detection over history, as if it came in live: row by row, each judged by what came before it and nothing else.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { alarmFrom, SeriesScore } from '../../domain/detection/scoring/series-score.ts';
import { type Input, inputsOf } from './inputs.ts';
import { reportPage } from './report.ts';
import type { Alarm, JudgedSeries, UnreadInput } from './results.ts';
import { type Columns, type Row, rowsOf } from './rows.ts';
import { Thinned } from './thinned.ts';
import { UnreadableFile } from './unreadable.ts';

export type BacktestRequest = {
  readonly files: readonly string[];
  readonly out: string;
  readonly columns: Columns;
};

export type BacktestResult = {
  readonly series: readonly JudgedSeries[];
  readonly unread: readonly UnreadInput[];
  readonly report: string;
};

/** So many alarms of a series are kept for the report. */
const mostAlarms = 500;
const rowsAtOnce = 1_000;

/**
 * Writes a file of scores for each series, under the name it has below the folder of all inputs, and `report.html`. A file that cannot
 * be read is told, and keeps no other out.
 */
export async function backtest({ files, out, columns }: BacktestRequest): Promise<BacktestResult> {
  const series: JudgedSeries[] = [];
  const unread: UnreadInput[] = [];
  for (const input of inputsOf(files, path.resolve(out))) {
    try {
      series.push(await judged(input, path.resolve(out), columns));
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      unread.push({ name: input.name, reason: error.message });
    }
  }
  const report = path.join(out, 'report.html');
  await mkdir(out, { recursive: true });
  await writeFile(report, reportPage(series, unread));
  return { series, unread, report };
}

async function judged({ file, name }: Input, out: string, columns: Columns): Promise<JudgedSeries> {
  const target = path.join(out, name.endsWith('.csv') ? name : `${name}.csv`);
  const unfinished = `${target}.unfinished`;
  await mkdir(path.dirname(target), { recursive: true });
  const results = createWriteStream(unfinished);
  try {
    const made = await writeScores(rowsOf(file, columns), results);
    results.end();
    await finished(results);
    await rename(unfinished, target);
    return { name, ...made };
  } catch (error) {
    results.destroy();
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeScores(
  given: AsyncIterable<Row>,
  results: WriteStream,
): Promise<Omit<JudgedSeries, 'name'>> {
  const score = new SeriesScore();
  const thinned = new Thinned();
  const alarms: Alarm[] = [];
  let [rows, alarmRows] = [0, 0];
  let lines: string[][] = [['timestamp', 'value', 'anomaly_score', 'alarm']];
  const write = async () => {
    if (!results.write(stringify(lines))) await once(results, 'drain');
    lines = [];
  };
  for await (const { atMs, value, at, text } of given) {
    const seen = score.observe(atMs, value);
    rows += 1;
    thinned.add(atMs, value, seen);
    lines.push([at, text, seen.toFixed(6), seen >= alarmFrom ? '1' : '0']);
    if (lines.length >= rowsAtOnce) await write();
    if (seen < alarmFrom) continue;
    alarmRows += 1;
    if (alarms.length < mostAlarms)
      alarms.push({ at, atMs, value: text, score: seen, reasons: score.reasons() });
  }
  await write();
  return { rows, alarms, alarmRows, stretches: thinned.stretches };
}
