// What each detector finds, by name of its picture.

import { type Picture, reliabilityOf, svgOf } from './draw.ts';
import { call, chance, gauge, record, startMs, watched } from './watched.ts';

type Fault = readonly [fromStep: number, toStep: number];
const isIn = ([from, to]: Fault, step: number): boolean => step >= from && step < to;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Calls second by second: one value a second is drawn. */
function ofCalls(
  detector: 'error-ratio' | 'latency' | 'robust-z',
  title: string,
  unit: string,
  fault: Fault,
  callsAt: (step: number) => readonly { readonly durationMs: number; readonly error: boolean }[],
  valueAt: (calls: readonly { readonly durationMs: number; readonly error: boolean }[]) => number,
): Picture {
  const steps = 300;
  const all = Array.from({ length: steps }, (_, step) => callsAt(step));
  const found = watched(detector, steps, 1_000, (atMs, step) =>
    (all[step] ?? []).map(({ durationMs, error }, index) => call(atMs + 10 + index * 8, durationMs, error)),
  );
  return pictureOf(title, unit, 's', 1_000, fault, all.map(valueAt), found);
}

/** A metric at any interval. */
function ofMetric(
  detector: 'threshold' | 'robust-z' | 'trend' | 'unusual',
  title: string,
  unit: string,
  time: readonly [Picture['timeUnit'], stepMs: number],
  fault: Fault,
  values: readonly number[],
  metric: string,
  settings: object = {},
): Picture {
  const [timeUnit, stepMs] = time;
  const found = watched(
    detector,
    values.length,
    stepMs,
    (atMs, step) => [gauge(metric, atMs, values[step] ?? 0)],
    settings,
  );
  return pictureOf(title, unit, timeUnit, stepMs, fault, values, found);
}

function pictureOf(
  title: string,
  unit: string,
  timeUnit: Picture['timeUnit'],
  stepMs: number,
  [from, to]: Fault,
  values: readonly number[],
  found: Picture['found'],
): Picture {
  const points = values.map((value, step) => [startMs + step * stepMs, value] as const);
  return { title, unit, timeUnit, points, found, fault: [startMs + from * stepMs, startMs + to * stepMs] };
}

const series = (length: number, valueAt: (step: number) => number): number[] =>
  Array.from({ length }, (_, step) => valueAt(step));

function calls(): readonly Picture[] {
  const random = chance(1);
  const fault: Fault = [180, 230];
  const served = (count: number, ms: number, share: number) =>
    Array.from({ length: count }, () => ({
      durationMs: ms * (0.7 + 0.6 * random()),
      error: random() < share,
    }));
  const slowest = (all: readonly { readonly durationMs: number }[]) =>
    all.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b)[Math.floor(all.length * 0.95)] ?? 0;
  return [
    ofCalls(
      ...(['error-ratio', 'Failed calls', 'share a second'] as const),
      fault,
      (step) => served(40, 30, isIn(fault, step) ? 0.12 : 0.004),
      (all) => all.filter(({ error }) => error).length / all.length,
    ),
    ofCalls(
      ...(['latency', 'Slow calls', '95th percentile, ms'] as const),
      fault,
      (step) => served(40, isIn(fault, step) ? 140 : 30, 0),
      slowest,
    ),
    ofCalls(
      ...(['robust-z', 'Loss of traffic', 'calls a second'] as const),
      fault,
      (step) => served(Math.round((isIn(fault, step) ? 2 : 40) + 6 * random()), 30, 0),
      (all) => all.length,
    ),
  ];
}

function metrics(): readonly Picture[] {
  const random = chance(2);
  const noise = (size: number): number => size * (random() + random() - 1);
  const week = (step: number): number => {
    const [ofDay, day] = [step % 24, Math.floor(step / 24) % 7];
    return 20 + noise(6) + (ofDay >= 8 && ofDay < 18 && day < 5 ? 280 : 0);
  };
  const orders = { rules: [{ metric: 'orders' }] };
  const lost: Fault = [24 * 31 + 8, 24 * 31 + 18];
  return [
    ofMetric(
      ...(['threshold', 'A limit of 80, for two minutes', 'orders waiting', ['min', 15_000]] as const),
      [120, 150],
      series(240, (step) => 50 + noise(12) + (isIn([120, 150], step) || isIn([60, 63], step) ? 45 : 0)),
      'orders',
      { rules: [{ metric: 'orders', above: 80, forMs: 120_000 }] },
    ),
    ofMetric(
      ...(['robust-z', 'A metric of unknown meaning (a hint)', 'threads', ['min', 15_000]] as const),
      [150, 180],
      series(240, (step) => (isIn([150, 180], step) ? 190 : 60) + noise(10)),
      'app.threads',
    ),
    ofMetric(
      ...([
        'trend',
        'A disk that fills up, with a rhythm of the day',
        'share of the disk',
        ['d', 15 * minuteMs],
      ] as const),
      [480, 768],
      series(
        768,
        (step) => 0.4 + 0.1 * Math.sin((2 * Math.PI * step) / 96) + (0.45 * Math.max(0, step - 480)) / 288,
      ),
      'system.filesystem.utilization',
    ),
    ofMetric(
      ...(['unusual', 'A spike, five-minute samples', 'orders', ['h', 5 * minuteMs]] as const),
      [430, 432],
      series(864, (step) => 100 + noise(20) + (step === 430 ? 120 : 0)),
      'orders',
      orders,
    ),
    ofMetric(
      ...(['unusual', 'A working day without its orders, hourly samples', 'orders', ['d', hourMs]] as const),
      lost,
      series(24 * 35, (step) => (isIn(lost, step) ? 20 + noise(6) : week(step))),
      'orders',
      orders,
    ),
  ];
}

function budget(): Picture {
  const random = chance(3);
  const fault: Fault = [150, 170];
  const shares: number[] = [];
  const settings = { slos: [{ service: 'shop' }] };
  const found = watched(
    'fast-burn',
    240 * 12,
    5_000,
    (atMs, step) => {
      const minute = Math.floor(step / 12);
      const all = Array.from({ length: 20 }, (_, index) =>
        call(atMs + 10 + index * 8, 20, random() < (isIn(fault, minute) ? 0.06 : 0.0002)),
      );
      shares[minute] = (shares[minute] ?? 0) + all.filter(({ error }) => error).length / 240;
      return all;
    },
    settings,
  );
  return pictureOf(
    'An error budget of 0.1 % that burns',
    'failed, share a minute',
    'min',
    minuteMs,
    fault,
    shares,
    found,
  );
}

function silence(): Picture {
  const fault: Fault = [180, 240];
  const heard = series(300, (step) => (isIn(fault, step) || step % 5 !== 0 ? 0 : 1));
  const found = watched('absence', 300, 1_000, (atMs, step) =>
    heard[step] === 1 ? [gauge('app.threads', atMs, 60)] : [],
  );
  return pictureOf('Telemetry that stops', 'samples a second', 's', 1_000, fault, heard, found);
}

function logs(): Picture {
  const random = chance(4);
  const fault: Fault = [200, 230];
  const counts = series(300, (step) => (isIn(fault, step) ? 4 : 0) + (random() < 0.05 ? 1 : 0));
  const found = watched('log-template', 300, 1_000, (atMs, step) => [
    record(atMs, `served request ${step} in 12 ms`, 9),
    ...Array.from({ length: counts[step] ?? 0 }, (_, index) =>
      record(atMs + 10 * index, `cannot connect to database db-${index}: connection refused`, 17),
    ),
  ]);
  return pictureOf('A burst of one log template', 'error records a second', 's', 1_000, fault, counts, found);
}

/** Of `npm run bench -- calibration`, 2026-11-28: confidence, share that was true, alarms. */
const measured = [
  {
    name: 'on series it was not learnt on',
    colour: '#2b5d8a',
    points: [
      [0.176, 0.177, 96],
      [0.233, 0.219, 178],
      [0.341, 0.648, 54],
      [0.451, 0.533, 15],
      [0.553, 0.667, 15],
      [0.67, 0.509, 57],
      [0.714, 0.857, 7],
    ],
  },
  {
    name: 'as it was stated before',
    colour: '#c0392b',
    points: [
      [0.539, 0.173, 226],
      [0.647, 0.476, 105],
      [0.746, 0.456, 57],
      [0.836, 0.853, 34],
    ],
  },
] as const;

/** File name → SVG. */
export function pictures(): ReadonlyMap<string, string> {
  const [errors, latency, traffic] = calls();
  const [limit, hint, trend, unusual, season] = metrics();
  const drawn = Object.entries({
    ...{ errors, latency, traffic, limit, hint, trend, unusual, season },
    ...{ budget: budget(), silence: silence(), logs: logs() },
  }).flatMap(([name, picture]) => (picture === undefined ? [] : [[`${name}.svg`, svgOf(picture)] as const]));
  return new Map([...drawn, ['confidence.svg', reliabilityOf('Confidence of unusual samples', measured)]]);
}
