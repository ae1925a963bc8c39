// `POST /v2/change/enqueue`: something that somebody did.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type LabelSettings, readLabels } from '../../events/label-settings.ts';
import { instantIn } from '../../events/reported.ts';
import { reportedChange } from '../../events/reported-change.ts';
import { parsed } from '../../http/event-request.ts';
import type { Delivery, ReadContext, Reading } from '../webhook.ts';
import { labelsOf, payloadSchema } from './fields.ts';

const changeSchema = z.object({ payload: payloadSchema });

/** Without an instant, the same words within this time are one change that was sent again. */
const sentAgainWithinMs = 60 * 60_000;

export function readChange({ raw }: Delivery, context: ReadContext<LabelSettings>): Reading {
  const { payload } = parsed(changeSchema, raw);
  const { limits, settings, receivedMs, actor } = context;
  const labels = labelsOf(payload);
  const { service, environment } = readLabels(labels, settings, [actor], limits.maxNameChars);
  const atMs = instantIn(payload.timestamp);
  const told = [actor, payload, atMs ?? Math.floor(receivedMs / sentAgainWithinMs)];
  const id = createHash('sha256').update(JSON.stringify(told)).digest('hex').slice(0, 32);
  const change = {
    id,
    type: labels.type ?? '',
    service,
    environment,
    atMs,
    summary: payload.summary ?? '',
    attributes: labels,
  };
  const item = reportedChange(change, context);
  return { items: [item], more: { status: 'success', message: 'Change event processed' } };
}
