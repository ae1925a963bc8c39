// A service that sends metrics and no spans, at whatever interval: the duration histogram of its server, CPU, memory and its limit, of
// three instances that do not report at the same time. Everything is made from a seed; faults begin at an instant.

import type { Anomaly } from '../../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../../domain/detection/config.ts';
import { createDetectionEngine, type WarmRows } from '../../../../domain/detection/engine.ts';
import type { DetectionOutput } from '../../../../domain/detection/output.ts';
import type { Attributes, TelemetryObservation } from '../../../../domain/observation.ts';

export type Fault =
  | 'none'
  | 'errors'
  | 'slow'
  | 'cpu'
  | 'leak'
  | 'surge'
  | 'outage'
  | 'silence'
  | 'full-memory';

export type Played = {
  /** What fired as a symptom (warning or critical), with the seconds since the fault began. */
  readonly symptoms: readonly {
    readonly signal: string;
    readonly afterS: number;
    readonly anomaly: Anomaly;
  }[];
  /** Symptoms that fire before the fault, or without one. */
  readonly early: readonly Anomaly[];
  readonly hints: number;
  /** Of the symptoms, those that were cleared after the fault was over. */
  readonly cleared: number;
  /** Seconds from the end of the fault to the last clear. */
  readonly clearedAfterS: number;
};

export type Play = {
  readonly intervalS: number;
  readonly fault: Fault;
  readonly seed: number;
  /** How many intervals are ordinary, faulty, and ordinary again. */
  readonly ordinary: number;
  readonly faulty: number;
  readonly after: number;
  /** Requests a second of the whole service, at noon. */
  readonly perSecond?: number;
  /** How much earlier or later than due each report is, as a share of the interval. */
  readonly jitter?: number;
  /** Every so many intervals one export is lost; what was counted comes with the next. */
  readonly lostEvery?: number;
  /** Sentinel starts again when the fault begins, from what it wrote to history. */
  readonly restarts?: boolean;
};

const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** The engine takes pauses of ten seconds for its own. */
const longestTickMs = 8_000;
const instances = ['a', 'b', 'c'];
/** A Monday morning. */
const startMs = Date.UTC(2026, 0, 5, 6);
const gigabyte = 1e9;

export function play(options: Play): Played {
  const {
    intervalS,
    fault,
    seed,
    ordinary,
    faulty,
    after,
    perSecond = 30,
    jitter = 0,
    lostEvery = Number.POSITIVE_INFINITY,
  } = options;
  const random = randomFrom(seed * 7919 + intervalS);
  const config = detectionConfigSchema.parse({});
  let engine = createDetectionEngine(config);
  const history: Record<'calls' | 'metrics' | 'logs', unknown[]> = { calls: [], metrics: [], logs: [] };
  const faultMs = startMs + ordinary * intervalS * 1_000;
  const overMs = faultMs + faulty * intervalS * 1_000;
  const endMs = overMs + after * intervalS * 1_000;
  const anomalies: Anomaly[] = [];
  const totals = new Map<string, { ok: number[]; failed: number[] }>();
  for (const name of instances) totals.set(name, { ok: zeros(), failed: zeros() });
  const offsets = instances.map((_, index) =>
    Math.round(((index + 0.5) / instances.length) * intervalS * 1_000),
  );

  const take = (found: DetectionOutput): void => {
    anomalies.push(...found.anomalies);
    for (const { calls, metrics } of found.rows) {
      history.calls.push(...calls);
      history.metrics.push(...metrics);
    }
  };
  let interval = 0;
  let hasRestarted = options.restarts !== true;
  const tickEveryMs = Math.min(longestTickMs, Math.max(1_000, intervalS * 100));
  let tickMs = startMs;
  for (let fromMs = startMs; fromMs < endMs; fromMs += intervalS * 1_000) {
    interval += 1;
    if (!hasRestarted && fromMs >= faultMs) {
      hasRestarted = true;
      engine = createDetectionEngine(config);
      engine.warm('prod', history as WarmRows);
    }
    for (const [index, resourceId] of instances.entries()) {
      const early = jitter === 0 ? 0 : jitter * (2 * random() - 1) * intervalS * 1_000;
      const atMs = Math.round(fromMs + (offsets[index] ?? 0) + early);
      for (; tickMs < atMs; tickMs += tickEveryMs) take(engine.tick(tickMs));
      const during = atMs > faultMs && atMs <= overMs;
      if (during && fault === 'silence') continue;
      const told = points(resourceId, atMs, during ? fault : 'none');
      if (interval % lostEvery !== index) take(engine.observe(told, atMs + 400));
    }
  }
  take(engine.tick(endMs + 5_000));
  return judged(anomalies, faultMs, overMs);

  function points(resourceId: string, atMs: number, now: Fault): TelemetryObservation[] {
    const total = totals.get(resourceId) ?? { ok: zeros(), failed: zeros() };
    const dayShare = 1 + 0.3 * Math.sin(((atMs - startMs) / 86_400_000) * 2 * Math.PI);
    const rate =
      (perSecond / instances.length) * dayShare * (now === 'surge' ? 4 : now === 'outage' ? 0.02 : 1);
    const calls = poisson(rate * intervalS, random);
    const failing = now === 'errors' ? 0.2 : 0.001;
    const weight = Math.max(1, Math.round(calls / 600));
    for (let call = 0; call < calls; call += weight) {
      const median = now === 'slow' ? 0.4 : 0.04;
      const seconds = median * Math.exp(0.5 * gauss(random));
      const into = random() < failing ? total.failed : total.ok;
      const bucket = bounds.findIndex((bound) => seconds <= bound);
      const place = bucket < 0 ? bounds.length : bucket;
      into[place] = (into[place] ?? 0) + weight;
    }
    const scope = { environment: 'prod', service: 'shop', resourceId };
    const histogram = (buckets: readonly number[], attributes: Attributes): TelemetryObservation => ({
      kind: 'histogram',
      scope,
      metric: 'http.server.request.duration',
      unit: 's',
      attributes,
      atMs,
      startMs,
      temporality: 'cumulative',
      count: Math.round(buckets.reduce((sum, value) => sum + value, 0)),
      sum: 0,
      bounds,
      bucketCounts: [...buckets],
    });
    const gauge = (metric: string, value: number): TelemetryObservation => ({
      kind: 'gauge',
      scope,
      metric,
      unit: '1',
      attributes: {},
      atMs,
      value,
    });
    const sinceFault = (atMs - faultMs) / (faulty * intervalS * 1_000);
    const used =
      now === 'leak' ? 0.4 + 0.55 * sinceFault : now === 'full-memory' ? 0.96 : 0.4 + 0.02 * random();
    return [
      histogram(total.ok, { 'http.response.status_code': '200' }),
      histogram(total.failed, { 'http.response.status_code': '500' }),
      gauge('process.cpu.utilization', now === 'cpu' ? 0.97 : 0.3 * dayShare + 0.05 * random()),
      gauge('container.memory.usage', used * gigabyte),
      gauge('container.memory.limit', gigabyte),
      gauge('jvm.threads', 50 + 5 * gauss(random)),
    ];
  }
}

function judged(anomalies: readonly Anomaly[], faultMs: number, overMs: number): Played {
  const grave = anomalies.filter(({ severity }) => severity !== 'info');
  const firing = grave.filter(({ state }) => state === 'firing');
  const early = firing.filter(({ detectedMs }) => detectedMs <= faultMs);
  const symptoms = firing
    .filter(({ detectedMs }) => detectedMs > faultMs)
    .map((anomaly) => ({
      signal: anomaly.signal,
      afterS: Math.round((anomaly.detectedMs - faultMs) / 1_000),
      anomaly,
    }));
  const ids = new Set(symptoms.map(({ anomaly }) => anomaly.id));
  const cleared = grave.filter(({ id, state }) => state === 'cleared' && ids.has(id));
  const last = Math.max(...cleared.map(({ clearedMs }) => clearedMs ?? 0), Number.NEGATIVE_INFINITY);
  return {
    symptoms,
    early,
    hints: anomalies.filter(({ severity, state }) => severity === 'info' && state === 'firing').length,
    cleared: cleared.length,
    clearedAfterS: Math.round((last - overMs) / 1_000),
  };
}

const zeros = (): number[] => new Array<number>(bounds.length + 1).fill(0);

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** By the normal distribution where it is close enough. */
function poisson(mean: number, random: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gauss(random)));
  const limit = Math.exp(-mean);
  let product = random();
  let count = 0;
  while (product > limit) {
    product *= random();
    count += 1;
  }
  return count;
}
