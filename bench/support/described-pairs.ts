// Pairs of alerts as several senders write them, and whether one fault is behind both: for the figures of joining by description. Made
// up, after the default rules and message formats of Prometheus mixins, Grafana, Datadog, New Relic, CloudWatch, Sentry and Zabbix.

import type { Common } from '../../domain/alerts/common.ts';

export type DescribedAlert = {
  readonly service: string;
  readonly title: string;
  readonly rule?: string;
  readonly common?: Common;
};
export type DescribedPair = {
  /** One fault is behind both. */
  readonly alike: boolean;
  readonly one: DescribedAlert;
  readonly other: DescribedAlert;
  /** Calls that are known, as `caller>callee`. */
  readonly calls: readonly string[];
};

/** Service, title, and what else the sender says. */
type Told = readonly [string, string, (Common & { readonly rule?: string })?];

function told([service, title, { rule, ...common } = {}]: Told): DescribedAlert {
  return { service, title, ...(rule === undefined ? {} : { rule }), common };
}
const pairs =
  (alike: boolean) =>
  (all: readonly (readonly [Told, Told, ...string[]])[]): readonly DescribedPair[] =>
    all.map(([one, other, ...calls]) => ({ alike, one: told(one), other: told(other), calls }));

const alike = pairs(true)([
  // The same service under the name that each sender has for it.
  [
    ['tills', 'High error rate on tills: 12.4% of requests fail', { rule: 'HighErrorRate' }],
    ['tills-api', 'Error rate is high on tills-api, 14% of requests are failing'],
  ],
  [
    ['payouts', 'payouts p99 latency above 2s for 5m', { rule: 'LatencyP99High' }],
    ['payouts-service', 'P99 latency of payouts-service is above 2500 ms'],
  ],
  [
    ['orders', 'Connection pool of orders is exhausted: 50 of 50 in use'],
    ['orders-svc', 'orders-svc: connection pool exhausted (100/100)'],
  ],
  [
    ['prod-cart', '[Triggered] Error rate is too high on cart', { rule: 'Error rate is too high' }],
    ['cart', 'Error rate too high for cart'],
  ],
  [
    ['search', 'KubePodCrashLooping: Pod search-7d9f6b5c4-x2x9k is crash looping'],
    ['search-deployment', 'Pod search-deployment-5f4d is in crash loop (CrashLoopBackOff)'],
  ],
  [
    ['stock', 'OOMKilled: container stock was killed, out of memory'],
    ['stock-worker', 'Container stock-worker was OOM killed: out of memory'],
  ],
  [
    ['auth', 'Too many 5xx responses from auth: 8% over the last 5 minutes'],
    ['auth-api', 'auth-api returns too many 5xx responses (9.1%)'],
  ],
  [
    ['shipping', 'Consumer lag of shipping is growing: 120000 messages behind'],
    ['shipping-consumer', 'Kafka consumer lag of shipping-consumer is growing (98000 messages)'],
  ],
  [
    ['pricing', 'pricing is down: 0 of 3 targets up'],
    ['pricing-server', 'Service pricing-server is down, no target is up'],
  ],
  [
    ['billing', 'TLS certificate of billing expires in 2 days'],
    ['billing-ingress', 'Certificate for billing-ingress expires in 48 hours'],
  ],
  [
    ['catalog', 'HTTP 503 Service Unavailable on catalog', { rule: 'http_503' }],
    ['catalog-v2', 'catalog-v2 answers HTTP 503 Service Unavailable'],
  ],
  [
    ['emails', 'Queue emails has 15000 messages waiting'],
    ['emails-worker', 'Queue depth of emails-worker: 14800 messages waiting in queue'],
  ],
  [
    ['profile', 'profile: health check failing for 3 minutes'],
    ['profile-app', 'Health check of profile-app fails'],
  ],
  [
    ['ingress', 'Request timeouts on ingress are high (4% of requests)'],
    ['api-ingress', 'High number of request timeouts on api-ingress'],
  ],
  [
    ['media', 'Disk of media is 96% full'],
    ['media-store', 'Disk usage of media-store at 97%, disk is almost full'],
  ],
  // Neighbours in the service graph, minutes apart.
  [
    ['web', 'Error rate on web is above 5%'],
    ['bff', 'Error rate on bff is above 5% for 10 minutes'],
    'web>bff',
  ],
  [
    ['bff', 'Latency of bff is high: p95 3.2 s'],
    ['recommend', 'Latency of recommend is high: p95 2.9 s'],
    'bff>recommend',
  ],
  [
    ['orders', 'Connection pool of orders is exhausted'],
    ['ledger', 'Connection pool of ledger is exhausted'],
    'orders>postgres',
    'ledger>postgres',
  ],
  [
    ['tills', 'Timeouts calling payouts: 30% of calls from tills'],
    ['payouts', 'payouts times out: 35% of calls take longer than 10 s'],
    'tills>payouts',
  ],
  [
    ['feed', 'Requests of feed fail with connection refused'],
    ['cache', 'Connection refused by cache'],
    'feed>cache',
  ],
  [
    ['quotes', 'HTTP 500 rate on quotes is high'],
    ['rates', 'HTTP 500 rate on rates is high'],
    'quotes>rates',
  ],
  [
    ['login', 'Many 5xx responses from login'],
    ['session', 'Many 5xx responses from session'],
    'login>session',
  ],
  // One names the service of the other.
  [
    ['storefront', 'Calls to stock fail: stock has a high error rate'],
    ['stock', 'stock has a high error rate'],
  ],
  [
    ['synthetics', 'Check of tills failed: tills is not reachable'],
    ['tills', 'tills is not reachable'],
  ],
  [
    ['uptime-robot', 'Monitor is DOWN: search does not respond'],
    ['search', 'Monitor is down: search does not respond (timeout)'],
  ],
  [
    ['sentry', 'payouts: DatabaseError: too many connections'],
    ['payouts', 'Database error of payouts: too many connections'],
  ],
  [
    ['cloudwatch', 'ALARM: "auth-5xx" in US East: auth returns too many 5xx responses'],
    ['auth', 'auth returns too many 5xx responses'],
  ],
  [
    ['blackbox', 'Probe of ingress fails: ingress does not answer'],
    ['ingress', 'ingress does not answer'],
  ],
  [
    ['grafana', '[FIRING:1] High latency on catalog (p99)'],
    ['catalog', 'High latency on catalog: p99 is 4 s'],
  ],
  [
    ['kafka-lag-exporter', 'Consumer group shipping is lagging behind by 80000'],
    ['shipping', 'Consumer group of shipping is lagging behind'],
  ],
  // The same node, by two monitors.
  [
    ['node-exporter', 'Node n-17 is not ready', { node: 'n-17' }],
    ['kubelet', 'Node n-17 is not ready (kubelet stopped posting status)', { node: 'n-17' }],
  ],
  [
    ['zabbix', 'Disk space is critically low on db-3 (used > 95%)', { node: 'db-3' }],
    ['node-exporter', 'Disk space on db-3 is critically low: 4% left', { node: 'db-3' }],
  ],
  [
    ['datadog-agent', 'High CPU load on host web-9: 98%', { node: 'web-9' }],
    ['zabbix', 'High CPU load on web-9 (load average > 32)', { node: 'web-9' }],
  ],
  [
    ['ntp', 'Clock skew detected on n-4', { node: 'n-4' }],
    ['node-exporter', 'NodeClockSkewDetected: clock skew detected on n-4', { node: 'n-4' }],
  ],
  [
    ['raid', 'RAID array md0 is degraded on st-1', { node: 'st-1' }],
    ['smartd', 'RAID array on st-1 is degraded', { node: 'st-1' }],
  ],
]);

const notAlike = pairs(false)([
  // The same boiler-plate about services that have nothing to do with each other.
  [
    ['payouts', 'HTTP 500 on payouts'],
    ['search', 'HTTP 500 on search'],
  ],
  [
    ['orders', 'High CPU on orders: 93%', { rule: 'HighCPU' }],
    ['wiki', 'High CPU on wiki: 95%', { rule: 'HighCPU' }],
  ],
  [
    ['tills', 'High error rate on tills: 12%', { rule: 'HighErrorRate' }],
    ['newsletter', 'High error rate on newsletter: 30%', { rule: 'HighErrorRate' }],
  ],
  [
    ['auth', 'KubePodCrashLooping: pod auth-6c is crash looping'],
    ['reports', 'KubePodCrashLooping: pod reports-77 is crash looping'],
  ],
  [
    ['billing', 'TLS certificate of billing expires in 2 days'],
    ['intranet', 'TLS certificate of intranet expires in 2 days'],
  ],
  [
    ['media', 'Disk of media is 96% full'],
    ['ci-runner', 'Disk of ci-runner is 97% full'],
  ],
  [
    ['emails', 'Queue emails has 15000 messages waiting'],
    ['thumbnails', 'Queue thumbnails has 9000 messages waiting'],
  ],
  [
    ['api', 'p99 latency of api above 2s'],
    ['etl', 'p99 latency of etl above 2s'],
  ],
  [
    ['ads', '[P2] [Triggered] Error rate is too high on ads'],
    ['maps', '[P2] [Triggered] Error rate is too high on maps'],
  ],
  [
    ['crm', 'ALARM: "crm-5xx" in US East (N. Virginia): Threshold Crossed'],
    ['erp', 'ALARM: "erp-5xx" in US East (N. Virginia): Threshold Crossed'],
  ],
  // No calls connect them, and the graph knows both.
  [
    ['cart', 'Error rate on cart is above 5%'],
    ['payroll', 'Error rate on payroll is above 5%'],
    'web>cart',
    'hr>payroll',
  ],
  [['web', 'Latency of web is high'], ['batch', 'Latency of batch is high'], 'web>bff', 'cron>batch'],
  [
    ['user', 'Connection pool of user is exhausted'],
    ['user-reports', 'Connection pool of user-reports is exhausted'],
    'web>user',
    'cron>user-reports',
  ],
  [
    ['search', 'HTTP 503 on search'],
    ['search-indexer', 'HTTP 503 on search-indexer'],
    'web>search',
    'crawler>search-indexer',
  ],
  // Too far away in the graph.
  [
    ['a-edge', 'Timeouts on a-edge'],
    ['e-store', 'Timeouts on e-store'],
    'a-edge>b-api',
    'b-api>c-svc',
    'c-svc>d-svc',
    'd-svc>e-store',
  ],
  // Other nodes, zones, clusters, regions.
  [
    ['node-exporter', 'Node n-17 is not ready', { node: 'n-17' }],
    ['kubelet', 'Node n-21 is not ready', { node: 'n-21' }],
  ],
  [
    ['zabbix', 'Disk space is critically low on db-3', { node: 'db-3' }],
    ['node-exporter', 'Disk space is critically low on db-4', { node: 'db-4' }],
  ],
  [
    ['tills', 'High error rate on tills', { region: 'eu-west-1' }],
    ['tills-api', 'High error rate on tills-api', { region: 'us-east-1' }],
  ],
  [
    ['orders', 'orders is down', { cluster: 'blue' }],
    ['orders-svc', 'orders-svc is down', { cluster: 'green' }],
  ],
  [
    ['ingest', 'Consumer lag of ingest is growing', { zone: 'a' }],
    ['ingest-worker', 'Consumer lag of ingest-worker is growing', { zone: 'b' }],
  ],
  [
    ['raid', 'RAID array md0 is degraded on st-1', { node: 'st-1' }],
    ['smartd', 'RAID array md0 is degraded on st-2', { node: 'st-2' }],
  ],
  [
    ['datadog-agent', 'High CPU load on host web-9', { node: 'web-9' }],
    ['zabbix', 'High CPU load on web-10', { node: 'web-10' }],
  ],
  // One subject, two faults.
  [
    ['tills', 'High error rate on tills'],
    ['tills-db', 'Backup of tills-db has not run for 26 hours'],
  ],
  [
    ['payouts', 'payouts p99 latency above 2s'],
    ['payouts-worker', 'Disk of payouts-worker is 96% full'],
  ],
  [
    ['orders', 'Connection pool of orders is exhausted'],
    ['orders-web', 'TLS certificate of orders-web expires in 2 days'],
  ],
  [
    ['search', 'Pod search-7d is crash looping'],
    ['search-api', 'Unusual number of log-ins at search-api'],
  ],
  [
    ['auth', 'Too many 5xx responses from auth'],
    ['auth-cache', 'Memory of auth-cache is above 90%'],
  ],
  [
    ['cart', 'Error rate on cart is above 5%'],
    ['cart-replica', 'Replication of cart-replica is 300 seconds behind'],
  ],
  [
    ['node-exporter', 'Node n-17 is not ready', { node: 'n-17' }],
    ['smartd', 'Disk sda of n-17 reports 12 bad sectors', { node: 'n-17' }],
  ],
  [
    ['zabbix', 'High CPU load on db-3', { node: 'db-3' }],
    ['ntp', 'Clock skew detected on db-3', { node: 'db-3' }],
  ],
  [
    ['web', 'Error rate on web is above 5%'],
    ['bff', 'Deployment of bff has fewer replicas than desired'],
    'web>bff',
  ],
  [
    ['tills', 'Latency of tills is high'],
    ['payouts', 'Certificate of payouts expires in 3 days'],
    'tills>payouts',
  ],
  [['feed', 'Consumer lag of feed is growing'], ['cache', 'Evictions of cache are high'], 'feed>cache'],
  [
    ['ingress', 'Rate limit reached by ingress for client 17'],
    ['session', 'Memory of session is above 90%'],
    'ingress>session',
  ],
  [
    ['login', 'Many failed log-ins for one account at login'],
    ['session', 'Queue of session has 5000 messages waiting'],
    'login>session',
  ],
  [['quotes', 'CPU of quotes is throttled'], ['rates', 'DNS look-ups of rates fail'], 'quotes>rates'],
  // Opposites, or the two ends of one scale.
  [
    ['orders', 'Traffic of orders is much higher than usual'],
    ['orders-svc', 'Traffic of orders-svc is much lower than usual'],
  ],
  [['web', 'Too many requests on web'], ['bff', 'No requests on bff'], 'web>bff'],
  [
    ['pool', 'Too few workers of pool are idle'],
    ['pool-manager', 'Too many workers of pool-manager are idle'],
  ],
  [
    ['hpa', 'Autoscaler of shop is at its maximum', { cluster: 'blue' }],
    ['shop', 'Autoscaler of shop is at its minimum', { cluster: 'blue' }],
  ],
  // Alerts about the alerting, and names that only look alike.
  [
    ['watchdog', 'Watchdog: this alert is always firing'],
    ['prometheus', 'Alerting pipeline: this alert is always firing'],
  ],
  [
    ['api', 'HTTP 500 on api'],
    ['capital', 'HTTP 500 on capital'],
  ],
  [
    ['app-1', 'app-1 is down'],
    ['app-2', 'app-2 is down'],
  ],
  [
    ['service-a', 'Error rate on service-a is above 5%'],
    ['service-b', 'Error rate on service-b is above 5%'],
  ],
  [
    ['team-red-api', 'High error rate on team-red-api'],
    ['team-blue-api', 'High error rate on team-blue-api'],
  ],
  [
    ['prod', 'High error rate on prod'],
    ['prod-mailer', 'High error rate on prod-mailer'],
  ],
  [
    ['db', 'Too many connections to db'],
    ['db-reports', 'Too many connections to db-reports'],
  ],
  [
    ['worker', 'worker restarts too often'],
    ['invoice-worker', 'invoice-worker restarts too often'],
  ],
  [
    ['web', 'Certificate of web expires in 5 days'],
    ['web-admin', 'Certificate of web-admin expires in 5 days'],
    'cdn>web',
    'vpn>web-admin',
  ],
]);

export const describedPairs: readonly DescribedPair[] = [...alike, ...notAlike];
