import { expect, test } from 'vitest';
import { defaultSubjectLabels, subjectOf } from '../../../domain/alerts/subject.ts';

const found = (labels: Readonly<Record<string, string>>, settings = defaultSubjectLabels) =>
  subjectOf((name) => labels[name] ?? '', settings, [labels.alertname ?? '', 'the-receiver']);
const subject = (...given: Parameters<typeof found>) => {
  const { service, resourceId } = found(...given);
  return { service, resourceId };
};

/** What Prometheus gives every series of kube-state-metrics. */
const stateMetrics = {
  job: 'kube-state-metrics',
  service: 'kube-prometheus-stack-kube-state-metrics',
  instance: '10.42.3.28:8080',
};
const exporterPod = {
  namespace: 'monitoring',
  pod: 'kube-prometheus-stack-kube-state-metrics-6f8d6bcf9d-x7k2p',
  container: 'kube-state-metrics',
};

test.each<[string, Record<string, string>, string, string | null]>([
  [
    'a pod of a deployment',
    { ...stateMetrics, namespace: 'payments', pod: 'payment-api-7f86bb8877-4hv68', container: 'api' },
    'payment-api',
    'payment-api-7f86bb8877-4hv68',
  ],
  [
    'a deployment',
    { ...stateMetrics, namespace: 'search', deployment: 'search-indexer' },
    'search-indexer',
    null,
  ],
  ['a stateful set', { ...stateMetrics, statefulset: 'orders-db' }, 'orders-db', null],
  ['its pod', { ...stateMetrics, pod: 'orders-db-12' }, 'orders-db', 'orders-db-12'],
  ['a pod of a daemon set', { ...stateMetrics, pod: 'log-agent-x7k2p' }, 'log-agent', 'log-agent-x7k2p'],
  ['a job of a cron job', { ...stateMetrics, job_name: 'nightly-backup-28512345' }, 'nightly-backup', null],
  [
    'its pod',
    { ...stateMetrics, pod: 'nightly-backup-28512345-hx7mz' },
    'nightly-backup',
    'nightly-backup-28512345-hx7mz',
  ],
  ['a replica set', { ...stateMetrics, replicaset: 'web-5d59d67564' }, 'web', null],
  ['a pod with a name of its own', { ...stateMetrics, pod: 'redis-cache' }, 'redis-cache', 'redis-cache'],
  ['a container alone', { ...stateMetrics, container: 'sidecar-proxy' }, 'sidecar-proxy', null],
  ['an autoscaler', { ...stateMetrics, horizontalpodautoscaler: 'checkout' }, 'checkout', null],
  [
    'labels that Prometheus renamed',
    { ...stateMetrics, ...exporterPod, exported_pod: 'mail-5d59d67564-hx7mz' },
    'mail',
    'mail-5d59d67564-hx7mz',
  ],
  [
    'cAdvisor through the kubelet',
    {
      job: 'kubelet',
      service: 'kps-kubelet',
      instance: '10.0.0.7:10250',
      node: 'worker-2',
      namespace: 'shop',
      pod: 'cart-5d59d67564-hx7mz',
    },
    'cart',
    'cart-5d59d67564-hx7mz',
  ],
  [
    'a node, by kube-state-metrics',
    { ...stateMetrics, ...exporterPod, node: 'worker-1' },
    'worker-1',
    '10.42.3.28:8080',
  ],
  [
    'a machine, by node-exporter',
    { job: 'node-exporter', instance: '10.0.0.5:9100' },
    '10.0.0.5',
    '10.0.0.5:9100',
  ],
  [
    'a machine, by the usual name of its job',
    { job: 'node', instance: 'db-1.example.com:9100' },
    'db-1.example.com',
    'db-1.example.com:9100',
  ],
  ['a machine of IPv6', { job: 'node', instance: '[fe80::1]:9100' }, 'fe80::1', '[fe80::1]:9100'],
  [
    'what was probed',
    { job: 'blackbox', instance: 'https://user:pw@shop.example.com:8443/health?x' },
    'shop.example.com',
    'https://user:pw@shop.example.com:8443/health?x',
  ],
  [
    'a database, by its exporter',
    { job: 'mysqld-exporter', instance: 'orders-db:9104' },
    'orders-db',
    'orders-db:9104',
  ],
  [
    'a quota of a namespace',
    { ...stateMetrics, namespace: 'payments', resourcequota: 'cpu', instance: '' },
    'payments',
    null,
  ],
  [
    'an application, scraped itself',
    {
      service: 'payment-api',
      job: 'payment-api',
      namespace: 'p',
      pod: 'payment-api-5d59d67564-hx7mz',
      instance: '10.1.2.3:8080',
    },
    'payment-api',
    '10.1.2.3:8080',
  ],
  ['the job of an application', { job: 'billing', instance: 'billing-2:9000' }, 'billing', 'billing-2:9000'],
  ['nothing but a name', { alertname: 'Watchdog' }, 'Watchdog', null],
  ['nothing at all', {}, 'the-receiver', null],
])('%s', (_what, labels, service, resourceId) => {
  expect(subject(labels)).toEqual({ service, resourceId });
});

test('an exporter alone is filed by what is wrong, not with every other alert that it saw', () => {
  expect(subject({ job: 'kube-state-metrics', alertname: 'KubeStateMetricsListErrors' })).toEqual({
    service: 'KubeStateMetricsListErrors',
    resourceId: null,
  });
});

test('which labels and exporters there are is a matter of configuration', () => {
  const settings = { ...defaultSubjectLabels, service: ['team_service'], exporters: ['probe-*'] };
  expect(subject({ team_service: 'probe-7', deployment: 'web' }, settings).service).toBe('web');
  expect(subject({ team_service: 'shop', deployment: 'web' }, settings).service).toBe('shop');
});

test('it says what the name is of', () => {
  expect(found({ job: 'cart' }).kind).toBe('service');
  expect(found({ pod: 'cart-7d9f8b6c5d-x2x4q' }).kind).toBe('service');
  expect(found({ job: 'node-exporter', instance: '10.0.0.5:9100' }).kind).toBe('machine');
  expect(found({ namespace: 'shop' }).kind).toBe('rough');
});
