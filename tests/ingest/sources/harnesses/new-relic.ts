// Shape: docs.newrelic.com, "Notification integrations", the default template of a webhook, with the labels of docs/new-relic.md.

import { nowMs } from '../../support/otlp.ts';
import { byKey, type WayHarness } from '../harness.ts';

export const issue = (which: string, state: string, fields: object = {}) => ({
  id: `c5faa7e6-7b54-402d-af79-f99601e0278${which}`,
  issueUrl: 'https://radar-api.service.newrelic.com/accounts/1/issues/c5faa7e6?notifier=WEBHOOK',
  title: 'Orders answer slowly',
  priority: 'CRITICAL',
  impactedEntities: ['orders', 'cart'],
  totalIncidents: 1,
  state,
  trigger: 'STATE_CHANGE',
  isCorrelated: false,
  createdAt: nowMs - 5 * 60_000,
  updatedAt: nowMs - 60_000,
  sources: ['newrelic'],
  alertPolicyNames: ['Golden Signals'],
  alertConditionNames: ['High latency'],
  workflowName: 'Sentinel',
  labels: { environment: ['prod'], account: ['shop'] },
  ...fields,
});

export const newRelic: WayHarness = {
  source: 'newRelic',
  path: '/api/v1/webhooks/new-relic',
  firing: (which) => issue(which, 'ACTIVATED'),
  resolved: (which) => issue(which, 'CLOSED', { trigger: 'INCIDENT_CLOSED' }),
  reads: { environment: 'prod', service: 'orders', title: 'Orders answer slowly', severity: 'critical' },
  prove: byKey,
  signature: null,
  withBadOne: null,
};
