// POST /api/v1/incidents/:id/take-over | abort | close | notes: what people say to a running incident.

import { z } from 'zod';
import { actorOf } from '../../domain/policy/identity.ts';
import { updateRefusals } from '../../workflows/messages.ts';
import { ApiProblem } from '../errors.ts';
import { freeText, incidentParams } from '../http/fields.ts';
import { type RouteContext, route } from '../http/route.ts';
import { requireIncident } from '../present.ts';
import { requestStop } from '../stops.ts';

const accepted = z.strictObject({ accepted: z.literal(true) });
const reasonBody = z.strictObject({ reason: freeText(2000) });
type Said = { readonly accepted: boolean; readonly reason: string };
type Context = Pick<RouteContext<{ id: string }, object, object>, 'params' | 'deps' | 'log'>;

export const takeOver = route({
  method: 'POST',
  path: '/api/v1/incidents/:id/take-over',
  permission: 'operator',
  summary: 'A person takes over; Sentinel stops acting on the incident and undoes nothing.',
  params: incidentParams,
  body: reasonBody,
  example: { reason: 'I am on it' },
  answers: { 200: accepted },
  problems: ['conflict'],
  handler: async (context) =>
    say(context, () => requestStop({ ...stopOf(context), kind: 'take-over' }, context.deps)),
});

export const abort = route({
  method: 'POST',
  path: '/api/v1/incidents/:id/abort',
  permission: 'operator',
  summary:
    'Aborts the incident; actions that did not help are undone first. One that was handed over is closed instead.',
  params: incidentParams,
  body: reasonBody,
  example: { reason: 'I am on it' },
  answers: { 200: accepted },
  problems: ['conflict'],
  handler: async (context) =>
    say(context, () => requestStop({ ...stopOf(context), kind: 'abort' }, context.deps)),
});

export const closeIncident = route({
  method: 'POST',
  path: '/api/v1/incidents/:id/close',
  permission: 'operator',
  summary:
    'Closes an incident that was handed over. Anything still firing opens a new one when it is reported again.',
  params: incidentParams,
  body: reasonBody,
  example: { reason: 'known, and harmless' },
  answers: { 200: accepted },
  problems: ['conflict'],
  handler: async (context) =>
    say(context, () => requestStop({ ...stopOf(context), kind: 'close' }, context.deps)),
});

export const addNote = route({
  method: 'POST',
  path: '/api/v1/incidents/:id/notes',
  permission: 'operator',
  summary: 'Adds a note to the timeline; repeating a `noteId` has no effect.',
  params: incidentParams,
  body: z.strictObject({
    text: freeText(4000),
    noteId: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, 'expected up to 64 letters, digits, . _ and -')
      .optional(),
  }),
  example: { text: 'the database was slow, too', noteId: 'note-1' },
  answers: { 200: accepted.extend({ noteId: z.string() }) },
  problems: ['conflict'],
  handler: async (context) => {
    const { noteId = context.deps.newId(), text } = context.body;
    const answer = await say(context, () =>
      context.deps.messenger.addNote(context.params.id, noteId, actorOf(context.principal), text),
    );
    await audited(context, text);
    return { json: { ...answer.json, noteId } };
  },
});

/** Stops and closings have entries of their own, made where they are stored. */
async function audited(
  {
    params,
    principal,
    deps,
  }: Pick<RouteContext<{ id: string }, object, object>, 'params' | 'principal' | 'deps'>,
  reason: string,
): Promise<void> {
  const entry = {
    action: 'incident.intervene',
    subject: params.id,
    reason,
    details: { what: 'note' },
  } as const;
  await deps.auditWriter?.append({ actor: actorOf(principal), ...entry });
}

function stopOf({ params, principal, body }: RouteContext<{ id: string }, object, { reason: string }>) {
  return { incidentId: params.id, principal, reason: body.reason };
}

/** 404 for an unknown incident, 503 when its workflow cannot be reached, 409 with the reason when it refuses. */
async function say({ params, deps, log }: Context, send: () => Promise<Said>) {
  await requireIncident(deps.incidents, params.id);
  let said: Said;
  try {
    said = await send();
  } catch (error) {
    log.warn({ err: error, incidentId: params.id }, 'the incident could not be reached');
    const headers = { 'retry-after': '5' };
    throw new ApiProblem('unavailable', 'The incident could not be reached now; try again.', { headers });
  }
  if (!said.accepted) {
    if (said.reason.startsWith('out-of-reach'))
      throw new ApiProblem('forbidden', said.reason, { reason: 'out-of-reach' });
    const reason = updateRefusals.find((refusal) => said.reason.startsWith(refusal));
    throw new ApiProblem('conflict', said.reason, reason === undefined ? {} : { reason });
  }
  return { json: { accepted: true } } as const;
}
