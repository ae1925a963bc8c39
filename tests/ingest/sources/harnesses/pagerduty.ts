// Shape: developer.pagerduty.com, "Webhooks Overview", incident.triggered.

import { hmac, iso, minutesAgo, type WayHarness } from '../harness.ts';

const secrets = ['current-secret-of-a-subscription', 'older-secret-of-a-subscription'] as const;

const event = (type: string, which: string, occurred_at: string) => ({
  event: {
    id: `01DEN1HNLBC1VITSI-${type}-${which}`,
    event_type: type,
    resource_type: 'incident',
    occurred_at,
    agent: { html_url: 'https://acme.pagerduty.com/users/PLH1HKV', id: 'PLH1HKV', type: 'user_reference' },
    client: null,
    data: {
      id: `PGR0VU2${which}`,
      type: 'incident',
      number: 2,
      status: 'triggered',
      incident_key: 'd3640fbd41094207a1c11e58e46b1662',
      created_at: minutesAgo(5),
      title: 'Orders answer slowly',
      service: { id: 'PF9KMXH', summary: 'orders', type: 'service_reference' },
      assignees: [{ id: 'PTUXL6G', summary: 'User 123', type: 'user_reference' }],
      priority: { id: 'PSO75BM', summary: 'P1', type: 'priority_reference' },
      urgency: 'high',
      resolve_reason: null,
    },
  },
});

export const pagerduty: WayHarness = {
  source: 'pagerduty',
  path: '/api/v1/webhooks/pagerduty',
  firing: (which) => event('incident.triggered', which, minutesAgo(5)),
  resolved: (which) => event('incident.resolved', which, minutesAgo(1)),
  again: (which, atMs) => event('incident.reopened', which, iso(atMs)),
  reads: {
    environment: 'default-env',
    service: 'orders',
    title: 'Orders answer slowly',
    severity: 'critical',
  },
  prove: (body, { secret = secrets[0] } = {}) => ({
    'content-type': 'application/json',
    'x-pagerduty-signature': `v1=${'0'.repeat(64)},v1=${hmac(secret, 'hex', body)}`,
  }),
  signature: { variable: 'SENTINEL_PAGERDUTY_WEBHOOK_SECRETS', secrets, dated: false },
  withBadOne: null,
};
