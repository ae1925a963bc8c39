/**
 * Resource metrics of the replicas as their host sees them, by OTLP/HTTP JSON at the interval of the telemetry. They do not come from the
 * replicas, so they go on when a process hangs or its own exporter is dead.
 */
import { replicaLimits } from '../topology.ts';
import type { Cluster } from './cluster.ts';
import { processUsage, type Usage } from './proc.ts';
import type { ManagedService } from './service.ts';
import type { Task } from './task.ts';

const sendingTimeoutMs = 1_000;

interface Point {
  name: string;
  unit: string;
  value: number;
  /** Set for a cumulative, monotonic sum; a gauge otherwise. */
  countedSinceMs?: number;
  attributes?: Record<string, string>;
}

export function startResourceMetrics(cluster: Cluster): void {
  const { otlpEndpoint, telemetryIntervalMs } = cluster.options;
  if (!otlpEndpoint) return;
  const cpu = new CpuMeter();
  let sending = false;
  const tick = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    const body = JSON.stringify({ resourceMetrics: await collect(cluster, cpu) });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(sendingTimeoutMs);
    // A receiver that is away misses points, as with any pushed gauge; the next time brings new ones.
    await fetch(`${otlpEndpoint}/v1/metrics`, { method: 'POST', headers, body, signal }).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
    sending = false;
  };
  setInterval(() => void tick(), telemetryIntervalMs).unref();
}

/** Turns CPU seconds into a share of one core since the last look. */
class CpuMeter {
  private readonly last = new Map<number, { atMs: number; cpuSeconds: number }>();

  utilization(pid: number, { cpuSeconds }: Usage): number | undefined {
    const atMs = performance.now();
    const before = this.last.get(pid);
    this.last.set(pid, { atMs, cpuSeconds });
    if (!before || atMs <= before.atMs) return undefined;
    return Math.max(0, (cpuSeconds - before.cpuSeconds) / ((atMs - before.atMs) / 1000));
  }

  forgetAllBut(pids: number[]): void {
    for (const pid of this.last.keys()) if (!pids.includes(pid)) this.last.delete(pid);
  }
}

async function collect(cluster: Cluster, cpu: CpuMeter): Promise<unknown[]> {
  const services = [...cluster.services.values()];
  const pids = services.flatMap(({ tasks }) => tasks.flatMap(({ pid }) => pid ?? []));
  const usage = await processUsage(pids);
  cpu.forgetAllBut(pids);
  const groups: unknown[] = [];
  for (const service of services) {
    const resource = {
      'service.name': service.name,
      'deployment.environment.name': cluster.options.environment,
    };
    groups.push(resourceMetrics(resource, servicePoints(service, await service.sandboxBytes())));
    for (const task of service.tasks) {
      const instance = { ...resource, 'service.version': task.release, 'service.instance.id': task.taskId };
      groups.push(resourceMetrics(instance, taskPoints(task, usage, cpu)));
    }
  }
  return groups;
}

function servicePoints(service: ManagedService, sandboxBytes: number): Point[] {
  const available = service.tasks.filter(({ state }) => state === 'running' || state === 'draining').length;
  const disk = { 'system.filesystem.mountpoint': '/data' };
  return [
    { name: 'container.replicas.desired', unit: '{replica}', value: service.desiredReplicas },
    { name: 'container.replicas.available', unit: '{replica}', value: available },
    { name: 'system.filesystem.usage', unit: 'By', value: sandboxBytes, attributes: disk },
    { name: 'system.filesystem.limit', unit: 'By', value: replicaLimits.sandboxBytes, attributes: disk },
  ];
}

function taskPoints(task: Task, usage: Map<number, Usage>, cpu: CpuMeter): Point[] {
  const up = task.state === 'running' || task.state === 'draining' ? 1 : 0;
  const countedSinceMs = task.createdAtMs;
  const points: Point[] = [
    { name: 'container.state.running', unit: '1', value: up },
    { name: 'container.restart.count', unit: '{restart}', value: task.restarts, countedSinceMs },
  ];
  const mine = task.pid === undefined ? undefined : usage.get(task.pid);
  if (!mine || task.pid === undefined) return points;
  const utilization = cpu.utilization(task.pid, mine);
  if (utilization !== undefined)
    points.push({ name: 'process.cpu.utilization', unit: '1', value: utilization });
  points.push({ name: 'process.memory.usage', unit: 'By', value: mine.memoryBytes });
  points.push({ name: 'process.memory.limit', unit: 'By', value: replicaLimits.memoryBytes });
  return points;
}

function resourceMetrics(resource: Record<string, string>, points: Point[]): unknown {
  const timeUnixNano = `${Date.now()}000000`;
  const metrics = points.map(({ name, unit, value, countedSinceMs, attributes = {} }) => {
    const point = { timeUnixNano, asDouble: value, attributes: keyValues(attributes) };
    if (countedSinceMs === undefined) return { name, unit, gauge: { dataPoints: [point] } };
    const dataPoints = [{ ...point, startTimeUnixNano: `${countedSinceMs}000000` }];
    return { name, unit, sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints } };
  });
  return {
    resource: { attributes: keyValues(resource) },
    scopeMetrics: [{ scope: { name: 'supervisor' }, metrics }],
  };
}

function keyValues(attributes: Record<string, string>): unknown[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}
