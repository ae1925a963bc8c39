// The way from an HTTP request of Slack to Bolt, and back. Slack waits three seconds for an answer: listeners acknowledge
// first and work afterwards, and whoever stops the receiver waits for that work.

import type { App, Receiver, ReceiverEvent } from '@slack/bolt';
import type { Logger } from '../../../api/ports/logger.ts';
import type { Metrics } from '../../../api/ports/metrics.ts';
import type { SignedRequests } from '../../../api/ports/signed-requests.ts';
import { verify } from './verify.ts';

export type HttpReceiverOptions = {
  readonly signingSecret: string;
  readonly requests: SignedRequests;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly nowMs: () => number;
};

export type HttpReceiver = Receiver & { receive(request: Request): Promise<Response> };

/** Below Slack's three seconds. */
const answerWithinMs = 2_500;

export function createHttpReceiver(options: HttpReceiverOptions): HttpReceiver {
  const { signingSecret, requests, metrics, log, nowMs } = options;
  const underway = new Set<Promise<void>>();
  let app: Pick<App, 'processEvent'> | null = null;

  const refuse = (status: number, result: string): Response => {
    metrics.count('sentinel_slack_requests_total', { result });
    return new Response(null, { status });
  };

  const hand = (body: ReceiverEvent['body'], headers: Headers): Promise<Response> =>
    new Promise((resolve) => {
      const tooLate = setTimeout(() => resolve(refuse(503, 'late')), answerWithinMs);
      const answer = (response: Response): void => {
        clearTimeout(tooLate);
        resolve(response);
      };
      const ack: ReceiverEvent['ack'] = async (response?: unknown) => {
        metrics.count('sentinel_slack_requests_total', { result: 'taken' });
        answer(answerOf(response));
      };
      const retryNum = Number(headers.get('x-slack-retry-num') ?? 0);
      const work: Promise<void> = (app?.processEvent({ body, ack, retryNum }) ?? Promise.resolve())
        .catch((error: unknown) => log.error({ err: error }, 'a request of Slack failed'))
        .then(() => {
          underway.delete(work);
          // Nobody acknowledged: it is about nothing we know, or not from our workspace. After an answer this does nothing.
          answer(new Response(null, { status: 404 }));
        });
      underway.add(work);
    });

  return {
    init(bolt) {
      app = bolt;
    },
    async start() {},
    async stop() {
      await Promise.all(underway);
    },
    async receive(request) {
      const verified = await verify(request, signingSecret, nowMs());
      if (!verified.ok) return refuse(verified.refusal === 'too-large' ? 413 : 401, verified.refusal);
      if (!(await requests.isFirst(verified.signature))) return refuse(409, 'replayed');
      const body = parse(verified.body, request.headers.get('content-type') ?? '');
      if (body === null) return refuse(400, 'malformed');
      if (body.ssl_check !== undefined) return new Response(null, { status: 200 });
      if (body.type === 'url_verification') return Response.json({ challenge: String(body.challenge) });
      return hand(body, request.headers);
    },
  };
}

/** The payload of a form, or the JSON itself; null for anything but an object. */
function parse(text: string, contentType: string): ReceiverEvent['body'] | null {
  const form = contentType.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(text) : null;
  if (form !== null && !form.has('payload')) return Object.fromEntries(form);
  try {
    const value: unknown = JSON.parse(form === null ? text : (form.get('payload') ?? ''));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

function answerOf(response: unknown): Response {
  if (response === undefined || response === null || response === '')
    return new Response(null, { status: 200 });
  return typeof response === 'string' ? new Response(response) : Response.json(response);
}
