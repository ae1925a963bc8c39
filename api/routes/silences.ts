// /api/v1/silences: silences and maintenance windows. Who may make, change or end one, and what it keeps from happening, the store
// decides; the gate, correlation and notifications obey it.

import { z } from 'zod';
import { matcherSchema, mostMatchers } from '../../domain/silences/matchers.ts';
import { type SilenceTerms, silenceStates, termsSchema } from '../../domain/silences/silence.ts';
import { ApiProblem } from '../errors.ts';
import { freeText, incidentParams, oneLine, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import type { SilenceRefusal, SilenceResult } from '../ports/silences.ts';
import { pageOf } from '../schemas/page.ts';
import {
  shown,
  shownHere,
  silence,
  silencedFinding,
  silencedHere,
  silencePreview,
} from '../schemas/silence.ts';

/** What people say of one; a reason is read by many, so secrets in it are replaced. */
const silenceTerms = z.strictObject({
  kind: termsSchema.shape.kind.default('silence'),
  matchers: termsSchema.shape.matchers.meta({
    description:
      'All have to match. Labels: `environment`, `service`, `component`, `resource`, `severity`, `detector`, `signal`, `metric`, and those of alerts. Patterns are RE2 and match the whole value.',
  }),
  schedule: termsSchema.shape.schedule,
  silences: termsSchema.shape.silences.meta({
    description:
      '`notifications`: nobody is told. `incidents`: none is opened. `actions`: none is carried out.',
  }),
  reason: freeText(2_000),
  ticket: oneLine(200).optional(),
});

const matcherList = z.array(matcherSchema).min(1, 'expected at least one matcher').max(mostMatchers);

const params = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z0-9-]{1,100}$/, 'is not the id of a silence')
    .meta({ examples: ['silence-3f2a9c0011'] }),
});

const example = {
  kind: 'silence',
  matchers: [
    { label: 'environment', is: '=', value: 'production' },
    { label: 'service', is: '=', value: 'orders' },
  ],
  schedule: { kind: 'once', startsAtMs: 1_893_456_000_000, endsAtMs: 1_893_463_200_000 },
  silences: ['notifications', 'incidents', 'actions'],
  reason: 'load test',
  ticket: 'OPS-7',
} as const;

export const silenceList = route({
  method: 'GET',
  path: '/api/v1/silences',
  permission: 'viewer',
  summary:
    'Silences and maintenance windows that hold or will, and those that ended within 30 days; newest first.',
  query: z.strictObject({ ...pageQuery, state: z.enum(silenceStates).optional() }),
  answers: { 200: pageOf(silence) },
  handler: async ({ query, deps }) => {
    const nowMs = deps.clock.nowMs();
    const all = (await deps.silences.list()).map((one) => shown(one, nowMs));
    const wanted = all.filter(({ state }) => query.state === undefined || state === query.state);
    return { json: pageOfAll('silences', wanted, ({ createdAtMs, id }) => [-createdAtMs, id], query) };
  },
});

export const silenceDetail = route({
  method: 'GET',
  path: '/api/v1/silences/:id',
  permission: 'viewer',
  summary: 'A silence with its versions, and the latest hundred findings that it kept from an incident.',
  params,
  answers: {
    200: z.strictObject({ silence, versions: z.array(silence), findings: z.array(silencedFinding) }),
  },
  handler: async ({ params: { id }, deps }) => {
    const found = await deps.silences.get(id);
    if (found === null) throw new ApiProblem('not-found', `There is no silence ${id}.`);
    const [versions, findings] = await Promise.all([deps.silences.versions(id), deps.silences.findings(id)]);
    const nowMs = deps.clock.nowMs();
    return {
      json: { silence: shown(found, nowMs), versions: versions.map((one) => shown(one, nowMs)), findings },
    };
  },
});

export const silenceCreate = route({
  method: 'POST',
  path: '/api/v1/silences',
  permission: 'operator',
  summary:
    'Makes a silence or a maintenance window. From then on nothing that it silences is told, opened or carried out.',
  body: silenceTerms,
  example,
  answers: { 201: silence },
  problems: ['conflict'],
  handler: async ({ body, principal, deps }) => {
    const made = await deps.silences.create(termsOf(body), principal);
    return { status: 201, json: answerOf(made, deps.clock.nowMs()) };
  },
});

export const silenceChange = route({
  method: 'POST',
  path: '/api/v1/silences/:id',
  permission: 'operator',
  summary: 'Changes a silence that is not over: its next version replaces all of the one before.',
  params,
  body: silenceTerms,
  example,
  answers: { 200: silence },
  problems: ['conflict', 'expired'],
  handler: async ({ params: { id }, body, principal, deps }) => ({
    json: answerOf(await deps.silences.change(id, termsOf(body), principal), deps.clock.nowMs()),
  }),
});

export const silenceEnd = route({
  method: 'POST',
  path: '/api/v1/silences/:id/end',
  permission: 'operator',
  summary: 'Ends a silence now. What it kept from an incident, and still fires, is judged again at once.',
  params,
  body: z.strictObject({ reason: freeText(2_000) }),
  example: { reason: 'the load test is over' },
  answers: { 200: silence },
  problems: ['conflict', 'expired'],
  handler: async ({ params: { id }, body: { reason }, principal, deps }) => ({
    json: answerOf(await deps.silences.end(id, reason, principal), deps.clock.nowMs()),
  }),
});

export const silencePreviewed = route({
  method: 'POST',
  path: '/api/v1/silences/preview',
  permission: 'operator',
  summary: 'Which open incidents matchers would be about now. Makes nothing.',
  body: z.strictObject({ matchers: matcherList }),
  example: { matchers: example.matchers },
  answers: { 200: silencePreview },
  handler: async ({ body: { matchers }, deps }) => ({ json: await deps.silences.preview(matchers) }),
});

export const incidentSilenced = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/silenced',
  permission: 'viewer',
  summary: 'What silences an incident now: when a silence covers everything of it that fires.',
  params: incidentParams,
  answers: { 200: silencedHere },
  handler: async ({ params: { id }, deps }) => ({
    json: shownHere(await deps.silences.ofIncident(id), deps.clock.nowMs()),
  }),
});

export const serviceSilenced = route({
  method: 'GET',
  path: '/api/v1/silenced',
  permission: 'viewer',
  summary: 'What silences a service now, whatever is found there.',
  query: z.strictObject({ environment: oneLine(200), service: oneLine(200) }),
  answers: { 200: silencedHere },
  handler: async ({ query: { environment, service }, deps }) => ({
    json: shownHere(await deps.silences.ofService(environment, service), deps.clock.nowMs()),
  }),
});

function termsOf({ ticket, ...terms }: z.output<typeof silenceTerms>): SilenceTerms {
  return { ...terms, ticket: ticket ?? null };
}

function answerOf(result: SilenceResult, nowMs: number) {
  if (!result.made) throw problemOf(result);
  return shown(result.silence, nowMs);
}

function problemOf(refusal: SilenceRefusal): ApiProblem {
  switch (refusal.reason) {
    case 'invalid': {
      const { field, problem: message } = refusal.problem;
      return new ApiProblem('invalid-input', `${field} ${message}`, { errors: [{ field, message }] });
    }
    case 'unknown':
      return new ApiProblem('not-found', `${refusal.detail}.`);
    case 'out-of-reach':
      return new ApiProblem('forbidden', `${refusal.detail}.`, { reason: refusal.reason });
    case 'expired':
      return new ApiProblem('expired', `${refusal.detail}.`, { reason: refusal.reason });
    case 'read-only':
    case 'too-many':
      return new ApiProblem('conflict', `${refusal.detail}.`, { reason: refusal.reason });
  }
}
