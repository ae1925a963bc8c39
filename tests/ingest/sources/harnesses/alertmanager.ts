// Shapes: prometheus.io, "webhook_config"; grafana.com, "Configure webhook notifications"; Alertmanager's API, version 2.

import { byKey, minutesAgo, type WayHarness } from '../harness.ts';

const alert = (which: string, fields: object) => ({
  labels: {
    alertname: `OrdersSlow${which}`,
    service: 'orders',
    severity: 'critical',
    env: 'prod',
    instance: 'orders-2',
  },
  annotations: { summary: 'Orders answer slowly' },
  startsAt: minutesAgo(5),
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph',
  ...fields,
});
const firing = (which: string) => alert(which, { status: 'firing' });
const over = (which: string) => alert(which, { status: 'resolved', endsAt: minutesAgo(1) });

const group = (alerts: readonly object[], fields: object) => ({
  receiver: 'sentinel',
  status: 'firing',
  alerts,
  groupLabels: { alertname: 'OrdersSlow' },
  commonLabels: {},
  commonAnnotations: {},
  externalURL: 'http://alertmanager:9093',
  groupKey: '{}:{alertname="OrdersSlow"}',
  truncatedAlerts: 0,
  ...fields,
});

const reads = {
  environment: 'prod',
  service: 'orders',
  title: 'Orders answer slowly',
  severity: 'critical',
} as const;
const bad = { status: 'firing', labels: 'none' };
const common = { source: 'alertmanager', reads, prove: byKey, signature: null } as const;

export const alertmanager: WayHarness = {
  ...common,
  path: '/api/v1/alerts/alertmanager',
  firing: (which) => group([firing(which)], { version: '4' }),
  resolved: (which) => group([over(which)], { version: '4' }),
  withBadOne: () => group([firing('A'), bad, firing('B')], { version: '4' }),
};

export const grafana: WayHarness = {
  ...common,
  path: '/api/v1/alerts/grafana',
  firing: (which) => group([firing(which)], { version: '1', orgId: 1 }),
  resolved: (which) => group([over(which)], { version: '1', orgId: 1 }),
  withBadOne: () => group([firing('A'), bad, firing('B')], { version: '1', orgId: 1 }),
};

export const posted: WayHarness = {
  ...common,
  path: '/api/v2/alerts',
  firing: (which) => [alert(which, {})],
  resolved: (which) => [alert(which, { endsAt: minutesAgo(1) })],
  withBadOne: () => [alert('A', {}), bad, alert('B', {})],
};
