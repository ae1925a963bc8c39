// What most monitoring tools can send to: PagerDuty's Events API, version 2, with an API key of ours as the routing key. Sources:
// developer.pagerduty.com, "Events API v2 Overview", "Send an Alert Event" and "Send a Change Event".

import { z } from 'zod';
import { defaultSubjectLabels } from '../../../domain/alerts/subject.ts';
import { labelSettingsWith } from '../../events/label-settings.ts';
import type { Source } from '../source.ts';
import { type Proof, webhook } from '../webhook.ts';
import { readAlert } from './alert.ts';
import { readChange } from './change.ts';

const { service, host, resource } = defaultSubjectLabels;

const settings = z
  .strictObject(
    labelSettingsWith({
      service: [...service, 'component', 'group'],
      host: [...host, 'source'],
      resource: [...resource, 'source'],
    }),
  )
  .prefault({})
  .describe(
    'How events sent to `POST /v2/enqueue` are read (docs/events-api.md). Labels are the fields of `custom_details`, and `component`, `group`, `class`, `source` and `severity` of the event.',
  );

const proof: Proof = { by: 'key-in-body', named: 'routing_key', keyOf: routingKeyOf };

export const eventsApi: Source<typeof settings> = {
  settings,
  limits: 'events',
  below: ['/v2'],
  ways: [
    webhook({
      route: 'events-api',
      path: '/v2/enqueue',
      takes: "alerts as PagerDuty's Events API v2 takes them",
      proof,
      read: readAlert,
    }),
    webhook({
      route: 'events-api-changes',
      path: '/v2/change/enqueue',
      takes: "changes as PagerDuty's Events API v2 takes them",
      proof,
      read: readChange,
    }),
  ],
};

function routingKeyOf(raw: unknown): string | null {
  const key = typeof raw === 'object' && raw !== null && 'routing_key' in raw ? raw.routing_key : null;
  return typeof key === 'string' && key !== '' ? key : null;
}
