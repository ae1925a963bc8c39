// `POST /v2/enqueue`: an alert that begins, or ends.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isIncidentId } from '../../../domain/incident/incident-id.ts';
import { type LabelSettings, readLabels } from '../../events/label-settings.ts';
import { instantIn, reportedItem } from '../../events/reported.ts';
import { parsed } from '../../http/event-request.ts';
import type { Delivery, ReadContext, Reading } from '../webhook.ts';
import { labelsOf, type Payload, payloadSchema } from './fields.ts';

const key = z.string().nullish();
const eventSchema = z.discriminatedUnion('event_action', [
  z.object({ event_action: z.literal('trigger'), dedup_key: key, payload: payloadSchema }),
  z.object({
    event_action: z.literal('acknowledge'),
    dedup_key: z.string().min(1, 'must name the alert that it is about'),
  }),
  z.object({
    event_action: z.literal('resolve'),
    dedup_key: z.string().min(1, 'must name the alert that it ends'),
    payload: payloadSchema.partial().nullish().catch(null),
  }),
]);
type Event = z.output<typeof eventSchema>;

export function readAlert({ raw }: Delivery, context: ReadContext<LabelSettings>): Reading {
  const event = parsed(eventSchema, raw);
  const payload: Partial<Payload> = ('payload' in event ? event.payload : null) ?? {};
  const dedupKey = event.dedup_key || keyFor(payload, context.actor);
  const answered = { status: 'success', message: 'Event processed', dedup_key: dedupKey };
  const ignored = ignoredBecause(event.event_action, dedupKey);
  if (ignored !== null) return { items: [], ignored, more: answered };
  const rough = [payload.summary ?? context.actor];
  const { limits, settings } = context;
  const labelled = readLabels(labelsOf(payload), settings, rough, limits.maxNameChars);
  const isOver = event.event_action === 'resolve';
  const atMs = instantIn(payload.timestamp);
  const item = reportedItem(
    {
      ...labelled,
      id: dedupKey,
      status: isOver ? 'resolved' : 'firing',
      // Most senders give the service as the component; it is no part of itself.
      component: labelled.component === labelled.service ? '' : labelled.component,
      startsAtMs: isOver ? null : atMs,
      endsAtMs: isOver ? atMs : null,
      title: payload.summary ?? '',
      source: context.actor,
      // An end has no payload.
      endsByIdWithin: 'events-api',
    },
    context,
  );
  return { items: [item], more: answered };
}

function ignoredBecause(action: Event['event_action'], dedupKey: string): string | null {
  if (isIncidentId(dedupKey)) return 'Sentinel itself told it';
  return action === 'acknowledge' ? 'that somebody knows of an alert changes nothing of it here' : null;
}

/** Of what was said, so that the same delivery again is the same alert. */
function keyFor(payload: Partial<Payload>, actor: string): string {
  return createHash('sha256')
    .update(JSON.stringify([actor, payload]))
    .digest('hex')
    .slice(0, 32);
}
