// What the usual exporters and libraries call metrics that Sentinel knows under OpenTelemetry's names: detection judges those by what
// they mean, and everything else as a hint. Sources: github.com/google/cadvisor, docs/storage/prometheus.md;
// github.com/kubernetes/kube-state-metrics, docs/metrics; micrometer.io and opentelemetry.io on names in Prometheus.

export type KnownAs = {
  readonly metric: string;
  readonly unit: string;
  /** A counter whose value is judged, not its rate. */
  readonly asGauge?: true;
  readonly onlyHistograms?: true;
  /** Zero and less stand for "no limit". */
  readonly positive?: true;
};

const bytes = (metric: string): KnownAs => ({ metric, unit: 'By' });
const limit = (metric: string): KnownAs => ({ metric, unit: 'By', positive: true });
const amount = (metric: string): KnownAs => ({ metric, unit: '1' });
const requests = (unit: 's' | 'ms'): KnownAs => ({
  metric: 'http.server.request.duration',
  unit,
  onlyHistograms: true,
});

const known = {
  container_memory_working_set_bytes: bytes('container.memory.working_set'),
  container_spec_memory_limit_bytes: limit('container.memory.limit'),
  container_fs_usage_bytes: bytes('container.filesystem.usage'),
  container_fs_limit_bytes: limit('container.filesystem.limit'),
  kubelet_volume_stats_used_bytes: bytes('k8s.volume.usage'),
  kubelet_volume_stats_capacity_bytes: limit('k8s.volume.capacity'),
  kubelet_volume_stats_available_bytes: bytes('k8s.volume.available'),
  kube_deployment_spec_replicas: amount('k8s.deployment.desired'),
  kube_deployment_status_replicas_available: amount('k8s.deployment.available'),
  kube_statefulset_replicas: amount('k8s.statefulset.desired_pods'),
  kube_statefulset_status_replicas_ready: amount('k8s.statefulset.ready_pods'),
  kube_pod_container_status_restarts_total: { ...amount('k8s.container.restarts'), asGauge: true },
  jvm_memory_used_bytes: bytes('jvm.memory.used'),
  jvm_memory_max_bytes: limit('jvm.memory.limit'),
  jvm_memory_limit_bytes: limit('jvm.memory.limit'),
  process_resident_memory_bytes: bytes('process.memory.usage'),
  hikaricp_connections_active: amount('db.client.connection.count'),
  hikaricp_connections_max: amount('db.client.connection.max'),
  hikaricp_connections_pending: amount('db.client.connection.pending_requests'),
  http_request_duration_seconds: requests('s'),
  http_server_requests_seconds: requests('s'),
  http_server_request_duration_seconds: requests('s'),
  http_server_duration_milliseconds: requests('ms'),
} as const satisfies Readonly<Record<string, KnownAs>>;

/** Labels of served requests that say how they ended. */
const statusLabels = ['http_response_status_code', 'http_status_code', 'status_code', 'status', 'code'];
export const statusAttribute = 'http.response.status_code';

export function knownAs(name: string, own: Readonly<Record<string, string>>): KnownAs | null {
  const configured = Object.hasOwn(own, name) ? own[name] : undefined;
  if (configured !== undefined) return { metric: configured, unit: unitOf(name) };
  return Object.hasOwn(known, name) ? known[name as keyof typeof known] : null;
}

/** The label with the status of a served request; null when there is none. */
export function statusLabelOf(metric: string, labels: ReadonlyMap<string, string>): string | null {
  if (!metric.startsWith('http.server.')) return null;
  return statusLabels.find((name) => /^[1-5]\d\d$/.test(labels.get(name) ?? '')) ?? null;
}

const units: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/_seconds$/, 's'],
  [/_milliseconds$/, 'ms'],
  [/_bytes$/, 'By'],
  [/_ratio$/, '1'],
];

/** By the ending of a family's name. Source: prometheus.io/docs/practices/naming, "Base units". */
export function unitOf(family: string): string {
  return units.find(([ending]) => ending.test(family.replace(/_total$/, '')))?.[1] ?? '';
}
