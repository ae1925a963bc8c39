// Shapes: docs.sentry.io, "Webhooks", "Issue Alerts" and "Issues".

import { hmac, minutesAgo, type WayHarness } from '../harness.ts';

const secrets = ['0123456789abcdef-current-client-secret', '0123456789abcdef-older-client-secret'] as const;

const common = {
  actor: { id: 'sentry', name: 'Sentry', type: 'application' },
  installation: { uuid: 'a8e5d37a-696c-4c54-adb5-b3f28d64c7de' },
};
/** What an alert rule tells, and what is told of the issue itself. */
export const issueAlert = (which: string, fields: object = {}) => ({
  action: 'triggered',
  ...common,
  data: {
    event: {
      event_id: 'e4874d664c3540c1a32eab185f12c5ab',
      culprit: '?(<anonymous>)',
      datetime: minutesAgo(5),
      environment: 'prod',
      issue_id: `11708202${which.codePointAt(0)}${which.slice(1).replaceAll(/\D/g, '')}`,
      issue_url: 'https://sentry.io/api/0/organizations/acme/issues/1170820242/',
      level: 'fatal',
      message: '',
      platform: 'node',
      project: 1,
      tags: [['environment', 'prod']],
      title: 'Orders answer slowly',
      url: 'https://sentry.io/api/0/projects/acme/orders/events/e4874d664c3540c1a32eab185f12c5ab/',
      web_url:
        'https://sentry.io/organizations/acme/issues/1170820242/events/e4874d664c3540c1a32eab185f12c5ab/',
      ...fields,
    },
    triggered_rule: 'Very important alert rule',
  },
});
export const issue = (which: string, action: string, fields: object = {}) => ({
  action,
  ...common,
  data: {
    issue: {
      id: issueAlert(which).data.event.issue_id,
      shortId: 'ORDERS-9',
      title: 'Orders answer slowly',
      culprit: '?(runner)',
      level: 'fatal',
      status: 'resolved',
      firstSeen: minutesAgo(5),
      lastSeen: minutesAgo(3),
      project: { id: '1', name: 'orders', platform: 'node', slug: 'orders' },
      ...fields,
    },
  },
});

/** Signed as Sentry does it. */
export function headersOf(body: string, resource: string, secret: string = secrets[0]) {
  return {
    'content-type': 'application/json',
    'request-id': 'b4a2f6f2-6c3b-4f1a-9a37-0d4b0f4f2d11',
    'sentry-hook-resource': resource,
    'sentry-hook-timestamp': '1',
    'sentry-hook-signature': hmac(secret, 'hex', body),
  };
}

export const sentry: WayHarness = {
  source: 'sentry',
  path: '/api/v1/webhooks/sentry',
  firing: (which) => issueAlert(which),
  // Not by the rule, and without a word of the environment.
  resolved: (which) => issue(which, 'resolved'),
  reads: { environment: 'prod', service: 'orders', title: 'Orders answer slowly', severity: 'critical' },
  prove: (body, { secret = secrets[0] } = {}) =>
    headersOf(body, body.includes('"issue":') ? 'issue' : 'event_alert', secret),
  signature: { variable: 'SENTINEL_SENTRY_WEBHOOK_SECRETS', secrets, dated: false },
  withBadOne: null,
};
