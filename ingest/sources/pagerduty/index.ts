// PagerDuty's webhooks, version 3: an incident there is an alert here. Sources: developer.pagerduty.com, "Webhooks Overview" and
// "Verifying Signatures".

import { z } from 'zod';
import { severityOf } from '../../../domain/alerts/severity-words.ts';
import { isIncidentId } from '../../../domain/incident/incident-id.ts';
import { instantIn, reportedItem } from '../../events/reported.ts';
import { parsed } from '../../http/event-request.ts';
import { hmacSha256, wrongWithSecrets } from '../../http/signatures.ts';
import { placeOf, servicesSetting } from '../places-setting.ts';
import { reachSetting } from '../reach-setting.ts';
import type { Source } from '../source.ts';
import { type Delivery, type ReadContext, type Reading, webhook } from '../webhook.ts';

const settings = z
  .strictObject({ services: servicesSetting('PagerDuty'), reach: reachSetting })
  .prefault({})
  .describe(
    'Webhooks of PagerDuty (docs/pagerduty.md). Off until `SENTINEL_PAGERDUTY_WEBHOOK_SECRETS` is set.',
  );
type Settings = z.output<typeof settings>;

const variable = 'SENTINEL_PAGERDUTY_WEBHOOK_SECRETS';

export const pagerduty: Source<typeof settings> = {
  settings,
  secret: {
    variable,
    about:
      'Signing secrets of webhook subscriptions in PagerDuty, separated by spaces: one for each subscription, or two while one is replaced.',
    wrongWith: wrongWithSecrets,
  },
  limits: 'events',
  below: ['/api/v1/webhooks/pagerduty'],
  ways: [
    webhook({
      route: 'pagerduty',
      path: '/api/v1/webhooks/pagerduty',
      takes: "PagerDuty's webhooks, version 3",
      proof: {
        by: 'signature',
        variable,
        check: hmacSha256({
          header: 'x-pagerduty-signature',
          signaturesIn: (value) =>
            value.split(',').flatMap((one) => /^\s*v1=([0-9a-f]{64})\s*$/i.exec(one)?.[1] ?? []),
          encoding: 'hex',
        }),
      },
      reach: ({ reach }) => reach,
      read: readEvent,
    }),
  ],
};

const text = z.string().nullish();
const reference = z.object({ summary: text, id: text }).nullish();
const eventSchema = z.object({
  event: z.object({
    event_type: z.string(),
    occurred_at: z.iso.datetime({ offset: true }).nullish(),
    data: z.unknown(),
  }),
});
const incidentSchema = z.object({
  id: z.string().min(1),
  title: text,
  incident_key: text,
  created_at: z.iso.datetime({ offset: true }).nullish(),
  urgency: text,
  priority: reference,
  service: reference,
});

const statusOf: Readonly<Partial<Record<string, 'firing' | 'resolved'>>> = {
  'incident.triggered': 'firing',
  'incident.reopened': 'firing',
  'incident.unacknowledged': 'firing',
  'incident.resolved': 'resolved',
};

function readEvent({ raw }: Delivery, context: ReadContext<Settings>): Reading {
  const { event } = parsed(eventSchema, raw);
  const status = statusOf[event.event_type];
  if (status === undefined) return { items: [], ignored: 'this type of event says nothing of an alert' };
  const incident = parsed(incidentSchema, event.data, 'event.data');
  // What Sentinel told PagerDuty bears the id of its incident.
  if (isIncidentId(incident.incident_key ?? '')) return { items: [], ignored: 'Sentinel itself opened it' };
  const name = incident.service?.summary || incident.service?.id || 'pagerduty';
  const occurredMs = instantIn(event.occurred_at);
  const item = reportedItem(
    {
      id: incident.id,
      status,
      ...placeOf(context.settings.services, name),
      // An incident that is opened again begins anew, though it was created long ago.
      startsAtMs: event.event_type === 'incident.reopened' ? occurredMs : instantIn(incident.created_at),
      endsAtMs: status === 'resolved' ? occurredMs : null,
      tellsChanges: true,
      severity: severityOf(incident.priority?.summary || incident.urgency || ''),
      title: incident.title ?? '',
      source: 'pagerduty',
    },
    context,
  );
  return { items: [item] };
}
