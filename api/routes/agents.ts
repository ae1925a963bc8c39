// POST /api/v1/agent/…: what the agents of other machines say. They connect from where they are, and are asked in the answers.

import { z } from 'zod';
import { agentHost } from '../../domain/agent/host.ts';
import { agentProtocol } from '../../domain/agent/line.ts';
import { ApiProblem } from '../errors.ts';
import { oneLine } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { Principal } from '../ports/principal.ts';
import { instantMs } from '../schemas/scope.ts';

/** A thousand containers and more; an agent that would say more says that it is too much. */
export const largestAnswerBytes = 4 * 1024 * 1024;

const session = z.uuid();
const id = z.uuid();
const reason = z.string();
const example = '00000000-0000-4000-8000-000000000000';

const hello = z.strictObject({
  protocol: z.int().meta({ description: 'Version of the protocol; both ends speak the same one.' }),
  host: oneLine(63).regex(agentHost, 'is not the name of a machine'),
  version: oneLine(50),
  journal: z.uuid().meta({ description: 'Which record of effects it keeps.' }),
  executors: z
    .array(
      z.strictObject({
        name: oneLine(63),
        type: oneLine(63),
        actions: z.array(oneLine(63)).max(100),
        environments: z.array(oneLine(200)).max(100),
      }),
    )
    .max(50),
  clockMs: instantMs,
});

const welcome = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('welcome'), session, nowMs: instantMs }),
  z.strictObject({ kind: z.literal('taken'), reason }),
  z.strictObject({ kind: z.literal('refused'), reason }),
]);

const next = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('question'),
    id,
    question: z.strictObject({ executor: z.string(), method: z.string(), input: z.unknown() }),
    leftMs: z.number().meta({ description: 'How long somebody waits for the answer.' }),
  }),
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('over') }),
]);

const permission = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('permitted'), leftMs: z.number(), nowMs: instantMs }),
  z.strictObject({ kind: z.literal('refused'), reason }),
]);

/** For the agent's own look at what it is told. */
export const agentAnswers = { hello: welcome, next, permit: permission };

export const agentHello = route({
  method: 'POST',
  path: '/api/v1/agent/hello',
  permission: 'agent',
  summary: 'Begins the session of the agent of a machine.',
  body: hello,
  example: {
    protocol: agentProtocol,
    host: 'web1',
    version: '0.1.0',
    journal: example,
    executors: [{ name: 'docker', type: 'docker', actions: ['restart'], environments: ['production'] }],
    clockMs: 1_767_225_600_000,
  },
  answers: { 200: welcome },
  handler: async ({ body, principal, deps, log }) => {
    const host = hostOf(principal);
    const { protocol, ...said } = body;
    const why = whyNot(host, body);
    if (why !== null) {
      log.warn({ host, reason: why }, 'an agent was refused');
      return { json: { kind: 'refused', reason: why } };
    }
    const answer = await deps.agents.hello(host, said);
    log.info({ host, version: said.version, answer: answer.kind }, 'an agent has connected');
    return { json: answer };
  },
});

export const agentNext = route({
  method: 'POST',
  path: '/api/v1/agent/next',
  permission: 'agent',
  summary: 'Waits up to 20 seconds for the next question to this machine.',
  body: z.strictObject({ session, holding: z.array(id).max(1_000) }),
  example: { session: example, holding: [] },
  answers: { 200: next },
  handler: async ({ body, principal, signal, deps }) => ({
    json: await deps.agents.next(hostOf(principal), body.session, body.holding, signal),
  }),
});

export const agentPermit = route({
  method: 'POST',
  path: '/api/v1/agent/permit',
  permission: 'agent',
  summary: 'Whether a call of an effect may go out now: asked right before each.',
  body: z.strictObject({ session, id, first: z.boolean() }),
  example: { session: example, id: example, first: true },
  answers: { 200: permission },
  handler: async ({ body, principal, deps }) => ({
    json: await deps.agents.permit(hostOf(principal), body.session, body.id, body.first),
  }),
});

export const agentAnswer = route({
  method: 'POST',
  path: '/api/v1/agent/answer',
  permission: 'agent',
  summary: 'Answers a question.',
  body: z.strictObject({
    session,
    id,
    answer: z.discriminatedUnion('ok', [
      z.strictObject({ ok: z.literal(true), value: z.unknown() }),
      z.strictObject({ ok: z.literal(false), error: oneLine(2_000) }),
    ]),
  }),
  maxBodyBytes: largestAnswerBytes,
  example: { session: example, id: example, answer: { ok: true, value: [] } },
  answers: { 200: z.strictObject({ heard: z.boolean() }) },
  handler: async ({ body, principal, deps }) => ({
    json: { heard: await deps.agents.answer(hostOf(principal), body.session, body.id, body.answer) },
  }),
});

/** Keys of agents have one; without it nothing is answered for anybody. */
function hostOf({ host, name }: Principal): string {
  if (host !== undefined) return host;
  throw new ApiProblem('forbidden', `The key "${name}" is for no machine.`, { reason: 'role-too-low' });
}

function whyNot(host: string, said: z.output<typeof hello>): string | null {
  if (said.protocol !== agentProtocol)
    return `this Sentinel speaks version ${agentProtocol} of the protocol of agents, and the agent version ${said.protocol}: run the same version of Sentinel at both ends`;
  if (said.host !== host) return `the key is for ${host}, and the agent says it is on ${said.host}`;
  return null;
}
