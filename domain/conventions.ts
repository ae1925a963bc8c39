// What OpenTelemetry's semantic conventions call things now, and what they were called before: senders of every age are read.
// A row is here because Sentinel reads it. Source: opentelemetry.io/docs/specs/semconv, and its migration guides for HTTP,
// databases, messaging, RPC, JVM and Kubernetes.

/** Attributes, by the name of now. */
const earlierAttributes = {
  'deployment.environment.name': ['deployment.environment'],
  'http.response.status_code': ['http.status_code'],
  'rpc.response.status_code': ['rpc.grpc.status_code', 'rpc.connect_rpc.error_code'],
  'service.peer.name': ['peer.service'],
  'server.address': ['net.peer.name'],
  'messaging.destination.name': ['messaging.destination'],
  'db.namespace': ['db.name'],
  'db.system.name': ['db.system'],
  'db.client.connection.pool.name': ['pool.name'],
  'db.client.connection.state': ['state'],
  'system.filesystem.state': ['state'],
  'system.memory.state': ['state'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Metrics, by the name of now. */
const earlierMetrics: Readonly<Record<string, readonly string[]>> = {
  'http.server.request.duration': ['http.server.duration'],
  'http.client.request.duration': ['http.client.duration'],
  'rpc.server.call.duration': ['rpc.server.duration'],
  'rpc.client.call.duration': ['rpc.client.duration'],
  'db.client.connection.count': ['db.client.connections.usage'],
  'db.client.connection.max': ['db.client.connections.max'],
  'db.client.connection.pending_requests': ['db.client.connections.pending_requests'],
  'jvm.cpu.recent_utilization': ['process.runtime.jvm.cpu.utilization'],
  'jvm.memory.used': ['process.runtime.jvm.memory.usage'],
  'jvm.memory.limit': ['process.runtime.jvm.memory.limit'],
  'k8s.deployment.pod.desired': ['k8s.deployment.desired_pods', 'k8s.deployment.desired'],
  'k8s.deployment.pod.available': ['k8s.deployment.available_pods', 'k8s.deployment.available'],
  'k8s.statefulset.pod.desired': ['k8s.statefulset.desired_pods'],
  'k8s.statefulset.pod.ready': ['k8s.statefulset.ready_pods'],
  'k8s.replicaset.pod.desired': ['k8s.replicaset.desired_pods', 'k8s.replicaset.desired'],
  'k8s.replicaset.pod.available': ['k8s.replicaset.available_pods', 'k8s.replicaset.available'],
  'k8s.container.restart.count': ['k8s.container.restarts'],
  'k8s.container.cpu.limit.utilization': [
    'k8s.container.cpu.limit_utilization',
    'k8s.container.cpu_limit_utilization',
  ],
  'k8s.container.memory.limit.desired': ['k8s.container.memory.limit', 'k8s.container.memory_limit'],
};

/** Durations that are in seconds when their sender says no unit; what was called otherwise before was in milliseconds. */
const inSeconds: ReadonlySet<string> = new Set([
  'http.server.request.duration',
  'rpc.server.call.duration',
  'messaging.process.duration',
]);

export type KnownAttribute = keyof typeof earlierAttributes;

const attributesByName = new Map<KnownAttribute, readonly string[]>(
  Object.entries(earlierAttributes).map(([now, earlier]) => [now as KnownAttribute, [now, ...earlier]]),
);

/** The attribute by every name it has had, the one of now first. */
export function attributeNames(name: KnownAttribute): readonly string[] {
  return attributesByName.get(name) ?? [name];
}

/** Its value, by the newest name that has one; empty when none has. */
export function attributeOf(
  name: KnownAttribute,
  attributes: Readonly<Partial<Record<string, string>>>,
): string {
  for (const one of attributeNames(name)) {
    const value = attributes[one];
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

/** The metric by every name it has had, the one of now first. */
export function metricNames(name: string): readonly string[] {
  return [name, ...(earlierMetrics[name] ?? [])];
}

const nowByEarlier: ReadonlyMap<string, string> = new Map(
  Object.entries(earlierMetrics).flatMap(([now, earlier]) => earlier.map((name) => [name, now])),
);

/** The name of now of a metric; its own when it has had no other. */
export function metricNow(name: string): string {
  return nowByEarlier.get(name) ?? name;
}

const millisecondsPer: Readonly<Record<string, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

/** What a value of a duration is to be multiplied with to be milliseconds. */
export function toMilliseconds(metric: string, unit: string): number {
  return millisecondsPer[unit] ?? (unit === '' && inSeconds.has(metric) ? 1000 : 1);
}
