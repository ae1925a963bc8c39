/**
 * What the confidence of an alarm is worth: alarms of series compared with their own past, on labelled series and on made-up ordinary
 * ones, and how often each stated confidence was right. Beside it, what a table says that is learnt from one half of the series and
 * tried on the other, and the table that all of them make (domain/detection/calibration.ts holds one).
 *
 *   npm run bench -- calibration --data FOLDER     nab/ and ms-cloud-monitoring/ in it, as the benchmarks nab and event-f1 take them
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calibrationTables } from '../domain/detection/calibration.ts';
import { calibrated } from '../domain/detection/confidence.ts';
import { type Alarm, isotonic, judged } from './support/calibration.ts';
import { alarmsOf, detectors, type Labelled, ordinarySeries } from './support/labelled-alarms.ts';
import { dataFolder, type Series, seriesIn } from './support/labelled-series.ts';

const folder = dataFolder('labelled series');
const windows = JSON.parse(
  readFileSync(join(folder, 'nab/labels/combined_windows.json'), 'utf8'),
) as Readonly<Record<string, readonly (readonly [string, string])[]>>;
const instantMs = (text: string): number => Date.parse(`${text.replace(' ', 'T').replace(/\..*/, '')}Z`);
const near = 5;

const nab = seriesIn(join(folder, 'nab/data')).map((series): Labelled => {
  const spans = (windows[series.name] ?? []).map(([from, to]) => [instantMs(from), instantMs(to)] as const);
  return { series, isUnusual: (row) => spans.some(([from, to]) => within(series, row, from, to)) };
});
const cloud = seriesIn(join(folder, 'ms-cloud-monitoring/data')).map(
  (series): Labelled => ({
    series,
    isUnusual: (row) => series.labels.slice(Math.max(0, row - near), row + near + 1).includes(1),
  }),
);

function within({ instants }: Series, row: number, fromMs: number, toMs: number): boolean {
  const atMs = instantMs(instants[row] ?? '');
  return atMs >= fromMs && atMs <= toMs;
}

const all = [...nab, ...cloud, ...ordinarySeries(40)];
const rounded = (value: number) => Number(value.toFixed(3));
const shown = ({ brier, ece, curve }: ReturnType<typeof judged>) => ({
  brier: rounded(brier),
  ece: rounded(ece),
  curve: curve.map(({ stated, found, alarms }) => [rounded(stated), rounded(found), alarms]),
});

for (const detector of detectors) {
  const alarms = all.flatMap((one) => alarmsOf(detector, one));
  const half = (parity: number) => {
    const names = all.map(({ series }) => series.name).filter((_, index) => index % 2 === parity);
    return alarms.filter(({ series }) => names.includes(series));
  };
  const [even, odd] = [half(0), half(1)];
  const crossed = (learnt: readonly Alarm[], tried: readonly Alarm[]) => {
    const table = isotonic(learnt);
    return tried.map((one) => ({ ...one, score: calibrated(table, one.score) }));
  };
  console.log(
    JSON.stringify({
      bench: 'calibration',
      detector: detector.id,
      series: all.length,
      alarms: alarms.length,
      true: alarms.filter(({ isTrue }) => isTrue).length,
      shipped: shown(judged(alarms, (score) => calibrated(calibrationTables[detector.id], score))),
      otherHalf: shown(judged([...crossed(even, odd), ...crossed(odd, even)], (score) => score)),
      reference: shown(judged(alarms, detector.before)),
      table: isotonic(alarms).map(([score, confidence]) => [rounded(score), rounded(confidence)]),
    }),
  );
}
