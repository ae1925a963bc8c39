// Events as Standard Webhooks: signed, so that a sender needs no API key. Source: standardwebhooks.com, "Specification", signatures of
// version 1. The specification leaves open what `data` is; here it is one event as `POST /api/v1/events` takes it.

import { z } from 'zod';
import { eventId, eventItem, eventTimeProblem } from '../../events/items.ts';
import { parsed, refuseIf } from '../../http/event-request.ts';
import { hmacSha256, secretsIn, wrongWithSecrets } from '../../http/signatures.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';

const settings = z
  .strictObject({ reach: reachSetting })
  .prefault({})
  .describe(
    'Signed events (docs/standard-webhooks.md). Off until `SENTINEL_STANDARD_WEBHOOK_SECRETS` is set.',
  );

const variable = 'SENTINEL_STANDARD_WEBHOOK_SECRETS';
const form = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/;

export const standardWebhooks: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about:
      'Secrets of senders of Standard Webhooks, `whsec_…`, separated by spaces. To make one: `echo whsec_$(openssl rand -base64 32)`.',
    wrongWith: (value) =>
      wrongWithSecrets(value) ??
      (secretsIn(value).every((secret) => form.test(secret))
        ? null
        : 'expected whsec_ and 24 to 64 bytes in base64; to make one: echo whsec_$(openssl rand -base64 32)'),
  },
  limits: 'events',
  below: ['/api/v1/webhooks/standard'],
  ways: [
    webhook({
      route: 'standard-webhooks',
      path: '/api/v1/webhooks/standard',
      takes: 'Standard Webhooks whose `data` is an alert or a change',
      proof: {
        by: 'signature',
        variable,
        check: hmacSha256({
          header: 'webhook-signature',
          signaturesIn: (value) => value.split(' ').flatMap((one) => /^v1,(.+)$/.exec(one)?.[1] ?? []),
          encoding: 'base64',
          keyOf: (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
          timestamp: { header: 'webhook-timestamp', unit: 'seconds' },
          before: (headers) =>
            `${headers.get('webhook-id') ?? ''}.${headers.get('webhook-timestamp') ?? ''}.`,
        }),
      },
      reach: ({ reach }) => reach,
      read: readEvent,
    }),
  ],
};

const envelope = z.object({ data: z.unknown() });

function readEvent(
  { raw, headers }: Delivery,
  { schemas, ...context }: ReadContext<z.output<typeof settings>>,
): Reading {
  const { data } = parsed(envelope, raw);
  const event = parsed(schemas.event, data, 'data');
  const about = { ...context, idempotencyKey: headers.get('webhook-id') };
  refuseIf(eventTimeProblem(event.at, 'data.at', about));
  return { items: [eventItem(event, eventId(event.id, data, 0, about), about)] };
}
