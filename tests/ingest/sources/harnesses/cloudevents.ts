// Structured; batched where the body is a list. Binary events are in cloudevents.test.ts.

import { iso, minutesAgo, type WayHarness } from '../harness.ts';

const event = (which: string, fields: object) => ({
  specversion: '1.0',
  id: `A234-1234-${which}-${JSON.stringify(fields).length}`,
  source: 'https://example.com/shop/monitor',
  type: 'com.example.shop.alert',
  time: minutesAgo(5),
  datacontenttype: 'application/json',
  comexampleextension1: 'value',
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
const firing = (which: string) => event(which, { at: minutesAgo(5) });

export const cloudevents: WayHarness = {
  source: 'cloudevents',
  path: '/api/v1/webhooks/cloudevents',
  firing,
  resolved: (which) => event(which, { status: 'resolved', at: minutesAgo(1) }),
  again: (which, atMs) => event(which, { at: iso(atMs) }),
  reads: { environment: 'prod', service: 'orders', title: 'Orders answer slowly', severity: 'critical' },
  prove: (body) => ({
    'content-type': body.startsWith('[')
      ? 'application/cloudevents-batch+json'
      : 'application/cloudevents+json; charset=UTF-8',
    authorization: 'Bearer good',
  }),
  signature: null,
  withBadOne: () => [firing('A'), { ...firing('C'), data: { kind: 'alert' } }, firing('B')],
};
