// A webhook of the user's own: the incident as JSON, signed, so that the receiver knows who sent it and when.

import { createHmac } from 'node:crypto';
import type { Channel, Delivery, DeliveryResult } from '../../api/notifications/ports.ts';
import type { Briefing } from '../../domain/incident/briefing.ts';
import { postJson, unwelcome } from '../http/post-json.ts';

export type WebhookOptions = {
  readonly name: string;
  readonly url: string;
  readonly secret: string;
  readonly follows: Channel['follows'];
  /** Null when nobody can know the address. */
  readonly incidentUrl: (incidentId: string) => string | null;
  readonly nowMs: () => number;
};

/** The body, documented in docs/notifications.md; a new field is no new version. */
const version = 1;

export function createWebhookChannel(options: WebhookOptions): Channel {
  const { name, url, secret, follows, incidentUrl, nowMs } = options;
  const { host } = new URL(url);

  async function deliver({
    briefing,
    events,
    moments,
    memory,
    signal,
    ...rest
  }: Delivery): Promise<DeliveryResult> {
    const seq = events.at(-1)?.seq ?? Number(memory?.seq ?? 0);
    const id = `${briefing.incidentId}/${seq}`;
    const body = JSON.stringify({
      version,
      id,
      moments,
      url: incidentUrl(briefing.incidentId),
      follows: followsOf(briefing, rest),
      incident: briefing,
      events: events.map(({ seq: at, atMs, type }) => ({ seq: at, at: new Date(atMs).toISOString(), type })),
    });
    const headers = {
      'sentinel-delivery': id,
      'sentinel-signature': signatureOf(body, secret, Math.floor(nowMs() / 1000)),
    };
    const answer = await postJson(url, body, { headers, signal });
    if (answer.status >= 200 && answer.status < 300) return { kind: 'delivered', memory: { seq } };
    return unwelcome(answer, host);
  }

  return { name, title: `webhook ${name} (${host})`, follows, deliver };
}

/** Null for an incident that follows none; `first` is the one whose conversation it belongs to here. */
function followsOf({ follows }: Briefing, { conversation, call }: Pick<Delivery, 'conversation' | 'call'>) {
  if (follows === null) return null;
  const { incidentId, times } = follows;
  return { incidentId, times, first: conversation?.incidentId ?? null, quiet: call.kind === 'quietly' };
}

/** `t=<seconds>,v1=<hex of HMAC-SHA256 over "<seconds>.<body>">`: the time is signed too, so that nothing old can be replayed. */
export function signatureOf(body: string, secret: string, atSeconds: number): string {
  const digest = createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex');
  return `t=${atSeconds},v1=${digest}`;
}
