// What containers do, as telemetry: CPU, memory, programs, restarts, whether they run, and a log line for each time that one
// ended badly. The names are OpenTelemetry's, so detection, diagnosis and the infrastructure pages know them from any other sender.

import type { LogRecord, TelemetryObservation } from '../../domain/observation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Readings } from '../../ingest/watched.ts';
import type { WatchSurroundings } from '../executor-vendor.ts';
import { connectEngine, type Engine, EngineError } from './engine.ts';
import { createEventLog, type EventLog } from './events.ts';
import type { DockerSettings } from './executor.ts';
import { memoryOf } from './memory.ts';
import { isSelected, type Named, namedIn, serviceOf } from './select.ts';
import { isUp, nameOf } from './state.ts';
import { createTroubles, type Look, type Troubles } from './troubles.ts';
import type { Inspected, Stats } from './wire.ts';

type Seen = { readonly cpuNs: number | null; readonly atMs: number };

/** What is remembered of one environment. */
type Memory = {
  readonly seen: Map<string, Seen>;
  readonly events: EventLog;
  readonly troubles: Troubles;
};

const atOnce = 8;
const errorSeverity = 17;
/** Nobody remembers more containers than an engine has. */
const mostRemembered = 10_000;

export function createDockerReadings(
  settings: DockerSettings,
  { nowMs, serviceOf: byRules }: Omit<WatchSurroundings, 'agents'>,
  engine: Engine = connectEngine(settings),
): Readings {
  const memories = new Map<string, Memory>();

  function scopeOf(environment: string, named: Named): Scope {
    const resource = `docker/${settings.host}/${named.name}`;
    const service = byRules({ environment, service: serviceOf(settings, named), resource });
    return { environment, service, resourceId: named.name };
  }

  async function readOne(
    id: string,
    environment: string,
    { seen }: Memory,
    signal?: AbortSignal,
  ): Promise<{
    readonly look: Look;
    readonly scope: Scope;
    readonly told: readonly TelemetryObservation[];
  } | null> {
    const container = await engine.inspect(id, signal);
    if (container === null) return null;
    const stats = isUp(container) ? await statsOf(id, signal) : null;
    const scope = scopeOf(environment, { name: nameOf(container), labels: container.Config.Labels });
    const now = { cpuNs: stats?.cpu_stats.cpu_usage.total_usage ?? null, atMs: nowMs() };
    const before = seen.get(id);
    seen.delete(id);
    seen.set(id, now);
    const told = [...levels(scope, container, stats, now.atMs), ...cpu(scope, container, stats, before, now)];
    return { look: lookOf(container), scope, told };
  }

  /** A container that ends between two questions has none. */
  async function statsOf(id: string, signal?: AbortSignal): Promise<Stats | null> {
    try {
      return await engine.stats(id, signal);
    } catch (error) {
      if (error instanceof EngineError && (error.status === 404 || error.status === 409)) return null;
      throw error;
    }
  }

  return {
    async read(environment, signal) {
      let memory = memories.get(environment);
      if (memory === undefined) {
        memory = { seen: new Map(), events: createEventLog(engine), troubles: createTroubles() };
        memories.set(environment, memory);
      }
      const { seen, events, troubles } = memory;
      const ids = (await engine.list(signal)).flatMap(({ Id, Names, Labels }) => {
        const named = namedIn(Names, Labels);
        return named !== null && isSelected(settings, named) ? [Id] : [];
      });
      const all: TelemetryObservation[] = [];
      const looks: Look[] = [];
      const scopes = new Map<string, Scope>();
      for (let at = 0; at < ids.length; at += atOnce) {
        const some = ids.slice(at, at + atOnce);
        for (const one of await Promise.all(some.map((id) => readOne(id, environment, memory, signal)))) {
          if (one === null) continue;
          all.push(...one.told);
          looks.push(one.look);
          scopes.set(one.look.id, one.scope);
        }
      }
      // After the looks: an end that one of them shows is among the events by now.
      const happened = await events.next(nowMs(), signal);
      const ours = happened?.filter(({ event }) => isSelected(settings, event)) ?? null;
      // One that is gone is known by its events alone.
      for (const { event } of ours ?? [])
        if (!scopes.has(event.id)) scopes.set(event.id, scopeOf(environment, event));
      for (const { id, atMs, words } of troubles.tell(looks, ours, nowMs())) {
        const scope = scopes.get(id);
        if (scope !== undefined) all.push(errorLine(scope, words(scope.resourceId ?? ''), atMs));
      }
      for (const id of [...seen.keys()].slice(0, Math.max(0, seen.size - mostRemembered))) seen.delete(id);
      return all;
    },
  };
}

function lookOf({ Id, State }: Inspected): Look {
  const finishedAtMs = Date.parse(State.FinishedAt);
  return {
    id: Id,
    isRunning: State.Status === 'running',
    // The engine writes the year 1 for never.
    finishedAtMs: finishedAtMs > 0 ? finishedAtMs : null,
    outOfMemory: State.OOMKilled,
    exitCode: State.ExitCode,
    health: State.Health?.Status ?? 'none',
  };
}

function levels(
  scope: Scope,
  container: Inspected,
  stats: Stats | null,
  atMs: number,
): readonly TelemetryObservation[] {
  const memory = stats === null ? null : memoryOf(stats);
  const pids = stats?.pids_stats.current;
  return [
    gauge(scope, 'container.state.running', '1', container.State.Status === 'running' ? 1 : 0, atMs),
    gauge(scope, 'container.restart.count', '{restart}', container.RestartCount, atMs),
    ...(pids === undefined ? [] : [gauge(scope, 'container.pids.count', '{pid}', pids, atMs)]),
    ...(memory === null ? [] : [gauge(scope, 'container.memory.usage', 'By', memory.usedBytes, atMs)]),
    ...(memory?.limitBytes == null
      ? []
      : [gauge(scope, 'container.memory.limit', 'By', memory.limitBytes, atMs)]),
  ];
}

/** Processor time since the look before, over the time between them: cores. */
function cpu(
  scope: Scope,
  container: Inspected,
  stats: Stats | null,
  before: Seen | undefined,
  now: Seen,
): readonly TelemetryObservation[] {
  if (stats === null || before?.cpuNs == null || now.cpuNs === null) return [];
  const [usedNs, passedMs] = [now.cpuNs - before.cpuNs, now.atMs - before.atMs];
  // Less than before: it is another process.
  if (usedNs < 0 || passedMs <= 0) return [];
  const cores = usedNs / 1e6 / passedMs;
  const allowed = allowedCores(container, stats);
  return [
    gauge(scope, 'container.cpu.usage', '{cpu}', cores, now.atMs),
    ...(allowed === null ? [] : [gauge(scope, 'container.cpu.utilization', '1', cores / allowed, now.atMs)]),
  ];
}

function allowedCores(
  { HostConfig }: Inspected,
  { cpu_stats: { online_cpus: online } }: Stats,
): number | null {
  const nano = Number(HostConfig.NanoCpus ?? 0);
  if (nano > 0) return nano / 1e9;
  const [quota, period] = [Number(HostConfig.CpuQuota ?? 0), Number(HostConfig.CpuPeriod ?? 0) || 100_000];
  if (quota > 0) return quota / period;
  return online === undefined || online <= 0 ? null : online;
}

function errorLine(scope: Scope, body: string, atMs: number): LogRecord {
  return { kind: 'log', scope, atMs, severityNumber: errorSeverity, body, attributes: {}, fromOutside: true };
}

function gauge(
  scope: Scope,
  metric: string,
  unit: string,
  value: number,
  atMs: number,
): TelemetryObservation {
  return { kind: 'gauge', scope, metric, unit, attributes: {}, atMs, value };
}
