// The alarm is what it sends; the message around it is made and signed when it is sent.

import { nowMs } from '../../support/otlp.ts';
import { AwsHosts, alarm, headersOfSns, notification, signed, topicArn } from '../../support/sns.ts';
import { iso, minutesAgo, type WayHarness } from '../harness.ts';

const named = (which: string) => ({
  AlarmArn: `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:orders-slow-${which}`,
});

export const sns: WayHarness = {
  source: 'sns',
  path: '/api/v1/webhooks/sns',
  firing: (which) => alarm(named(which)),
  resolved: (which) => alarm({ ...named(which), NewStateValue: 'OK', StateChangeTime: minutesAgo(1) }),
  again: (which, atMs) => alarm({ ...named(which), StateChangeTime: iso(atMs) }),
  reads: { environment: 'prod', service: 'orders', title: 'orders-slow', severity: 'critical' },
  prove: () => headersOfSns,
  seal: (body, { forged = false, atMs = nowMs } = {}) => {
    const message = signed(notification(body, { Timestamp: new Date(atMs).toISOString() }));
    return JSON.stringify(forged ? { ...message, Signature: Buffer.alloc(256).toString('base64') } : message);
  },
  signature: null,
  settings: { topics: [topicArn] },
  readRemote: new AwsHosts().readRemote,
  withBadOne: null,
};
