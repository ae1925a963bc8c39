// What every route for events does: who sent it before what is in it, JSON within bounds, in the durable inbox before the 2xx,
// and one answer for what is refused.

import type { z } from 'zod';
import { reaches } from '../../domain/policy/reach.ts';
import { firstProblem, type Invalid } from '../events/schema.ts';
import type { InboxItem, Sender } from '../ports.ts';
import { cleanText } from '../text.ts';
import type { IngestAppDeps } from './deps.ts';
import { type Problem, problemResponse } from './problem.ts';
import { requestIdOf } from './request-id.ts';

/** A request as the proof of its sender may look at it. The body is read once, when it is first asked for. */
export type Unproven = {
  readonly request: Request;
  readonly address: string;
  readonly bytes: () => Promise<Uint8Array>;
  readonly json: () => Promise<unknown>;
};
type Proven = { readonly actor: string; readonly sender: Sender };
/** Says who sent a request; throws `Refused` when nobody did that may. */
export type Prove = (unproven: Unproven, deps: IngestAppDeps) => Promise<Proven>;

export type EventRoute = {
  /** Its name in metrics and logs. */
  readonly route: string;
  readonly prove?: Prove;
  /** Media types that it takes, all of them JSON. Default: `application/json`. */
  readonly types?: readonly string[];
};

export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export type EventRequest = {
  /** Name of the key that sent it. */
  readonly actor: string;
  readonly sender: Sender;
  readonly raw: unknown;
  readonly requestId: string;
};

/** Answers one request with what `work` makes of its JSON, as a 202. Never throws; `Refused` becomes its problem. */
export async function answerEvents(
  { route, prove = byKey, types = ['application/json'] }: EventRoute,
  request: Request,
  deps: IngestAppDeps,
  address: string,
  work: (request: EventRequest) => Promise<Readonly<Record<string, unknown>>>,
): Promise<Response> {
  const requestId = requestIdOf(request);
  const answer = (response: Response): Response => {
    deps.metrics.count('sentinel_ingest_requests_total', { route, status: String(response.status) });
    return response;
  };
  try {
    const bytes = once(() => readBytes(request, deps, types));
    const json = once(async () => parseJson(await bytes()));
    const { actor, sender } = await prove({ request, address, bytes, json }, deps);
    const body = await work({ actor, sender, raw: await json(), requestId });
    return answer(Response.json(body, { status: 202, headers: { 'x-request-id': requestId } }));
  } catch (error) {
    if (error instanceof Refused) return answer(problemResponse(error.problem, requestId));
    deps.log.error({ err: error, requestId, route }, 'a request failed');
    // Ours, not the sender's: whoever gives up on a 500 sends the same again after a 503.
    const { problem } = unavailable(
      'the request failed here, not because of what was sent; send the same again',
    );
    return answer(problemResponse(problem, requestId));
  }
}

/**
 * Puts the items in the inbox; returns how many were new. Refuses all of them when the sender's key does not reach one, and
 * marks what nobody stands behind.
 */
export async function storeEvents(
  given: readonly InboxItem[],
  deps: IngestAppDeps,
  sender: Sender,
): Promise<number> {
  for (const item of given) refuseBeyondReach(item, sender);
  const items = sender.vouched ? given : given.map(unvouchedItem);
  const accepted = await deps.inbox.put(items).catch((error: unknown) => {
    deps.log.error({ err: error, items: items.length }, 'could not store events in the inbox');
    throw unavailable('the events are not stored: the inbox is unavailable; send the same again');
  });
  if (accepted > 0) deps.wake();
  deps.metrics.count('sentinel_ingest_events_total', { outcome: 'accepted' }, accepted);
  deps.metrics.count('sentinel_ingest_events_total', { outcome: 'duplicate' }, items.length - accepted);
  return accepted;
}

function refuseBeyondReach(item: InboxItem, { reach }: Sender): void {
  // It can only end what the same sender told of, within its reach.
  if (item.kind === 'anomaly' && item.report?.asItFired) return;
  const { environment, service } = item.kind === 'change' ? item.change : item.anomaly.scope;
  if (reaches(reach, environment, service)) return;
  throw new Refused({
    status: 403,
    kind: 'forbidden',
    title: 'Forbidden',
    detail: `the key does not reach ${environment}/${service}; nothing of the request is stored`,
  });
}

function unvouchedItem(item: InboxItem): InboxItem {
  return item.kind === 'change' ? item : { ...item, anomaly: { ...item.anomaly, unvouched: true } };
}

/** The value as the schema has it; refuses with the first field that is wrong. `at`: where the value is in the body. */
export function parsed<T extends z.ZodType>(schema: T, raw: unknown, at = ''): z.infer<T> {
  const result = schema.safeParse(raw);
  if (!result.success) {
    const problem = firstProblem(result.error);
    const field = [at, problem.field].filter((part) => part !== '').join('.');
    refuseIf({ ...problem, field });
    throw result.error;
  }
  return result.data;
}

export function refuseIf(invalid: Invalid | null): void {
  if (invalid === null) return;
  const { kind, field, detail } = invalid;
  throw new Refused({ status: 422, kind, title: 'Invalid event', detail: `${field}: ${detail}`, field });
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** By an API key that may send, as a bearer token: before the body is read. */
export const byKey: Prove = async ({ request, address }, deps) => {
  const authorization = await deps.authorize(request, 'ingest:write', address).catch((error: unknown) => {
    deps.log.error({ err: error }, 'could not check the key of a request');
    throw unavailable('the key store is unavailable; try again');
  });
  if (authorization.allowed) return authorization;
  const { reason, detail } = authorization;
  throw reason === 'forbidden'
    ? new Refused({ status: 403, kind: reason, title: 'Forbidden', detail })
    : unauthenticated(detail);
};

export function unauthenticated(detail: string): Refused {
  return new Refused({ status: 401, kind: 'unauthenticated', title: 'Unauthenticated', detail });
}

async function readBytes(
  request: Request,
  deps: IngestAppDeps,
  types: readonly string[],
): Promise<Uint8Array> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!types.includes(type)) {
    const detail = `content-type must be ${types.join(' or ')}`;
    throw new Refused({ status: 415, kind: 'unsupported-type', title: 'Unsupported media type', detail });
  }
  const body = await deps.readBody(request);
  if (!body.ok) {
    const { problem, detail } = body;
    if (problem === 'busy') throw unavailable(detail);
    if (problem === 'too-large' || problem === 'too-complex')
      throw new Refused({ status: 413, kind: 'too-large', title: 'Too large', detail });
    if (problem === 'unsupported-encoding') {
      throw new Refused({ status: 415, kind: 'unsupported-type', title: 'Unsupported encoding', detail });
    }
    throw malformed(detail);
  }
  return body.bytes;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes)) as unknown;
  } catch (error) {
    throw malformed(
      `the body is not valid JSON (${cleanText(error instanceof Error ? error.message : '', 300)})`,
    );
  }
}
const utf8 = new TextDecoder('utf-8', { fatal: true });

function malformed(detail: string): Refused {
  return new Refused({ status: 400, kind: 'malformed', title: 'Malformed request', detail });
}
export function unavailable(detail: string): Refused {
  return new Refused({
    status: 503,
    kind: 'unavailable',
    title: 'Unavailable',
    detail,
    retryAfterSeconds: 2,
  });
}
