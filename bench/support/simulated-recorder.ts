// Keeps what a simulated world does as the buckets ingest would have written.

import type { CallBucket, LogBucket, MetricBucket } from '../../domain/telemetry.ts';
import { quantile } from './quantile.ts';
import type { Behaviour, SimulatedService } from './simulated-behaviour.ts';

const poolSize = 8;

export type Recorder = ReturnType<typeof createRecorder>;

export function createRecorder() {
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
