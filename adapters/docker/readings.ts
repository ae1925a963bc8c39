// What containers do, as telemetry: CPU, memory, restarts, whether they run, and a log line for each that ended badly. The
// names are OpenTelemetry's, so detection, diagnosis and the infrastructure pages know them from any other sender.

import type { LogRecord, TelemetryObservation } from '../../domain/observation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Readings } from '../../ingest/watched.ts';
import { connectEngine, type Engine, EngineError } from './engine.ts';
import type { DockerSettings } from './executor.ts';
import { memoryOf } from './memory.ts';
import { isSelected, namedIn, serviceOf } from './select.ts';
import { isUp } from './state.ts';
import type { Inspected, Stats } from './wire.ts';

type Seen = {
  readonly finishedAt: string;
  readonly health: string;
  readonly cpuNs: number | null;
  readonly atMs: number;
};

const atOnce = 8;
const errorSeverity = 17;
/** Nobody remembers more containers than an engine has. */
const mostRemembered = 10_000;

export function createDockerReadings(
  settings: DockerSettings,
  { nowMs }: { readonly nowMs: () => number },
  engine: Engine = connectEngine(settings),
): Readings {
  const seen = new Map<string, Seen>();

  async function readOne(
    id: string,
    environment: string,
    signal?: AbortSignal,
  ): Promise<readonly TelemetryObservation[]> {
    const container = await engine.inspect(id, signal);
    if (container === null) return [];
    const stats = isUp(container) ? await statsOf(id, signal) : null;
    const named = { name: container.Name.replace(/^\//, ''), labels: container.Config.Labels };
    const scope = { environment, service: serviceOf(settings, named), resourceId: named.name };
    const now = {
      finishedAt: container.State.FinishedAt,
      health: container.State.Health?.Status ?? 'none',
      cpuNs: stats?.cpu_stats.cpu_usage.total_usage ?? null,
      atMs: nowMs(),
    };
    const before = seen.get(`${environment}/${id}`);
    seen.delete(`${environment}/${id}`);
    seen.set(`${environment}/${id}`, now);
    return [
      ...levels(scope, container, stats, now.atMs),
      ...cpu(scope, container, stats, before, now),
      ...(before === undefined ? [] : endings(scope, container, before, now)),
    ];
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
      const ids = (await engine.list(signal)).flatMap(({ Id, Names, Labels }) => {
        const named = namedIn(Names, Labels);
        return named !== null && isSelected(settings, named) ? [Id] : [];
      });
      const all: TelemetryObservation[] = [];
      for (let at = 0; at < ids.length; at += atOnce) {
        const some = await Promise.all(
          ids.slice(at, at + atOnce).map((id) => readOne(id, environment, signal)),
        );
        all.push(...some.flat());
      }
      for (const key of [...seen.keys()].slice(0, Math.max(0, seen.size - mostRemembered))) seen.delete(key);
      return all;
    },
  };
}

function levels(
  scope: Scope,
  container: Inspected,
  stats: Stats | null,
  atMs: number,
): readonly TelemetryObservation[] {
  const memory = stats === null ? null : memoryOf(stats);
  return [
    gauge(scope, 'container.state.running', '1', container.State.Status === 'running' ? 1 : 0, atMs),
    gauge(scope, 'container.restart.count', '{restart}', container.RestartCount, atMs),
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

function endings(scope: Scope, { State }: Inspected, before: Seen, now: Seen): readonly LogRecord[] {
  const name = scope.resourceId ?? '';
  const line = (body: string): LogRecord => ({
    kind: 'log',
    scope,
    atMs: now.atMs,
    severityNumber: errorSeverity,
    body,
    attributes: {},
  });
  const lines: LogRecord[] = [];
  if (now.finishedAt !== before.finishedAt && State.OOMKilled)
    lines.push(line(`container ${name} was killed: out of memory`));
  else if (now.finishedAt !== before.finishedAt && State.Status !== 'running' && State.ExitCode !== 0)
    lines.push(line(`container ${name} ended with exit code ${State.ExitCode}`));
  if (now.health === 'unhealthy' && before.health !== 'unhealthy')
    lines.push(line(`the health check of container ${name} fails`));
  return lines;
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
