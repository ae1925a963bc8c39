// From metric names (OpenTelemetry semantic conventions, current and older spellings) to what they say about a service.
// Only names that mean the same everywhere are here; a metric that is not is still shown, just not reasoned over.

export type ResourceMetric =
  | 'cpu'
  | 'memory-usage'
  | 'memory-limit'
  | 'memory-share'
  | 'disk-usage'
  | 'disk-limit'
  | 'disk-share'
  | 'pool-used'
  | 'pool-max'
  | 'pool-pending'
  | 'restarts'
  | 'running'
  | 'replicas-desired'
  | 'replicas-available'
  | 'active-requests';

const byName: Readonly<Record<string, ResourceMetric>> = {
  'process.cpu.utilization': 'cpu',
  'container.cpu.utilization': 'cpu',
  'k8s.pod.cpu_limit_utilization': 'cpu',
  'k8s.container.cpu_limit_utilization': 'cpu',
  'k8s.pod.cpu.usage': 'cpu',
  'container.cpu.usage': 'cpu',
  'jvm.cpu.recent_utilization': 'cpu',
  'process.memory.usage': 'memory-usage',
  'container.memory.usage': 'memory-usage',
  'container.memory.working_set': 'memory-usage',
  'k8s.pod.memory.working_set': 'memory-usage',
  'k8s.pod.memory.usage': 'memory-usage',
  'process.memory.limit': 'memory-limit',
  'container.memory.limit': 'memory-limit',
  'k8s.container.memory_limit': 'memory-limit',
  'k8s.container.memory.limit': 'memory-limit',
  'k8s.pod.memory_limit_utilization': 'memory-share',
  'k8s.container.memory_limit_utilization': 'memory-share',
  'container.memory.utilization': 'memory-share',
  'system.filesystem.usage': 'disk-usage',
  'container.filesystem.usage': 'disk-usage',
  'k8s.pod.filesystem.usage': 'disk-usage',
  'system.filesystem.limit': 'disk-limit',
  'container.filesystem.capacity': 'disk-limit',
  'k8s.pod.filesystem.capacity': 'disk-limit',
  'system.filesystem.utilization': 'disk-share',
  'db.client.connection.count': 'pool-used',
  'db.client.connections.usage': 'pool-used',
  'db.client.connection.max': 'pool-max',
  'db.client.connections.max': 'pool-max',
  'db.client.connection.pending_requests': 'pool-pending',
  'db.client.connections.pending_requests': 'pool-pending',
  'container.restart.count': 'restarts',
  'k8s.container.restarts': 'restarts',
  'k8s.container.restart.count': 'restarts',
  'container.state.running': 'running',
  'k8s.container.ready': 'running',
  'container.replicas.desired': 'replicas-desired',
  'k8s.deployment.desired': 'replicas-desired',
  'k8s.deployment.pod.desired': 'replicas-desired',
  'k8s.statefulset.desired_pods': 'replicas-desired',
  'container.replicas.available': 'replicas-available',
  'k8s.deployment.available': 'replicas-available',
  'k8s.deployment.pod.available': 'replicas-available',
  'k8s.statefulset.ready_pods': 'replicas-available',
  'http.server.active_requests': 'active-requests',
  'rpc.server.active_requests': 'active-requests',
};

// Attributes arrive as one text (JSON or `key=value`); only the state of a connection or of disk space matters here.
const stateUsed = /state["'=:\s]+["']?used/;
const stateOther = /state["'=:\s]+["']?(?:idle|free|reserved)/;

/** What the series `metric{attributes}` measures, or null when it says nothing diagnosis reasons over. */
export function resourceMetric(metric: string, attributes: string): ResourceMetric | null {
  const kind = Object.hasOwn(byName, metric) ? byName[metric] : undefined;
  if (kind === undefined) return null;
  if (kind === 'pool-used') return stateUsed.test(attributes) ? kind : null;
  if (kind === 'disk-usage' || kind === 'disk-share') return stateOther.test(attributes) ? null : kind;
  return kind;
}

/** Metrics an orchestrator or host reports about a process; they go on when the process itself can say nothing. */
export function comesFromOutside(kind: ResourceMetric): boolean {
  return !(kind.startsWith('pool-') || kind === 'active-requests');
}
