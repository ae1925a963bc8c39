/**
 * How well unusual samples are found in the series of the Numenta Anomaly Benchmark, beside a rolling z-score on the same rows: with the
 * threshold that is best on these files, and with the one that Sentinel has.
 *
 *   npm run bench -- nab --data FOLDER     the benchmark's repository, or a part of its data/ and labels/
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarmFrom, SeriesScore } from '../domain/detection/scoring/series-score.ts';
import { dataFolder, rollingZScores, type Series, seriesIn } from './support/labelled-series.ts';
import { nabScore, rowsOf, type Windows } from './support/nab-score.ts';

const folder = dataFolder('the series of the Numenta Anomaly Benchmark');
const windows = JSON.parse(readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8')) as Windows;
const all = seriesIn(join(folder, 'data'));
const count = all.reduce((sum, { name }) => sum + (windows[name]?.length ?? 0), 0);

function scored(scoresOf: (series: Series) => number[]) {
  const started = performance.now();
  const scores = all.map((series) => ({ series, scores: scoresOf(series) }));
  const seconds = (performance.now() - started) / 1_000;
  return { rows: scores.flatMap((one) => rowsOf(one.series, one.scores, windows)), seconds };
}

const sentinel = scored(({ atMs, values }) => {
  const score = new SeriesScore();
  return values.map((value, row) => score.observe(atMs[row] ?? Number.NaN, value));
});
const reference = scored(rollingZScores);
const samples = all.reduce((sum, { values }) => sum + values.length, 0);
const best = nabScore(sentinel.rows, count, null);
console.log(
  JSON.stringify({
    bench: 'nab',
    series: all.length,
    windows: count,
    score: Number(best.score.toFixed(1)),
    threshold: Number(best.threshold.toFixed(3)),
    scoreAtDefault: Number(nabScore(sentinel.rows, count, alarmFrom).score.toFixed(1)),
    referenceScore: Number(nabScore(reference.rows, count, null).score.toFixed(1)),
    samplesPerSecond: Math.round(samples / sentinel.seconds),
  }),
);
