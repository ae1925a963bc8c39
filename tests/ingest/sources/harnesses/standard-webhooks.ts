import { nowMs } from '../../support/otlp.ts';
import { hmac, minutesAgo, type WayHarness } from '../harness.ts';

const secretOf = (letter: string) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`;
const secrets = [secretOf('n'), secretOf('o')] as const;

const message = (which: string, fields: object) => ({
  type: 'alert',
  timestamp: minutesAgo(1),
  data: {
    kind: 'alert',
    id: `orders-slow-${which}`,
    environment: 'prod',
    service: 'orders',
    severity: 'critical',
    title: 'Orders answer slowly',
    ...fields,
  },
});

export const standardWebhooks: WayHarness = {
  source: 'standardWebhooks',
  path: '/api/v1/webhooks/standard',
  firing: (which) => message(which, { at: minutesAgo(5) }),
  resolved: (which) => message(which, { status: 'resolved', at: minutesAgo(1) }),
  reads: { environment: 'prod', service: 'orders', title: 'Orders answer slowly', severity: 'critical' },
  prove: (body, { secret = secrets[0], atMs = nowMs } = {}) => {
    const id = 'msg_2b1xY0oYIQcPTz';
    const seconds = String(Math.floor(atMs / 1_000));
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
    return {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1a,ignored v1,${hmac(key, 'base64', `${id}.${seconds}.`, body)}`,
    };
  },
  signature: { variable: 'SENTINEL_STANDARD_WEBHOOK_SECRETS', secrets, dated: true },
  withBadOne: null,
};
