// GET /api/v1/stream and GET /api/v1/incidents/:id/timeline/stream: what happens, as it happens (server-sent events).

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { incidentParams, wholeNumber } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { requireIncident } from '../present.ts';

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
  summary: 'What happens in all incidents, as server-sent events; resumes after `Last-Event-ID` or `after`.',
  query,
  answers,
  handler: async ({ query: { after }, headers, principal, deps: { streams } }) => {
    const start = startOf(headers, after);
    requireRoom(streams);
    return { response: streams.news(principal, start) };
  },
});

export const timelineStream = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/timeline/stream',
  permission: 'viewer',
  summary:
    'Events of an incident, stored and new, as server-sent events; resumes after `Last-Event-ID` or `after`.',
  params: incidentParams,
  query,
  answers,
  handler: async ({ params, query: { after }, headers, principal, deps: { streams, incidents } }) => {
    const start = startOf(headers, after);
    await requireIncident(incidents, params.id);
    requireRoom(streams);
    return { response: streams.timeline(principal, params.id, start ?? 0) };
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

function requireRoom(streams: { hasRoom(): boolean }): void {
  if (streams.hasRoom()) return;
  throw new ApiProblem('unavailable', 'This process serves no more streams now; try again.', {
    reason: 'too-many-readers',
    headers: { 'retry-after': '5' },
  });
}
