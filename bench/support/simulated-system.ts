// A small world for tests of diagnosis: requests run through a call graph of arbitrary services, second by second, with
// seeded chance, and leave the same buckets that ingest would have written. Faults change what replicas do, not the
// telemetry, except where the fault is one of telemetry.

import type { DiagnosisInput } from '../../domain/diagnosis/input.ts';
import type { ChangeEvent } from '../../domain/observation.ts';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { anomaliesOf } from './simulated-anomalies.ts';
import {
  type Behaviour,
  behaviour,
  diskShare,
  environment,
  isActive,
  type SimulatedService,
  startMs,
  type World,
} from './simulated-behaviour.ts';
import { normal, poisson, seeded } from './simulated-random.ts';
import { createRecorder, type Recorder } from './simulated-recorder.ts';

export { anomaly } from './simulated-anomalies.ts';
export {
  environment,
  type Fault,
  type SimulatedService,
  startMs,
  type World,
} from './simulated-behaviour.ts';
export { seeded } from './simulated-random.ts';

/** Seconds of calls are complete later than points of metrics. */
const callDelaySeconds = 2;
const timeoutMs = 1_500;

/** What a diagnosis is given, and plans can be made from. */
export type Simulated = DiagnosisInput & { readonly targets: readonly TargetState[] };

/** Runs the world and gathers what a diagnosis would be given `afterSeconds` after the fault. */
export function simulate(world: World): Simulated {
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
