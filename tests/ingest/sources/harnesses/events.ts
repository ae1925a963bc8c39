import { byKey, minutesAgo, type WayHarness } from '../harness.ts';

const alert = (which: string, fields: object) => ({
  id: `orders-slow-${which}`,
  environment: 'prod',
  service: 'orders',
  severity: 'critical',
  title: 'Orders answer slowly',
  ...fields,
});
const firing = (which: string) => alert(which, { at: minutesAgo(5) });
const over = (which: string) => alert(which, { status: 'resolved', at: minutesAgo(1) });

const reads = {
  environment: 'prod',
  service: 'orders',
  title: 'Orders answer slowly',
  severity: 'critical',
} as const;
// All of a batch, or nothing: its sender made it, and mends it.
const common = { source: 'events', reads, prove: byKey, signature: null, withBadOne: null } as const;

export const events: WayHarness = {
  ...common,
  path: '/api/v1/events',
  firing: (which) => ({ events: [{ kind: 'alert', ...firing(which) }] }),
  resolved: (which) => ({ events: [{ kind: 'alert', ...over(which) }] }),
};

export const triggerAlert: WayHarness = { ...common, path: '/api/v1/trigger-alert', firing, resolved: over };
