// What a metric means: the one table from OpenTelemetry (and Kubernetes) names to kinds of symptoms. A metric that is not
// here is watched too, as a hint only. Names are those of now; the ones before are in domain/conventions.ts.
// Source: OpenTelemetry semantic conventions 1.4x (system, process, container, k8s, db, http).

import { attributeNames, metricNames, metricNow } from '../conventions.ts';
import type { SignalKind } from './anomaly.ts';

export type Direction = 'up' | 'down' | 'both';

/**
 * How the values are judged:
 * `share` is 0..1 of a capacity; `usage`, `limit` and `free` make a share together; `desired` and `available` are replicas;
 * `running` is 0 or 1; `waiting` is a queue for a capacity; `restarts` counts up; `level` has no known limit;
 * `ignored` is covered by something better (calls of a service are judged from spans).
 */
export type Role =
  | 'share'
  | 'usage'
  | 'limit'
  | 'free'
  | 'desired'
  | 'available'
  | 'running'
  | 'waiting'
  | 'restarts'
  | 'level'
  | 'ignored';

export type SignalRule = { readonly signal: SignalKind; readonly role: Role; readonly direction: Direction };

const rule = (signal: SignalKind, role: Role, direction: Direction = 'up'): SignalRule => ({
  signal,
  role,
  direction,
});

const byName = new Map<string, SignalRule>();
const add = (signalRule: SignalRule, names: string): void => {
  for (const name of names.split(/\s+/)) {
    const [suffix = ''] = /\.(rate|p50|p95)$/.exec(name) ?? [];
    const metric = name.slice(0, name.length - suffix.length);
    for (const spelling of metricNames(metric)) byName.set(spelling + suffix, signalRule);
  }
};

add(
  rule('cpu', 'share'),
  `process.cpu.utilization system.cpu.utilization container.cpu.utilization k8s.pod.cpu.utilization
   k8s.container.cpu.limit.utilization k8s.pod.cpu_limit_utilization jvm.cpu.recent_utilization`,
);
add(rule('cpu', 'level'), 'container.cpu.usage k8s.pod.cpu.usage k8s.node.cpu.usage process.cpu.time.rate');
add(
  rule('memory', 'usage'),
  `process.memory.usage container.memory.usage container.memory.working_set k8s.pod.memory.usage
   k8s.pod.memory.working_set jvm.memory.used system.memory.usage`,
);
add(
  rule('memory', 'limit'),
  `process.memory.limit container.memory.limit k8s.container.memory.limit.desired k8s.pod.memory.limit
   jvm.memory.limit system.memory.limit`,
);
add(rule('memory', 'free'), 'container.memory.available k8s.pod.memory.available');
add(
  rule('memory', 'share'),
  `system.memory.utilization k8s.container.memory_limit_utilization k8s.pod.memory_limit_utilization
   container.memory.utilization`,
);
add(
  rule('disk', 'usage'),
  'system.filesystem.usage container.filesystem.usage k8s.pod.filesystem.usage k8s.volume.usage',
);
add(
  rule('disk', 'limit'),
  `system.filesystem.limit container.filesystem.limit k8s.pod.filesystem.capacity k8s.volume.capacity`,
);
add(rule('disk', 'free'), 'k8s.pod.filesystem.available k8s.volume.available container.filesystem.available');
add(rule('disk', 'share'), 'system.filesystem.utilization container.filesystem.utilization');
add(rule('pool', 'usage'), 'db.client.connection.count');
add(rule('pool', 'limit'), 'db.client.connection.max');
add(rule('pool', 'waiting'), 'db.client.connection.pending_requests');
add(
  rule('availability', 'desired', 'down'),
  `container.replicas.desired k8s.deployment.pod.desired k8s.statefulset.pod.desired
   k8s.replicaset.pod.desired`,
);
add(
  rule('availability', 'available', 'down'),
  `container.replicas.available k8s.deployment.pod.available k8s.statefulset.pod.ready
   k8s.replicaset.pod.available`,
);
add(
  rule('availability', 'running', 'down'),
  'container.state.running host.state.running k8s.container.ready up',
);
add(rule('restarts', 'restarts'), 'container.restart.count container.restarts k8s.container.restart.count');
add(
  rule('traffic', 'ignored', 'both'),
  `http.server.request.duration.rate rpc.server.call.duration.rate messaging.process.duration.rate
   http.server.active_requests`,
);
add(
  rule('latency', 'ignored'),
  `http.server.request.duration.p50 http.server.request.duration.p95 rpc.server.call.duration.p50
   rpc.server.call.duration.p95 messaging.process.duration.p50 messaging.process.duration.p95
   http.client.request.duration.p50 http.client.request.duration.p95 http.client.request.duration.rate
   rpc.client.call.duration.p50 rpc.client.call.duration.p95 rpc.client.call.duration.rate`,
);

const unknown = rule('other', 'level', 'both');

/** The meaning of a metric as history names it (rates and quantiles carry a suffix). */
export function signalOf(metric: string): SignalRule {
  return byName.get(metric) ?? unknown;
}

/** The names of all metrics that mean one of these. */
export function metricNamesOf(signals: readonly SignalKind[]): readonly string[] {
  return [...byName].filter(([, { signal }]) => signals.includes(signal)).map(([name]) => name);
}

/** Attributes that split a capacity into states; a usage counts in its `used` state only. */
const stateKeys: readonly string[] = [
  ...new Set(
    (['system.filesystem.state', 'system.memory.state', 'db.client.connection.state'] as const).flatMap(
      attributeNames,
    ),
  ),
  'pool.state',
];

/** `used`, `free`, … of a usage, or null when it is not split. */
export function stateOf(attributes: Readonly<Record<string, string>>): string | null {
  for (const key of stateKeys) {
    const state = attributes[key];
    if (state !== undefined) return state;
  }
  return null;
}

/** Label text of a capacity: its attributes without the states it is split into. */
export function withoutState(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([key]) => !stateKeys.includes(key)));
}

const fromOutside = ['container', 'k8s', 'system', 'process', 'host'];

/** Metrics that a host, an agent or an orchestrator reports about a process: no sign of life of the process itself. */
export function isReportedFromOutside(metric: string): boolean {
  return fromOutside.some((start) => metric.startsWith(start)) || metric === 'up';
}

const servedRequests: ReadonlySet<string> = new Set([
  'http.server.request.duration',
  'rpc.server.call.duration',
  'messaging.process.duration',
]);

/** Histograms of served requests: the calls of a service that sends no spans. */
export function isServedRequests(metric: string): boolean {
  return servedRequests.has(metricNow(metric));
}
