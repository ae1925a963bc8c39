// Shape: docs/datadog.md, with values as docs.datadoghq.com, "Webhooks", shows them.

import { nowMs } from '../../support/otlp.ts';
import { byKey, type WayHarness } from '../harness.ts';

export const event = (which: string, transition: string, minutes: number) => ({
  alert_id: '148275309',
  alert_cycle_key: `77165482340112345${which}`,
  alert_transition: transition,
  alert_title: `[P1] [${transition} on {env:prod,service:orders}] Orders answer slowly`,
  alert_priority: 'P1',
  alert_scope: 'env:prod,service:orders',
  hostname: 'i-0a1b2c3d',
  tags: 'env:prod,monitor,service:orders,team:shop',
  date: String(nowMs - minutes * 60_000),
});

export const datadog: WayHarness = {
  source: 'datadog',
  path: '/api/v1/webhooks/datadog',
  firing: (which) => event(which, 'Triggered', 5),
  resolved: (which) => event(which, 'Recovered', 1),
  reads: { environment: 'prod', service: 'orders', title: 'Orders answer slowly', severity: 'critical' },
  prove: byKey,
  signature: null,
  withBadOne: null,
};
