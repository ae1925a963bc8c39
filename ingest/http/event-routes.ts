// POST /api/events and POST /api/trigger-alert: checked as a whole, in the durable inbox before the 2xx.

import type { z } from 'zod';
import { alertItem, eventId, eventItem, eventTimeProblem, type ItemContext } from '../events/items.ts';
import { firstProblem, type Invalid } from '../events/schema.ts';
import type { InboxItem } from '../ports.ts';
import { cleanText } from '../text.ts';
import { readBody } from './body.ts';
import type { IngestAppDeps } from './deps.ts';
import { type Problem, problemResponse } from './problem.ts';
import { requestIdOf } from './request-id.ts';

export type EventRoute = 'events' | 'trigger-alert';

class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Answers one request. Never throws; nothing is stored unless every event of it is valid. */
export async function handleEvents(
  route: EventRoute,
  request: Request,
  deps: IngestAppDeps,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const answer = (response: Response): Response => {
    deps.metrics.count('sentinel_ingest_requests_total', { route, status: String(response.status) });
    return response;
  };
  try {
    const actor = await authorized(request, deps);
    const raw = await readJson(request, deps);
    const context: ItemContext = {
      limits: deps.limits,
      defaultEnvironment: deps.defaultEnvironment,
      receivedMs: deps.clock.nowMs(),
      actor,
      idempotencyKey: idempotencyKeyOf(request),
      newId: deps.newId,
    };
    const { items, ids } =
      route === 'events' ? batchItems(raw, deps, context) : triggerItems(raw, deps, context);
    const accepted = await store(items, deps);
    const counts = { accepted, duplicates: items.length - accepted };
    const body = route === 'events' ? { ...counts, ids } : { ...counts, id: ids[0] };
    return answer(Response.json(body, { status: 202, headers: { 'x-request-id': requestId } }));
  } catch (error) {
    if (error instanceof Refused) return answer(problemResponse(error.problem, requestId));
    deps.log.error({ err: error, requestId, route }, 'a request failed');
    const problem: Problem = {
      status: 500,
      kind: 'internal',
      title: 'Internal error',
      detail: 'see the log of the server',
    };
    return answer(problemResponse(problem, requestId));
  }
}

type Prepared = { readonly items: readonly InboxItem[]; readonly ids: readonly string[] };

function batchItems(raw: unknown, deps: IngestAppDeps, context: ItemContext): Prepared {
  const { events } = parsed(deps.schemas.batch, raw);
  const rawEvents = (raw as { readonly events: readonly unknown[] }).events;
  for (const [index, event] of events.entries()) {
    refuseIf(eventTimeProblem(event.at, `events[${index}].at`, context));
  }
  const ids = events.map((event, index) => eventId(event.id, rawEvents[index], index, context));
  const items = events.map((event, index) => eventItem(event, ids[index] as string, context));
  return { items, ids };
}

function triggerItems(raw: unknown, deps: IngestAppDeps, context: ItemContext): Prepared {
  const alert = parsed(deps.schemas.trigger, raw);
  refuseIf(eventTimeProblem(alert.at, 'at', context));
  const id = eventId(alert.id, raw, 0, context);
  return { items: [alertItem(alert, id, context)], ids: [id] };
}

async function authorized(request: Request, deps: IngestAppDeps): Promise<string> {
  const authorization = await deps.authorize(request, 'ingest:write').catch((error: unknown) => {
    deps.log.error({ err: error }, 'could not check the key of a request');
    throw unavailable('the key store is unavailable; try again');
  });
  if (authorization.allowed) return authorization.actor;
  const { reason, detail } = authorization;
  const status = reason === 'forbidden' ? 403 : 401;
  throw new Refused({
    status,
    kind: reason,
    title: status === 403 ? 'Forbidden' : 'Unauthenticated',
    detail,
  });
}

async function readJson(request: Request, deps: IngestAppDeps): Promise<unknown> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    const detail = 'content-type must be application/json';
    throw new Refused({ status: 415, kind: 'unsupported-type', title: 'Unsupported media type', detail });
  }
  const body = await readBody(request, deps.limits);
  if (!body.ok) {
    const { problem, detail } = body;
    if (problem === 'too-large')
      throw new Refused({ status: 413, kind: 'too-large', title: 'Too large', detail });
    if (problem === 'unsupported-encoding') {
      throw new Refused({ status: 415, kind: 'unsupported-type', title: 'Unsupported encoding', detail });
    }
    throw malformed(detail);
  }
  try {
    return JSON.parse(utf8.decode(body.bytes)) as unknown;
  } catch (error) {
    throw malformed(
      `the body is not valid JSON (${cleanText(error instanceof Error ? error.message : '', 300)})`,
    );
  }
}
const utf8 = new TextDecoder('utf-8', { fatal: true });

function idempotencyKeyOf(request: Request): string | null {
  const key = request.headers.get('idempotency-key');
  if (key === null) return null;
  if (!/^[\x20-\x7e]{1,200}$/.test(key)) {
    refuseIf({
      kind: 'invalid',
      field: 'Idempotency-Key',
      detail: 'must be 1 to 200 printable ASCII characters',
    });
  }
  return key;
}

async function store(items: readonly InboxItem[], deps: IngestAppDeps): Promise<number> {
  // The same event twice in one request is one item and a duplicate.
  const distinct = [...new Map(items.map((item) => [item.id, item])).values()];
  const accepted = await deps.inbox.put(distinct).catch((error: unknown) => {
    deps.log.error({ err: error, items: items.length }, 'could not store events in the inbox');
    throw unavailable('the events are not stored: the inbox is unavailable; send the same again');
  });
  if (accepted > 0) deps.wake();
  deps.metrics.count('sentinel_ingest_events_total', { outcome: 'accepted' }, accepted);
  deps.metrics.count('sentinel_ingest_events_total', { outcome: 'duplicate' }, items.length - accepted);
  return accepted;
}

function parsed<T extends z.ZodType>(schema: T, raw: unknown): z.infer<T> {
  const result = schema.safeParse(raw);
  if (!result.success) {
    refuseIf(firstProblem(result.error));
    throw result.error;
  }
  return result.data;
}

function refuseIf(invalid: Invalid | null): void {
  if (invalid === null) return;
  const { kind, field, detail } = invalid;
  throw new Refused({ status: 422, kind, title: 'Invalid event', detail: `${field}: ${detail}`, field });
}
function malformed(detail: string): Refused {
  return new Refused({ status: 400, kind: 'malformed', title: 'Malformed request', detail });
}
function unavailable(detail: string): Refused {
  return new Refused({
    status: 503,
    kind: 'unavailable',
    title: 'Unavailable',
    detail,
    retryAfterSeconds: 2,
  });
}
