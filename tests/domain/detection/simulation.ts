// A small simulated system with an honest exporter, for tests of the whole detection engine: requests arrive at random,
// pass three services with two replicas each, and every replica exports spans, logs and metrics once a second; a host
// reports resources. Seeded: the same seed gives the same run.

import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import { detectionConfigSchema } from '../../../domain/detection/config.ts';
import { createDetectionEngine, type DetectionEngine } from '../../../domain/detection/engine.ts';
import type { DetectionOutput, EnvironmentRows, NewEdge } from '../../../domain/detection/output.ts';
import type { GaugePoint, SpanSummary, TelemetryObservation } from '../../../domain/observation.ts';

export const environment = 'test';
export const startMs = 1_700_000_000_000;
export const services = ['front', 'middle', 'back'] as const;
export type Service = (typeof services)[number];

/** What is wrong, as functions of the seconds since the start. Everything left out is well. */
export type World = {
  readonly requestsPerSecond?: (atS: number) => number;
  readonly errorRate?: (service: Service, atS: number) => number;
  readonly slowness?: (service: Service, atS: number) => number;
  /** A service that takes requests and never answers: callers give up after two seconds. */
  readonly hangs?: (service: Service, atS: number) => boolean;
  /** A service whose replicas are down: callers are refused at once. */
  readonly isDown?: (service: Service, atS: number) => boolean;
  readonly memoryMb?: (service: Service, atS: number) => number;
  readonly cpu?: (service: Service, atS: number) => number;
  readonly diskMb?: (service: Service, atS: number) => number;
  readonly poolUsed?: (service: Service, atS: number) => number;
  readonly logStorm?: (service: Service, atS: number) => { perSecond: number; severityNumber: number } | null;
  readonly exporterDead?: (service: Service, atS: number) => boolean;
  readonly replicas?: (service: Service, atS: number) => readonly string[];
  readonly restarts?: (service: Service, atS: number) => number;
  /** Spread of latency (sigma of its logarithm) and how often a replica exports. */
  readonly spread?: number;
  readonly exportEveryMs?: number;
};

export type Run = {
  readonly anomalies: readonly Anomaly[];
  /** When each anomaly came out, in seconds since the start (the receiver's clock). */
  readonly foundAtS: ReadonlyMap<Anomaly, number>;
  readonly rows: readonly EnvironmentRows[];
  readonly edges: readonly NewEdge[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly engine: DetectionEngine;
};

const mb = 1_000_000;
const timeoutMs = 2_000;

export function simulate(world: World, seconds: number, seed: number): Run {
  const random = mulberry32(seed);
  const { exportEveryMs = 1_000 } = world;
  const engine = createDetectionEngine(detectionConfigSchema.parse({}));
  const anomalies: Anomaly[] = [];
  const foundAtS = new Map<Anomaly, number>();
  const rows: EnvironmentRows[] = [];
  const edges: NewEdge[] = [];
  const dropped: Record<string, number> = {};
  const queues = new Map<string, TelemetryObservation[]>();
  const zeroMs = startMs;
  let nextRequestMs = zeroMs;
  let nextId = 0;

  const take = (output: DetectionOutput, nowMs: number): void => {
    for (const anomaly of output.anomalies) {
      anomalies.push(anomaly);
      foundAtS.set(anomaly, (nowMs - zeroMs) / 1000);
    }
    rows.push(...output.rows);
    edges.push(...output.edges);
    for (const [reason, count] of Object.entries(output.dropped))
      dropped[reason] = (dropped[reason] ?? 0) + count;
  };
  const emit = (observation: TelemetryObservation): void => {
    const key = `${observation.scope.service}/${observation.scope.resourceId}`;
    const queue = queues.get(key);
    if (queue === undefined) queues.set(key, [observation]);
    else queue.push(observation);
  };
  const replicasAt = (service: Service, atS: number) =>
    world.replicas?.(service, atS) ?? [`${service}-1`, `${service}-2`];
  const id = (): string => {
    nextId += 1;
    return nextId.toString(16).padStart(16, '0');
  };

  /** One call of a service, at an instant; answers when it ended and whether it failed. */
  const serve = (
    depth: number,
    atMs: number,
    traceId: string,
    parentSpanId: string | undefined,
  ): { endMs: number; error: boolean } => {
    const service = services[depth] as Service;
    const atS = (atMs - zeroMs) / 1000;
    if (world.isDown?.(service, atS)) return { endMs: atMs + 1, error: true };
    if (world.hangs?.(service, atS)) return { endMs: Number.POSITIVE_INFINITY, error: true };
    const names = replicasAt(service, atS);
    const resourceId = names[Math.floor(random() * names.length)] ?? `${service}-1`;
    const scope = { environment, service, resourceId };
    const spanId = id();
    const workMs = lognormal(random, 15, world.spread ?? 0.5) * (world.slowness?.(service, atS) ?? 1);
    let endMs = atMs + workMs;
    let error = random() < (world.errorRate?.(service, atS) ?? 0);
    const callee = services[depth + 1];
    if (callee !== undefined && !error) {
      const clientId = id();
      const callMs = atMs + workMs / 2;
      const answer = serve(depth + 1, callMs, traceId, clientId);
      const answeredMs = Math.min(answer.endMs, callMs + timeoutMs);
      error = answer.error || answer.endMs > callMs + timeoutMs;
      const durationMs = answeredMs - callMs;
      const span = {
        scope,
        traceId,
        spanId: clientId,
        parentSpanId: spanId,
        startMs: callMs,
        durationMs,
        error,
      };
      emit({ ...span, kind: 'span', spanKind: 'client', name: 'call', peer: `${callee}.internal` });
      endMs = answeredMs + workMs / 2;
    }
    const durationMs = endMs - atMs;
    const span: SpanSummary = {
      ...{
        kind: 'span',
        spanKind: 'server',
        name: 'serve',
        scope,
        traceId,
        spanId,
        startMs: atMs,
        durationMs,
        error,
      },
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
    };
    emit(span);
    const body = error
      ? `request ${spanId} failed after ${Math.round(durationMs)} ms`
      : `request ${spanId} done`;
    emit({ kind: 'log', scope, atMs: endMs, severityNumber: error ? 17 : 9, body, attributes: {} });
    return { endMs, error };
  };

  const gauge = (
    service: string,
    resourceId: string | undefined,
    metric: string,
    atMs: number,
    value: number,
  ): GaugePoint => ({
    kind: 'gauge',
    scope: { environment, service, ...(resourceId === undefined ? {} : { resourceId }) },
    metric,
    unit: '',
    attributes: metric === 'db.client.connection.count' ? { state: 'used' } : ({} as Record<string, string>),
    atMs,
    value,
  });

  for (let nowMs = zeroMs; nowMs < zeroMs + seconds * 1000; nowMs += 250) {
    const atS = (nowMs - zeroMs) / 1000;
    while (nextRequestMs <= nowMs) {
      serve(0, nextRequestMs, id(), undefined);
      const rate = world.requestsPerSecond?.((nextRequestMs - zeroMs) / 1000) ?? 20;
      nextRequestMs += (-Math.log(1 - random()) * 1000) / Math.max(rate, 1e-6);
      if (rate <= 0) nextRequestMs = Math.max(nextRequestMs, nowMs + 250);
      else nextRequestMs = Math.min(nextRequestMs, nowMs + 60_000);
    }
    for (const [number, service] of services.entries()) {
      const names = replicasAt(service, atS);
      for (const [replica, resourceId] of names.entries()) {
        const phaseMs = (number * 2 + replica) * 130;
        if ((nowMs - zeroMs - Math.floor(phaseMs / 250) * 250) % exportEveryMs !== 0) continue;
        const key = `${service}/${resourceId}`;
        const queue = queues.get(key) ?? [];
        const alive = !world.isDown?.(service, atS) && !world.hangs?.(service, atS);
        const ended = queue.filter((seen) => endOf(seen) <= nowMs).sort((a, b) => endOf(a) - endOf(b));
        queues.set(
          key,
          queue.filter((seen) => endOf(seen) > nowMs),
        );
        if (alive && !world.exporterDead?.(service, atS)) {
          const pool = world.poolUsed?.(service, atS) ?? Math.floor(random() * 3);
          const storm = world.logStorm?.(service, atS);
          const scope = { environment, service, resourceId };
          for (let count = 0; count < (storm?.perSecond ?? 0); count += 1)
            ended.push({
              ...{ kind: 'log', scope, atMs: nowMs - 500, attributes: {} },
              ...{ severityNumber: storm?.severityNumber ?? 9, body: `cache entry ${count} evicted early` },
            } as TelemetryObservation);
          ended.push(
            gauge(service, resourceId, 'app.loop.delay', nowMs, lognormal(random, 10, 0.3)),
            gauge(service, resourceId, 'app.queue', nowMs, poisson(random, 3)),
            gauge(service, resourceId, 'db.client.connection.count', nowMs, pool),
            gauge(service, resourceId, 'db.client.connection.max', nowMs, 10),
            gauge(service, resourceId, 'db.client.connection.pending_requests', nowMs, pool >= 10 ? 4 : 0),
          );
          take(engine.observe(ended, nowMs), nowMs);
        }
        const down = world.isDown?.(service, atS) ?? false;
        const memory =
          (world.memoryMb?.(service, atS) ?? 150) + 10 * Math.abs(Math.sin(atS / 7)) + 3 * random();
        const host: TelemetryObservation[] = [
          gauge(service, resourceId, 'container.state.running', nowMs, down ? 0 : 1),
          gauge(service, resourceId, 'container.restart.count', nowMs, world.restarts?.(service, atS) ?? 0),
        ];
        if (!down)
          host.push(
            gauge(
              service,
              resourceId,
              'process.cpu.utilization',
              nowMs,
              world.cpu?.(service, atS) ?? 0.1 + 0.1 * random(),
            ),
            gauge(service, resourceId, 'process.memory.usage', nowMs, memory * mb),
            gauge(service, resourceId, 'process.memory.limit', nowMs, 512 * mb),
          );
        if (replica === 0)
          host.push(
            gauge(service, undefined, 'container.replicas.desired', nowMs, names.length),
            gauge(service, undefined, 'container.replicas.available', nowMs, down ? 0 : names.length),
            gauge(
              service,
              undefined,
              'system.filesystem.usage',
              nowMs,
              (world.diskMb?.(service, atS) ?? 20) * mb,
            ),
            gauge(service, undefined, 'system.filesystem.limit', nowMs, 200 * mb),
          );
        take(engine.observe(host, nowMs), nowMs);
      }
    }
    if ((nowMs - zeroMs) % 1000 === 0) take(engine.tick(nowMs), nowMs);
  }
  return { anomalies, foundAtS, rows, edges, dropped, engine };
}

function endOf(seen: TelemetryObservation): number {
  return seen.kind === 'span' ? seen.startMs + seen.durationMs : seen.atMs;
}

function lognormal(random: () => number, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

function poisson(random: () => number, mean: number): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
}

/** Source: mulberry32 by Tommy Ettinger (public domain). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
