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
  // Others that the rules were made with.
  [
    ['ledger', 'PostgresTooManyConnections: ledger has 490 connections (limit 500)'],
    ['ledger-svc', 'Too many Postgres connections on ledger-svc'],
  ],
  [
    ['notify', 'Kafka consumer group notify has lag above 50k'],
    ['notify-consumer', 'notify-consumer is falling behind: consumer lag 61000'],
  ],
  [
    ['vault', 'Vault is sealed'],
    ['vault-server', 'vault-server is sealed and cannot serve secrets'],
  ],
  [
    ['avatars', 'S3 uploads from avatars fail with AccessDenied'],
    ['avatars-api', 'avatars-api: AccessDenied on S3 upload'],
  ],
  [
    ['web', 'web: LCP is above 4 seconds for 75% of visitors'],
    ['web-app', 'Largest contentful paint of web-app is slow (4.2 s)'],
  ],
  [
    ['dns', 'Lookups of internal names time out'],
    ['coredns', 'CoreDNS: lookups of internal names time out'],
    'dns>coredns',
  ],
  [
    ['redis', 'Redis memory usage at 97%'],
    ['redis-server', 'redis-server memory usage is above 95%'],
  ],
  [
    ['etl', 'Job etl-nightly failed'],
    ['etl-worker', 'Nightly ETL job failed on etl-worker'],
  ],
  [
    ['booking', 'booking returns HTTP 502 from upstream'],
    ['prod-booking', 'Upstream returns HTTP 502 for prod-booking'],
  ],
  [
    ['fraud', 'Model latency of fraud exceeds SLO'],
    ['fraud-api', 'SLO for latency is violated by fraud-api'],
  ],
  [
    ['datadog', 'Monitor "cart error budget" is burning fast: cart'],
    ['cart', 'Error budget of cart is burning fast'],
  ],
  [
    ['jobs', 'Pods of jobs are stuck in ImagePullBackOff'],
    ['jobs-deployment', 'ImagePullBackOff on jobs-deployment'],
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
  // Others that the rules were made with: one word stands for another.
  [
    ['ledger', 'Too many Postgres connections on ledger'],
    ['wiki', 'Too many Postgres connections on wiki'],
  ],
  [
    ['redis', 'Redis memory usage at 97%'],
    ['redis-server', 'redis-server has 12 rejected connections'],
  ],
  [
    ['booking', 'booking returns HTTP 502 from upstream'],
    ['booking-api', 'Deployment booking-api was rolled out'],
  ],
  [
    ['etl', 'Job etl-nightly failed'],
    ['etl-worker', 'CPU of etl-worker is throttled'],
  ],
  [
    ['fraud', 'Latency of fraud is high'],
    ['fraud-api', 'Latency of fraud-api is back to normal'],
  ],
  [
    ['web', 'Request rate of web dropped by 80%'],
    ['web-app', 'Request rate of web-app rose by 80%'],
  ],
  [
    ['auth', 'Login failures are high on auth'],
    ['auth-service', 'Login page of auth-service loads slowly'],
  ],
  [
    ['search', 'Read latency of search is high'],
    ['search-api', 'Write latency of search-api is high'],
  ],
  [
    ['queue', 'Queue depth of queue is high'],
    ['queue-worker', 'Queue of queue-worker is empty for 1 hour'],
  ],
  [
    ['api-a', 'Error rate of api-a is high'],
    ['api-b', 'Error rate of api-b is high'],
  ],
  [
    ['cart', 'Error budget of cart is burning fast'],
    ['carton', 'Error budget of carton is burning fast'],
  ],
  [
    ['node', 'Filesystem of n1 is filling up', { node: 'n1' }],
    ['kubelet', 'Filesystem of n1 is read-only', { node: 'n1' }],
  ],
  [
    ['node', 'Inodes of n1 are running out', { node: 'n1' }],
    ['zabbix', 'Free disk space on n1 is running out', { node: 'n1' }],
  ],
  [['a', 'CPU of a is high'], ['b', 'Memory of b is high'], 'a>b'],
  [['a', 'Error rate of a is above 5%'], ['b', 'Error rate of b is above 5%'], 'a>x', 'b>y'],
  [
    ['mail', 'SMTP delivery of mail fails'],
    ['mail-api', 'IMAP logins of mail-api fail'],
  ],
  [
    ['pay', 'Card payments of pay are declined more often'],
    ['pay-service', 'Refunds of pay-service fail'],
  ],
  [
    ['node', 'Network receive errors on n3', { node: 'n3' }],
    ['snmp', 'Network transmit errors on n3', { node: 'n3' }],
  ],
]);

export const describedPairs: readonly DescribedPair[] = [...alike, ...notAlike];

/** Written after the rules, and never used to make them. */
export const heldOutPairs: readonly DescribedPair[] = [
  ...pairs(true)([
    [
      ['loans', 'loans: deadlock detected in Postgres'],
      ['loans-api', 'Postgres deadlocks on loans-api'],
    ],
    [
      ['chat', 'WebSocket connections to chat are dropping'],
      ['chat-server', 'chat-server drops WebSocket connections'],
    ],
    [
      ['geo', 'geo is throwing NullPointerException'],
      ['geo-svc', 'NullPointerException in geo-svc (412 events)'],
    ],
    [
      ['tax', 'Circuit breaker of tax is open'],
      ['tax-api', 'tax-api: circuit breaker opened'],
    ],
    [
      ['render', 'GPU temperature on g-2 is above 90 degrees', { node: 'g-2' }],
      ['ipmi', 'g-2: GPU temperature is critical', { node: 'g-2' }],
    ],
    [
      ['front', 'Error budget of front burns 14 times too fast'],
      ['bff', 'Error budget of bff burns 6 times too fast'],
      'front>bff',
    ],
    [
      ['sms', 'sms cannot reach its provider: connection timed out'],
      ['prod-sms', 'Connection timed out when prod-sms calls its provider'],
    ],
    [
      ['elastic', 'Elasticsearch cluster status is RED'],
      ['elastic-server', 'Cluster status of elastic-server is red'],
    ],
    [
      ['flags', 'flags has not been scraped for 10 minutes'],
      ['flags-api', 'Target flags-api is not scraped'],
    ],
    [
      ['stock-sync', 'stock-sync: replication slot is 40 GB behind'],
      ['stock-sync-worker', 'Replication slot of stock-sync-worker is growing: 41 GB'],
    ],
    [
      ['new-relic', 'Apdex of quotes is below 0.5: quotes is slow'],
      ['quotes', 'Apdex of quotes is below 0.5'],
    ],
    [
      ['seats', 'Garbage collection pauses of seats exceed 1 s'],
      ['seats-app', 'Long garbage collection pauses on seats-app'],
    ],
  ]),
  ...pairs(false)([
    [
      ['loans', 'loans: deadlock detected in Postgres'],
      ['tax', 'tax: deadlock detected in Postgres'],
    ],
    [
      ['chat', 'WebSocket connections to chat are dropping'],
      ['chat-server', 'chat-server has 3 unused indexes'],
    ],
    [
      ['geo', 'geo is throwing NullPointerException'],
      ['geo-svc', 'geo-svc is throwing OutOfMemoryError'],
    ],
    [
      ['render', 'GPU temperature on g-2 is above 90 degrees', { node: 'g-2' }],
      ['ipmi', 'g-2: fan speed is zero', { node: 'g-2' }],
    ],
    [
      ['render', 'GPU temperature on g-2 is above 90 degrees', { node: 'g-2' }],
      ['ipmi', 'CPU temperature on g-2 is above 90 degrees', { node: 'g-2' }],
    ],
    [
      ['sms', 'sms cannot reach its provider'],
      ['sms-api', 'sms-api cannot reach its database'],
    ],
    [
      ['elastic', 'Elasticsearch cluster status is RED'],
      ['elastic-server', 'Cluster status of elastic-server is GREEN'],
    ],
    [
      ['seats', 'Garbage collection pauses of seats exceed 1 s'],
      ['seats-app', 'Thread pool of seats-app is exhausted'],
    ],
    [['front', 'Latency of front is high'], ['bff', 'Saturation of bff is high'], 'front>bff'],
    [['front', 'Errors on front'], ['bff', 'Errors in the batch import of bff'], 'front>bff'],
    [
      ['queue-a', 'Dead letters on queue-a'],
      ['queue-b', 'Dead letters on queue-b'],
    ],
    [
      ['stock-sync', 'Replication slot of stock-sync is growing'],
      ['stock-sync-worker', 'Restarts of stock-sync-worker are growing'],
    ],
    [
      ['billing', 'Invoices of billing are late'],
      ['billing-worker', 'Invoices of billing-worker are duplicated'],
    ],
    [
      ['cdn', 'Cache hit ratio of cdn dropped to 20%'],
      ['prod-cdn', 'Certificate of prod-cdn was renewed'],
    ],
    [
      ['zone-mon', 'Packet loss in zone a', { zone: 'a' }],
      ['net', 'Packet loss in zone b', { zone: 'b' }],
    ],
    [
      ['kv', 'Leader election of kv takes long'],
      ['kv-server', 'Leader of kv-server has changed 9 times'],
    ],
  ]),
];
