/**
 * A million metric series under watch at once, of twenty environments, that report once a minute: resident memory, and points a second of one
 * core once all are known. Processor time is counted, so that neighbours on the machine are not. Reference: the same points into one map
 * of running means. One JSON line. Run: node --expose-gc bench/live-series.ts [--series 1000000]
 */
import { parseArgs } from 'node:util';
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { createDetectionEngine } from '../domain/detection/engine.ts';
import type { GaugePoint } from '../domain/observation.ts';

const { values } = parseArgs({ options: { series: { type: 'string', default: '1000000' } } });
const series = Number(values.series);
const environments = 20;
const minutes = 20;
const batchSize = 1_000;
const intervalMs = 60_000;
const startMs = 1_700_000_000_000;

const engine = createDetectionEngine(detectionConfigSchema.parse({}));
const beforeBytes = residentBytes();
let dropped = 0;
let steady = { points: 0, seconds: 0 };
for (let minute = 0; minute < minutes; minute += 1) {
  let seconds = 0;
  for (let from = 0; from < series; from += batchSize) {
    const nowMs = startMs + minute * intervalMs + Math.floor((from / series) * intervalMs);
    const points = batch(from, nowMs);
    const began = process.cpuUsage();
    const output = engine.observe(points, nowMs + 300);
    if (from % 50_000 === 0) engine.tick(nowMs + 500);
    seconds += secondsSince(began);
    dropped += Object.values(output.dropped).reduce((sum, count) => sum + count, 0);
  }
  if (minute === minutes - 1) steady = { points: series, seconds };
}
const bytes = residentBytes() - beforeBytes;
const reference = referenceSeconds();
const pointsPerSecond = Math.round(steady.points / steady.seconds);
const referencePointsPerSecond = Math.round(series / reference);
process.stdout.write(
  `${JSON.stringify({
    bench: 'live-series',
    series,
    minutes,
    residentMb: Math.round(bytes / 1e6),
    bytesPerSeries: Math.round(bytes / series),
    pointsPerSecond,
    referencePointsPerSecond,
    timesReference: Math.round((10 * referencePointsPerSecond) / pointsPerSecond) / 10,
    dropped,
  })}\n`,
);

function batch(from: number, atMs: number): GaugePoint[] {
  return Array.from({ length: Math.min(batchSize, series - from) }, (_, offset) => {
    const index = from + offset;
    const environment = `environment-${index % environments}`;
    const ofEnvironment = Math.floor(index / environments);
    return {
      kind: 'gauge',
      scope: {
        environment,
        service: `service-${ofEnvironment % 200}`,
        resourceId: `instance-${ofEnvironment % 1_000}`,
      },
      metric: `app.metric.${Math.floor(ofEnvironment / 1_000)}`,
      unit: '',
      attributes: {},
      atMs,
      value: 100 + ((index * 7_919 + atMs / 1_000) % 101) / 5,
    };
  });
}

function referenceSeconds(): number {
  const means = new Map<string, { mean: number }>();
  let seconds = 0;
  for (let from = 0; from < series; from += batchSize) {
    const points = batch(from, startMs);
    const began = process.cpuUsage();
    for (const { scope, metric, value } of points) {
      const key = `${scope.environment}/${scope.service}/${scope.resourceId}/${metric}`;
      const known = means.get(key);
      if (known === undefined) means.set(key, { mean: value });
      else known.mean += 0.1 * (value - known.mean);
    }
    seconds += secondsSince(began);
  }
  return seconds;
}

function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

function secondsSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
