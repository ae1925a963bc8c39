/**
 * Speed and memory of the detection engine, printed as one JSON line. The ratio to a reference loop (one map look-up and
 * one running mean per point, the least a detector could do) makes runs on different machines comparable.
 * Run: node --expose-gc bench/detection.ts
 */
import { detectionConfigSchema } from '../domain/detection/config.ts';
import { createDetectionEngine } from '../domain/detection/engine.ts';
import type { GaugePoint, SpanSummary, TelemetryObservation } from '../domain/observation.ts';

const startMs = 1_700_000_000_000;
const environment = 'bench';
const random = seeded(1);

const metricPoints = batches(60, (second) => gauges(2_000, second));
const spans = batches(60, (second) => requests(400, second));
const engineMetrics = measure(() => feed(metricPoints));
const engineSpans = measure(() => feed(spans));
const reference = measure(() => referenceLoop(metricPoints));
const count = (all: readonly (readonly unknown[])[]): number =>
  all.reduce((sum, { length }) => sum + length, 0);

const pointsPerSecond = Math.round(count(metricPoints) / engineMetrics);
const referencePointsPerSecond = Math.round(count(metricPoints) / reference);
const result = {
  bench: 'detection',
  pointsPerSecond,
  spansPerSecond: Math.round(count(spans) / engineSpans),
  referencePointsPerSecond,
  timesReference: Math.round((10 * referencePointsPerSecond) / pointsPerSecond) / 10,
  bytesPerSeries: bytesPerSeries(10_000, 30),
};
process.stdout.write(`${JSON.stringify(result)}\n`);

/** Best of three, in seconds: the others measure the neighbours of this process. */
function measure(work: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const began = performance.now();
    work();
    best = Math.min(best, (performance.now() - began) / 1000);
  }
  return best;
}

function feed(all: readonly (readonly TelemetryObservation[])[]): void {
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  for (const [second, batch] of all.entries()) {
    const nowMs = startMs + second * 1_000 + 900;
    engine.observe(batch, nowMs);
    engine.tick(nowMs);
  }
}

function referenceLoop(all: readonly (readonly GaugePoint[])[]): void {
  const means = new Map<string, { mean: number }>();
  for (const batch of all) {
    for (const { scope, metric, value } of batch) {
      const key = `${scope.service}/${scope.resourceId}/${metric}`;
      const known = means.get(key);
      if (known === undefined) means.set(key, { mean: value });
      else known.mean += 0.1 * (value - known.mean);
    }
  }
}

function bytesPerSeries(series: number, seconds: number): number | null {
  const { gc } = globalThis;
  if (gc === undefined) return null;
  const points = batches(seconds, (second) => gauges(series, second));
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  gc();
  const before = process.memoryUsage();
  for (const [second, batch] of points.entries()) engine.observe(batch, startMs + second * 1_000);
  gc();
  const after = process.memoryUsage();
  engine.tick(startMs + seconds * 1_000);
  const bytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  return Math.round(bytes / series);
}

function batches<T>(seconds: number, of: (second: number) => T[]): T[][] {
  return Array.from({ length: seconds }, (_, second) => of(second));
}

function gauges(series: number, second: number): GaugePoint[] {
  return Array.from({ length: series }, (_, index) => ({
    kind: 'gauge',
    scope: { environment, service: `service-${index % 20}`, resourceId: `instance-${index % 60}` },
    metric: `app.metric.${Math.floor(index / 60)}`,
    unit: '',
    attributes: {},
    atMs: startMs + second * 1_000,
    value: 100 + random() * 20,
  }));
}

function requests(perSecond: number, second: number): SpanSummary[] {
  return Array.from({ length: perSecond }, (_, index) => {
    const service = index % 10;
    const traceId = `${second}-${index}`;
    const atMs = startMs + second * 1_000 + Math.floor((index * 800) / perSecond);
    const scope = { environment, service: `service-${service}`, resourceId: `instance-${index % 30}` };
    const common = { kind: 'span', scope, traceId, name: 'call', error: index % 500 === 0 } as const;
    const peer = `service-${(service + 1) % 10}`;
    const client = {
      ...common,
      spanId: 'c',
      parentSpanId: 's',
      spanKind: 'client',
      startMs: atMs + 1,
      durationMs: 9,
      peer,
    } as const;
    const server = {
      ...common,
      spanId: 's',
      spanKind: 'server',
      startMs: atMs,
      durationMs: 10 + random() * 20,
    } as const;
    return [client, server];
  }).flat();
}

/** Park and Miller's minimal standard generator: enough for noise. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
