// A small world for tests of diagnosis: requests run through a call graph of arbitrary services, second by second, with
// seeded chance, and leave the same buckets that ingest would have written. Faults change what replicas do, not the
// telemetry, except where the fault is one of telemetry.

import type { Anomaly, SignalKind } from '../../domain/detection/anomaly.ts';
import type { DiagnosisInput } from '../../domain/diagnosis/input.ts';
import type { ChangeEvent } from '../../domain/observation.ts';
import { actionIds } from '../../domain/remediation/actions.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import type { CallBucket, LogBucket, MetricBucket } from '../../domain/telemetry.ts';

export type SimulatedService = {
  readonly name: string;
  readonly replicas: number;
  readonly selfMs: number;
  readonly calls: readonly string[];
  /** A dependency outside that every request asks. */
  readonly outside?: string;
  /** Requests per second one replica can take; generous when left out. */
  readonly capacity?: number;
};

export type Fault = {
  readonly service: string;
  readonly atSecond?: number;
  readonly untilSecond?: number;
} & (
  | { readonly kind: 'crash'; readonly replicas?: number }
  | { readonly kind: 'crash-loop'; readonly periodSeconds?: number }
  | { readonly kind: 'hang'; readonly replicas?: number }
  | { readonly kind: 'memory-leak'; readonly sharePerSecond: number }
  | { readonly kind: 'cpu-burn'; readonly replicas?: number }
  | { readonly kind: 'slow-dependency'; readonly addMs: number }
  | { readonly kind: 'errors'; readonly rate: number; readonly replicas?: number }
  | { readonly kind: 'slow'; readonly factor: number }
  | { readonly kind: 'disk-fill'; readonly sharePerSecond: number; readonly fromShare?: number }
  | { readonly kind: 'surge'; readonly factor: number }
  | { readonly kind: 'pool-exhaustion'; readonly replicas?: number }
  | { readonly kind: 'telemetry-gap'; readonly replicas?: number }
  | { readonly kind: 'log-noise' }
);

export type World = {
  readonly services: readonly SimulatedService[];
  readonly entry: string;
  readonly requestsPerSecond: number;
  readonly faults: readonly Fault[];
  readonly changes?: readonly {
    readonly type: string;
    readonly service: string;
    readonly atSecond: number;
  }[];
  readonly seed: number;
  readonly warmUpSeconds?: number;
  /** Seconds from the fault to the moment of diagnosis. */
  readonly afterSeconds?: number;
  /** Share of seconds in which a service is slowed by something unrelated, as on a busy machine. */
  readonly stalls?: number;
  readonly without?: readonly ('calls' | 'metrics' | 'logs' | 'targets')[];
};

export const startMs = 1_700_000_000_000;
export const environment = 'test';
const poolSize = 8;
/** Seconds of calls are complete later than points of metrics. */
const callDelaySeconds = 2;
const timeoutMs = 1_500;

type Behaviour = {
  up: boolean;
  hung: boolean;
  errorRate: number;
  factor: number;
  cpu: number;
  memoryShare: number;
  outsideAddMs: number;
  poolTaken: boolean;
  mute: boolean;
  restarts: number;
};

/** Runs the world and gathers what a diagnosis would be given `afterSeconds` after the fault. */
export function simulate(world: World): DiagnosisInput {
  const warmUp = world.warmUpSeconds ?? 70;
  const end = warmUp + (world.afterSeconds ?? 10);
  const random = seeded(world.seed);
  const recorder = createRecorder();
  const byName = new Map(world.services.map((service) => [service.name, service]));

  for (let second = 0; second < end + callDelaySeconds; second += 1)
    runSecond(world, second, warmUp, byName, random, recorder);

  const onsetMs = startMs + warmUp * 1000;
  const nowMs = startMs + (end + callDelaySeconds) * 1000 + 400;
  const targets = world.services.map((service) => targetOf(service, world, end - 1, warmUp));
  const keep = <T>(name: 'calls' | 'metrics' | 'logs' | 'targets', rows: readonly T[]): readonly T[] =>
    world.without?.includes(name) ? [] : rows;
  const complete = recorder.calls().filter(({ atMs }) => atMs < startMs + end * 1000);
  const calls = keep('calls', complete);
  return {
    environment,
    nowMs,
    onsetMs: onsetMs + 1_000,
    anomalies: anomaliesOf(world, complete, onsetMs),
    calls,
    metrics: keep('metrics', recorder.metrics),
    logs: keep('logs', recorder.logs),
    edges: world.services.flatMap(({ name, calls: callees }) =>
      callees.map((callee) => ({ caller: name, callee })),
    ),
    changes: (world.changes ?? []).map((change) => changeOf(change, warmUp)),
    targets: keep('targets', targets),
    missing: (world.without ?? []).map((name) => `${name}: not available`),
  };
}

function runSecond(
  world: World,
  second: number,
  warmUp: number,
  byName: ReadonlyMap<string, SimulatedService>,
  random: () => number,
  recorder: Recorder,
): void {
  const atMs = startMs + second * 1000;
  const surge = world.faults.find((fault) => fault.kind === 'surge');
  const surging = surge !== undefined && isActive(surge, second, warmUp);
  const rate = world.requestsPerSecond * (surging && surge.kind === 'surge' ? surge.factor : 1);
  const arrivals = poisson(rate, random);
  const demand = new Map<string, number>();
  const addDemand = (name: string) => {
    demand.set(name, (demand.get(name) ?? 0) + arrivals);
    for (const callee of byName.get(name)?.calls ?? []) addDemand(callee);
  };
  addDemand(world.entry);
  const behaviours = new Map(
    world.services.map((service) => [
      service.name,
      Array.from({ length: service.replicas }, (_, index) =>
        behaviour(world, service, index, second, warmUp),
      ),
    ]),
  );
  const turn = new Map<string, number>();
  const stalls = new Map(
    world.services.map(({ name }) => [name, random() < (world.stalls ?? 0) ? 1.5 + 3 * random() : 1]),
  );

  const serve = (name: string): { ok: boolean; latencyMs: number } => {
    const service = byName.get(name);
    const all = behaviours.get(name) ?? [];
    if (service === undefined) return { ok: false, latencyMs: 1 };
    const rotation = all.map((one, index) => ({ one, index })).filter(({ one }) => one.up);
    if (rotation.length === 0) return { ok: false, latencyMs: 1 + random() };
    const next = (turn.get(name) ?? Math.floor(random() * 100)) + 1;
    turn.set(name, next);
    const { one, index } = rotation[next % rotation.length] ?? { one: all[0] as Behaviour, index: 0 };
    if (one.hung) return { ok: false, latencyMs: timeoutMs };
    const instance = `${name}-${index}`;
    const load = (demand.get(name) ?? 0) / (rotation.length * (service.capacity ?? rate * 10));
    const queueMs = load > 1 ? Math.min(700, service.selfMs * 8 * load) : 0;
    let selfMs =
      (service.selfMs * one.factor * (stalls.get(name) ?? 1) + queueMs) * Math.exp(0.25 * normal(random));
    let latencyMs = 0;
    let ok = true;
    let own = false;
    const client = (peer: string, answer: { ok: boolean; latencyMs: number }) => {
      const seenMs = Math.min(timeoutMs, answer.latencyMs + 0.5);
      const fine = answer.ok && answer.latencyMs < timeoutMs;
      if (!one.mute) recorder.call(atMs, name, instance, 'client', peer, !fine, false, seenMs, 0);
      latencyMs += seenMs;
      if (!fine) ok = false;
    };
    if (one.errorRate > 0 && random() < one.errorRate) [ok, own] = [false, true];
    if (ok && load > 1.15 && random() < 1 - 1.1 / load) [ok, own] = [false, true];
    if (ok && one.poolTaken && random() < 0.6) [ok, own, selfMs] = [false, true, selfMs + 500];
    if (ok && service.outside !== undefined) {
      const outsideMs = (30 + one.outsideAddMs) * Math.exp(0.2 * normal(random)) * (one.cpu > 0.5 ? 1.5 : 1);
      client(service.outside, { ok: true, latencyMs: outsideMs });
    }
    for (const callee of service.calls) if (ok) client(callee, serve(callee));
    const totalMs = latencyMs + selfMs;
    if (!one.mute) recorder.call(atMs, name, instance, 'server', '', !ok, own, totalMs, selfMs);
    return { ok, latencyMs: totalMs };
  };

  for (let request = 0; request < arrivals; request += 1) serve(world.entry);
  for (const service of world.services) {
    const mine = behaviours.get(service.name) ?? [];
    recorder.resources(atMs, service, mine, (demand.get(service.name) ?? 0) / Math.max(1, rate), random);
    recorder.disk(atMs, service.name, diskShare(world, service.name, second, warmUp));
    const noise = world.faults.some(
      (f) => f.kind === 'log-noise' && f.service === service.name && isActive(f, second, warmUp),
    );
    recorder.log(atMs, service.name, 'answered', 9, Math.max(1, Math.round(rate)));
    if (noise) recorder.log(atMs, service.name, 'deprecated', 17, 200);
  }
}

function isActive(fault: Fault, second: number, warmUp: number): boolean {
  const from = warmUp + (fault.atSecond ?? 0);
  return second >= from && (fault.untilSecond === undefined || second < warmUp + fault.untilSecond);
}

function behaviour(
  world: World,
  service: SimulatedService,
  index: number,
  second: number,
  warmUp: number,
): Behaviour {
  const result: Behaviour = {
    up: true,
    hung: false,
    errorRate: 0.001,
    factor: 1,
    cpu: 0.1,
    memoryShare: 0.4,
    outsideAddMs: 0,
    poolTaken: false,
    mute: false,
    restarts: 0,
  };
  for (const fault of world.faults) {
    if (fault.service !== service.name || !isActive(fault, second, warmUp)) continue;
    const since = second - warmUp - (fault.atSecond ?? 0);
    if ('replicas' in fault && fault.replicas !== undefined && index >= fault.replicas) continue;
    switch (fault.kind) {
      case 'crash':
        result.up = false;
        break;
      case 'crash-loop': {
        const period = fault.periodSeconds ?? 3;
        result.restarts = Math.floor((since + 1) / period);
        result.up = since % period === period - 1;
        break;
      }
      case 'hang':
        result.hung = true;
        result.cpu = 0.004;
        break;
      case 'memory-leak': {
        result.memoryShare = Math.min(0.99, 0.4 + since * fault.sharePerSecond);
        if (result.memoryShare > 0.85) [result.factor, result.cpu] = [5, 0.8];
        break;
      }
      case 'cpu-burn':
        result.cpu = 0.97;
        result.factor = 6;
        break;
      case 'slow-dependency':
        result.outsideAddMs = fault.addMs;
        break;
      case 'errors':
        result.errorRate = fault.rate;
        break;
      case 'slow':
        result.factor = fault.factor;
        break;
      case 'disk-fill':
        if (diskShare(world, service.name, second, warmUp) >= 1) result.errorRate = 1;
        break;
      case 'pool-exhaustion':
        result.poolTaken = true;
        break;
      case 'telemetry-gap':
        result.mute = true;
        break;
      case 'surge':
      case 'log-noise':
        break;
    }
  }
  return result;
}

function diskShare(world: World, service: string, second: number, warmUp: number): number {
  const fault = world.faults.find((one) => one.kind === 'disk-fill' && one.service === service);
  const usual = 0.2 + second * 0.00002;
  if (fault?.kind !== 'disk-fill' || !isActive(fault, second, warmUp)) return usual;
  return Math.min(1, (fault.fromShare ?? usual) + (second - warmUp + 1) * fault.sharePerSecond);
}

function targetOf(service: SimulatedService, world: World, second: number, warmUp: number): TargetState {
  const changed = world.changes?.some(
    ({ service: name, type }) => name === service.name && type === 'release',
  );
  return {
    target: { environment, service: service.name },
    executor: 'simulated',
    desiredReplicas: service.replicas,
    replicas: Array.from({ length: service.replicas }, (_, index) => {
      const { up, restarts } = behaviour(world, service, index, second, warmUp);
      const looping = restarts > 0;
      const startedAtMs = looping || changed ? startMs + (warmUp - 1) * 1000 : startMs;
      return {
        id: `${service.name}-${index}`,
        state: up ? 'running' : looping ? 'starting' : 'exited',
        startedAtMs,
        restarts,
      } as const;
    }),
    release: 'v2',
    previousRelease: 'v1',
    config: 'c2',
    previousConfig: 'c1',
    sandbox: { usedBytes: Math.round(diskShare(world, service.name, second, warmUp) * 1e8), limitBytes: 1e8 },
    supports: actionIds,
  };
}

function changeOf(
  { type, service, atSecond }: { type: string; service: string; atSecond: number },
  warmUp: number,
): ChangeEvent {
  const atMs = startMs + (warmUp + atSecond) * 1000;
  return {
    kind: 'change',
    id: `${type}-${service}-${atSecond}`,
    type,
    environment,
    service,
    atMs,
    summary: type,
    attributes: {},
  };
}

type Recorder = ReturnType<typeof createRecorder>;

function createRecorder() {
  type Slot = Omit<CallBucket, 'latencyP50Ms' | 'latencyP95Ms' | 'selfTimeP50Ms'> & {
    latencies: number[];
    selves: number[];
  };
  const slots = new Map<string, { -readonly [K in keyof Slot]: Slot[K] }>();
  const metrics: MetricBucket[] = [];
  const logs: LogBucket[] = [];
  const metric = (
    atMs: number,
    service: string,
    instance: string,
    name: string,
    value: number,
    attributes = '',
  ) => metrics.push({ atMs, service, instance, metric: name, attributes, value });
  return {
    metrics,
    logs,
    call(
      atMs: number,
      service: string,
      instance: string,
      side: 'server' | 'client',
      peer: string,
      error: boolean,
      own: boolean,
      latencyMs: number,
      selfMs: number,
    ) {
      const key = `${atMs}|${instance}|${side}|${peer}`;
      const slot = slots.get(key) ?? {
        atMs,
        service,
        instance,
        side,
        peer,
        count: 0,
        errors: 0,
        ownErrors: 0,
        latencies: [],
        selves: [],
      };
      slot.count += 1;
      slot.errors += error ? 1 : 0;
      slot.ownErrors += own ? 1 : 0;
      slot.latencies.push(latencyMs);
      slot.selves.push(selfMs);
      slots.set(key, slot);
    },
    resources(
      atMs: number,
      { name }: SimulatedService,
      all: readonly Behaviour[],
      loadFactor: number,
      random: () => number,
    ) {
      metric(atMs, name, '', 'container.replicas.desired', all.length);
      metric(atMs, name, '', 'container.replicas.available', all.filter(({ up }) => up).length);
      all.forEach((one, index) => {
        const instance = `${name}-${index}`;
        metric(atMs, name, instance, 'container.state.running', one.up ? 1 : 0);
        metric(atMs, name, instance, 'container.restart.count', one.restarts);
        if (!one.up) return;
        metric(
          atMs,
          name,
          instance,
          'process.cpu.utilization',
          one.cpu * (0.8 + 0.2 * loadFactor) * (0.9 + 0.2 * random()),
        );
        metric(
          atMs,
          name,
          instance,
          'process.memory.usage',
          one.memoryShare * 2e8 * (0.99 + 0.02 * random()),
        );
        metric(atMs, name, instance, 'process.memory.limit', 2e8);
        if (one.mute || one.hung) return;
        const slow = one.outsideAddMs > 200;
        const used = one.poolTaken || slow ? poolSize : 2;
        metric(atMs, name, instance, 'db.client.connection.count', used, 'db.client.connection.state=used');
        metric(
          atMs,
          name,
          instance,
          'db.client.connection.count',
          poolSize - used,
          'db.client.connection.state=idle',
        );
        metric(atMs, name, instance, 'db.client.connection.max', poolSize);
        metric(
          atMs,
          name,
          instance,
          'db.client.connection.pending_requests',
          one.poolTaken ? 5 : slow ? 2 : 0,
        );
      });
    },
    disk(atMs: number, service: string, share: number) {
      metric(atMs, service, '', 'system.filesystem.usage', share * 1e8);
      metric(atMs, service, '', 'system.filesystem.limit', 1e8);
    },
    log(atMs: number, service: string, templateId: string, severityNumber: number, count: number) {
      logs.push({ atMs, service, templateId, template: templateId, severityNumber, count });
    },
    calls(): CallBucket[] {
      return [...slots.values()].map(({ latencies, selves, ...rest }) => ({
        ...rest,
        latencyP50Ms: quantile(latencies, 0.5),
        latencyP95Ms: quantile(latencies, 0.95),
        selfTimeP50Ms: rest.side === 'server' ? quantile(selves, 0.5) : 0,
      }));
    },
  };
}

/** What a plain detector would have found: services whose callers or users see errors or slowness, and the fault's own signal. */
function anomaliesOf(world: World, calls: readonly CallBucket[], onsetMs: number): Anomaly[] {
  const found: Anomaly[] = [];
  for (const { name } of world.services) {
    const mine = calls.filter(({ service, side }) => service === name && side === 'server');
    const before = summary(mine.filter(({ atMs }) => atMs < onsetMs));
    const after = summary(mine.filter(({ atMs }) => atMs >= onsetMs));
    if (after.ratio > before.ratio + 0.04)
      found.push(anomaly(name, 'errors', onsetMs, before.ratio, after.ratio));
    if (after.p95 > before.p95 * 1.6 + 20)
      found.push(anomaly(name, 'latency', onsetMs, before.p95, after.p95));
  }
  for (const fault of world.faults) {
    const signal = ownSignal[fault.kind];
    if (signal !== undefined) found.push(anomaly(fault.service, signal, onsetMs, 0, 1));
  }
  return found;
}

const ownSignal: Partial<Record<Fault['kind'], SignalKind>> = {
  crash: 'availability',
  'crash-loop': 'restarts',
  hang: 'absence',
  'memory-leak': 'memory',
  'cpu-burn': 'cpu',
  'disk-fill': 'disk',
  'pool-exhaustion': 'pool',
  'telemetry-gap': 'absence',
  'log-noise': 'logs',
};

export function anomaly(
  service: string,
  signal: SignalKind,
  onsetMs: number,
  expected: number,
  seen: number,
  more: Partial<Anomaly> = {},
): Anomaly {
  return {
    id: `${service}-${signal}`,
    state: 'firing',
    detector: 'threshold',
    signal,
    scope: { environment, service },
    seriesKey: `${service}/${signal}`,
    metric: signal,
    direction: 'up',
    onsetMs: onsetMs + 1_000,
    detectedMs: onsetMs + 3_000,
    expected,
    seen,
    score: 10,
    confidence: 0.9,
    severity: signal === 'logs' ? 'warning' : 'critical',
    summary: `${signal} of ${service}`,
    ...more,
  };
}

function summary(buckets: readonly CallBucket[]): { ratio: number; p95: number } {
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const errors = buckets.reduce((sum, bucket) => sum + bucket.errors, 0);
  return {
    ratio: count === 0 ? 0 : errors / count,
    p95:
      buckets.length === 0
        ? 0
        : quantile(
            buckets.map((b) => b.latencyP95Ms),
            0.5,
          ),
  };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/** Small, fast, good enough: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

function poisson(mean: number, random: () => number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
