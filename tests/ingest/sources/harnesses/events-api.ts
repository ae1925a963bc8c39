// Shapes: developer.pagerduty.com, "Send an Alert Event" and "Send a Change Event".

import { minutesAgo, type WayHarness } from '../harness.ts';

const reads = {
  environment: 'prod',
  service: 'orders',
  title: 'Orders answer slowly',
  severity: 'critical',
} as const;
const prove = () => ({ 'content-type': 'application/json' });
const common = {
  source: 'eventsApi',
  reads,
  prove,
  keyField: 'routing_key',
  signature: null,
  withBadOne: null,
} as const;

export const alerts: WayHarness = {
  ...common,
  path: '/v2/enqueue',
  firing: (which) => ({
    routing_key: 'good',
    event_action: 'trigger',
    dedup_key: `orders/slow/${which}`,
    client: 'Sensu',
    client_url: 'https://sensu.example.com',
    payload: {
      summary: 'Orders answer slowly',
      source: 'orders-2.example.com',
      severity: 'critical',
      timestamp: minutesAgo(5),
      component: 'orders',
      group: 'shop',
      class: 'latency',
      custom_details: { env: 'prod', 'p99 (ms)': 2_400, checks: [1, 2] },
    },
    links: [{ href: 'https://sensu.example.com/orders', text: 'The check' }],
    images: [{ src: 'https://sensu.example.com/orders.png' }],
  }),
  // As it is sent: nothing says any more what it is about.
  resolved: (which) => ({
    routing_key: 'good',
    event_action: 'resolve',
    dedup_key: `orders/slow/${which}`,
  }),
};

export const changes: WayHarness = {
  ...common,
  path: '/v2/change/enqueue',
  firing: (which) => ({
    routing_key: 'good',
    payload: {
      summary: 'Orders answer slowly',
      timestamp: minutesAgo(5),
      source: 'ci.example.com',
      custom_details: { service: 'orders', environment: 'prod', build: which },
    },
    links: [{ href: 'https://ci.example.com/1', text: 'The build' }],
  }),
  resolved: null,
};
