// GET /api/v1/dead-letters, one of them, and POST …/replay: what was accepted, could not be used, and waits for a person.

import { z } from 'zod';
import { ApiProblem } from '../errors.ts';
import { freeText, instant, oneLine, pageQuery, yesOrNo } from '../http/fields.ts';
import { route } from '../http/route.ts';
import {
  type DeadLetter,
  type DeadLetterContent,
  DeadLettersUnavailable,
  deadLetterKinds,
  type Replayed,
  replayOutcomes,
} from '../ports/dead-letters.ts';
import { named } from '../schemas/named.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const fields = {
  id: z.string(),
  kind: z.enum(deadLetterKinds).meta({
    description: '`kafka`: an unusable record. `inbox`: an event that was given up after many attempts.',
  }),
  source: z.string().meta({ description: 'Topic, partition and offset; or the id of the event.' }),
  topic: z.string().nullable(),
  key: z.string().meta({ description: 'What it is about, as far as that is known.' }),
  reason: z.string().meta({ examples: ['not-json'] }),
  detail: z.string(),
  failures: z
    .int()
    .meta({ description: 'How often it became a dead letter; in the inbox, how often it was tried.' }),
  atMs: instantMs,
  replayedAtMs: instantMs.nullable(),
  replayedBy: z.string().nullable(),
};

const deadLetter = named<DeadLetter>()('DeadLetter', z.strictObject(fields));

const content = named<DeadLetterContent>()(
  'DeadLetterContent',
  z.strictObject({
    ...fields,
    receivedAtMs: instantMs,
    bytes: z.int().nullable().meta({ description: 'Of the record; null when it is not kept any more.' }),
    text: z.string().nullable().meta({ description: 'The record as text, without its secrets.' }),
    cut: z.boolean().meta({ description: 'Whether `text` is only its beginning.' }),
  }),
);

const replayed = named<Replayed>()(
  'ReplayedDeadLetter',
  z.strictObject({ id: z.string(), outcome: z.enum(replayOutcomes) }),
);

const letterId = z
  .string()
  .regex(/^(kafka-\d{1,6}-\d{1,15}|inbox-\d{1,15})$/, 'expected an id such as kafka-0-42 or inbox-17')
  .meta({ examples: ['kafka-0-42'] });

export const deadLetterList = route({
  method: 'GET',
  path: '/api/v1/dead-letters',
  permission: 'viewer',
  summary:
    'Dead letters of Kafka and of the inbox by topic, reason and time, newest first; a page may be short and not the last.',
  query: z.strictObject({
    ...pageQuery,
    cursor: pageQuery.cursor.unwrap().max(1_000).optional(),
    kind: z.enum(deadLetterKinds).optional(),
    topic: oneLine(249).optional(),
    reason: oneLine(100).optional(),
    since: instant('2026-01-31T12:00:00Z').optional(),
    until: instant('2026-01-31T13:00:00Z').optional(),
    replayed: yesOrNo.optional(),
  }),
  answers: { 200: pageOf(deadLetter) },
  problems: ['unavailable'],
  handler: async ({ query: { limit, cursor, since, until, ...filter }, deps }) => ({
    json: await asked(() =>
      deps.deadLetters.list({ ...filter, sinceMs: since, untilMs: until }, limit, cursor ?? null),
    ),
  }),
});

export const deadLetterDetail = route({
  method: 'GET',
  path: '/api/v1/dead-letters/:id',
  permission: 'viewer',
  summary: 'One dead letter: why it is one, where it came from, and its contents without secrets.',
  params: z.strictObject({ id: letterId }),
  answers: { 200: content },
  problems: ['not-found', 'unavailable'],
  handler: async ({ params: { id }, deps }) => {
    const found = await asked(() => deps.deadLetters.show(id));
    if (found === null) throw new ApiProblem('not-found', `There is no dead letter ${id}.`);
    return { json: found };
  },
});

export const deadLetterReplay = route({
  method: 'POST',
  path: '/api/v1/dead-letters/replay',
  permission: 'operator',
  summary: 'Hands dead letters in again, each at most once however often it is asked for.',
  body: z.strictObject({
    ids: z.array(letterId).min(1).max(50).meta({ description: 'In this order.' }),
    note: freeText(500).optional().meta({ description: 'Why, for the audit.' }),
  }),
  example: { ids: ['kafka-0-42', 'inbox-17'], note: 'the producer was repaired' },
  answers: { 200: z.strictObject({ items: z.array(replayed) }) },
  problems: ['unavailable'],
  handler: async ({ body: { ids, note = '' }, principal, deps }) => ({
    json: { items: await asked(() => deps.deadLetters.replay(ids, principal, note)) },
  }),
});

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeadLettersUnavailable) throw new ApiProblem('unavailable', error.message);
    throw error;
  }
}
