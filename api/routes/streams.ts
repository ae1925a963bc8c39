// GET /api/v1/stream and GET /api/v1/incidents/:id/timeline/stream: what happens, as it happens (server-sent events).

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import type { StreamReader } from '../feed/readers.ts';
import type { Streams } from '../feed/streams.ts';
import { incidentParams, wholeNumber } from '../http/fields.ts';
import { type RouteContext, route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { sessionHoldOf } from '../session/session.ts';

const query = z.strictObject({
  after: wholeNumber(0, 999_999_999_999_999).optional().meta({ type: 'integer', minimum: 0 }),
});

const answers = {
  200: { mediaType: 'text/event-stream', description: 'Server-sent events, until the client goes away.' },
} as const;

export const stream = route({
  method: 'GET',
  path: '/api/v1/stream',
  permission: 'viewer',
  summary:
    'Events of all incidents as they happen, as server-sent events; resumes after `Last-Event-ID` or `after`.',
  query,
  answers,
  handler: async ({ query: { after }, headers, deps, ...context }) => {
    const start = startOf(headers, after);
    const reader = requireRoom(deps.streams, { ...context, deps });
    return { response: deps.streams.news(reader, start) };
  },
});

export const timelineStream = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/timeline/stream',
  permission: 'viewer',
  summary:
    'The timeline of an incident, past and new events, as server-sent events; resumes after `Last-Event-ID` or `after`.',
  params: incidentParams,
  query,
  answers,
  handler: async ({ params, query: { after }, headers, deps, ...context }) => {
    const { streams, incidents } = deps;
    const start = startOf(headers, after);
    await requireIncident(incidents, params.id);
    const reader = requireRoom(streams, { ...context, deps });
    return { response: streams.timeline(reader, params.id, start ?? 0) };
  },
});

/** What the browser remembers counts: it comes back to the address it first asked, whose `after` is old by then. */
function startOf(headers: Headers, after: number | undefined): number | null {
  const remembered = headers.get('last-event-id') ?? '';
  if (remembered === '') return after ?? null;
  if (/^\d{1,15}$/.test(remembered)) return Number(remembered);
  const field = 'Last-Event-ID';
  const message = 'is not the id of an event of this stream';
  throw new ApiProblem('invalid-input', `${field} ${message}`, { errors: [{ field, message }] });
}

type Caller = Pick<RouteContext<never, never, never>, 'principal' | 'address' | 'request' | 'deps'>;

/** Whoever asks, as a reader of streams. Throws when there is no room for one more, or for one more of theirs. */
function requireRoom(streams: Streams, { principal, address, request, deps }: Caller): StreamReader {
  const reader = { principal, address, session: sessionHoldOf(request, deps.dashboard) };
  const reason = streams.roomProblem(reader);
  if (reason === null) return reader;
  const headers = { 'retry-after': '5' };
  if (reason === 'too-many-readers')
    throw new ApiProblem('unavailable', 'This process serves no more streams now; try again.', {
      reason,
      headers,
    });
  const whose = reason === 'too-many-of-key' ? 'key' : 'address';
  const detail = `This ${whose} has as many streams as one ${whose} may have here; close one, and try again.`;
  throw new ApiProblem('rate-limited', detail, { reason, headers });
}
