// A body of nobody's form; one way by key, one signed, whose body is a list.

import { byKey, hmac, minutesAgo, type WayHarness } from '../harness.ts';

const alert = (which: string, over: boolean) => ({
  check: `orders-slow-${which}`,
  up: over,
  since: minutesAgo(over ? 1 : 5),
  where: { app: 'orders', stage: 'prod' },
  level: 'P1',
  text: 'Orders answer slowly',
});
const one = `{
  "id": check,
  "status": up ? "resolved" : "firing",
  "service": where.app,
  "environment": where.stage,
  "severity": {"P1": "critical"} ~> $lookup(level),
  "title": text,
  "at": since
}`;
const reads = {
  environment: 'prod',
  service: 'orders',
  title: 'Orders answer slowly',
  severity: 'critical',
} as const;
const common = { source: 'custom', way: '/api/v1/webhooks/custom/:name', reads } as const;

export const keyed: WayHarness = {
  ...common,
  path: '/api/v1/webhooks/custom/checks',
  settings: [{ name: 'checks', mapping: one }],
  firing: (which) => alert(which, false),
  resolved: (which) => alert(which, true),
  prove: byKey,
  signature: null,
  withBadOne: null,
};

const secrets = ['current-secret-of-checks', 'older-secret-of-checks'] as const;

export const signed: WayHarness = {
  ...common,
  path: '/api/v1/webhooks/custom/signed-checks',
  settings: [
    {
      name: 'signed-checks',
      mapping: `[checks.${one}]`,
      signature: { header: 'X-Checks-Signature', prefix: 'sha256=', encoding: 'hex' },
    },
  ],
  firing: (which) => ({ checks: [alert(which, false)] }),
  resolved: (which) => ({ checks: [alert(which, true)] }),
  prove: (body, { secret = secrets[0] } = {}) => ({
    'content-type': 'application/json',
    'x-checks-signature': `sha256=${hmac(secret, 'hex', body)}`,
  }),
  signature: { variable: 'SENTINEL_CUSTOM_SIGNED_CHECKS_SECRETS', secrets, dated: false },
  withBadOne: () => ({ checks: [alert('A', false), { check: 'C' }, alert('B', false)] }),
};
