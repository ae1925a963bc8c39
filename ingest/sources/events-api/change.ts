// `POST /v2/change/enqueue`: something that somebody did.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { changeItem } from '../../events/items.ts';
import { type LabelSettings, readLabels } from '../../events/label-settings.ts';
import { boundedInstant } from '../../events/reported.ts';
import { cleanKeys } from '../../events/schema.ts';
import { parsed } from '../../http/event-request.ts';
import type { IngestLimits } from '../../limits.ts';
import { cleanText } from '../../text.ts';
import type { Delivery, ReadContext, Reading } from '../webhook.ts';
import { instantOf, labelsOf, payloadSchema } from './fields.ts';

const changeSchema = z.object({ payload: payloadSchema });

/** Without an instant, the same words within this time are one change that was sent again. */
const sentAgainWithinMs = 60 * 60_000;

export function readChange({ raw }: Delivery, context: ReadContext<LabelSettings>): Reading {
  const { payload } = parsed(changeSchema, raw);
  const { limits, settings, receivedMs, actor } = context;
  const labels = labelsOf(payload);
  const { service, environment } = readLabels(labels, settings, [actor], limits.maxNameChars);
  const atMs = instantOf(payload.timestamp);
  const told = [actor, payload, atMs ?? Math.floor(receivedMs / sentAgainWithinMs)];
  const id = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 32);
  const item = changeItem(
    {
      kind: 'change',
      type: cleanText(labels.type ?? '', limits.maxNameChars) || 'change',
      service,
      ...(environment === '' ? {} : { environment }),
      at: boundedInstant(atMs ?? receivedMs, context),
      summary: cleanText(payload.summary, limits.maxTitleChars) || 'a change without a summary',
      attributes: attributesOf(labels, limits),
    },
    id,
    { ...context, idempotencyKey: null },
  );
  return { items: [item], more: { status: 'success', message: 'Change event processed' } };
}

function attributesOf(
  labels: Readonly<Record<string, string>>,
  limits: IngestLimits,
): Record<string, string> {
  const entries = Object.entries(labels).slice(0, limits.maxAttributes);
  const clean = entries.map(([name, value]) => [name, cleanText(value, limits.maxAttributeValueChars)]);
  return cleanKeys(Object.fromEntries(clean), limits.maxAttributeKeyChars);
}
