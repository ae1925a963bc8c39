/**
 * How well labelled stretches of monitoring series are found, beside a rolling z-score on the same rows.
 *
 *   npm run bench -- event-f1 --data FOLDER     GROUP/SERIES.csv with TimeStamp, Value, Label
 */
import { alarmFrom, SeriesScore } from '../domain/detection/scoring/series-score.ts';
import { type EventF1, eventF1 } from './support/event-f1.ts';
import { dataFolder, rollingZScores, type Series, seriesIn } from './support/labelled-series.ts';

const all = seriesIn(dataFolder('labelled series'));

function best(scoresOf: (series: Series) => number[]): { best: EventF1; atDefault: EventF1 } {
  const scored = all.map((series) => ({ series, scores: scoresOf(series) }));
  const sorted = scored.flatMap(({ scores }) => scores.filter((score) => score > 0)).sort((a, b) => b - a);
  // Good thresholds lie among the highest scores.
  const tried = new Set<number>();
  for (let rank = 10; rank < sorted.length / 4; rank *= 1.08) tried.add(sorted[Math.floor(rank)] ?? 0);
  const results = [...tried].map((threshold) => eventF1(scored, threshold));
  return {
    best: results.reduce((a, b) => (b.f1 > a.f1 ? b : a)),
    atDefault: eventF1(scored, alarmFrom),
  };
}

const rounded = ({ f1, precision, recall, threshold }: EventF1) =>
  Object.fromEntries(
    Object.entries({ f1, precision, recall, threshold }).map(([name, value]) => [
      name,
      Number(value.toFixed(3)),
    ]),
  );
const sentinel = best(({ atMs, values }) => {
  const score = new SeriesScore();
  return values.map((value, row) => score.observe(atMs[row] ?? Number.NaN, value));
});
console.log(
  JSON.stringify({
    bench: 'event-f1',
    series: all.length,
    ...rounded(sentinel.best),
    atDefault: rounded(sentinel.atDefault),
    reference: rounded(best(rollingZScores).best),
  }),
);
