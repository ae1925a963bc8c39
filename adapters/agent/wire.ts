// What is asked of an agent's executors and what they answer: both ends check it, because neither trusts the other. Only what is
// written here passes.

import { z } from 'zod';
import type { DeepReadonly } from '../../api/schemas/named.ts';
import type { TelemetryObservation } from '../../domain/observation.ts';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import { refusalCodes } from '../../domain/remediation/refusal-code.ts';
import type { TargetState } from '../../domain/remediation/target.ts';

const word = z.string().min(1).max(300);
const words = z.string().max(2_000);
const count = z.number().finite();
const environment = word;

const target = z.object({
  environment,
  service: z.string().max(300),
  resource: z.string().max(600).optional(),
});

const replica = z.object({
  id: word,
  state: z.enum(['running', 'starting', 'draining', 'exited']),
  startedAtMs: count,
  restarts: count,
  uid: word.optional(),
});

const state = z.object({
  target,
  executor: word,
  desiredReplicas: count,
  replicas: z.array(replica).max(10_000),
  readyReplicas: count.optional(),
  release: words,
  previousRelease: words.optional(),
  config: words,
  previousConfig: words.optional(),
  sandbox: z.object({ usedBytes: count, limitBytes: count }).optional(),
  revision: words.optional(),
  observedAtMs: count.optional(),
  rollout: z.object({ inProgress: z.boolean(), detail: words }).optional(),
  owner: z.object({ name: word, detail: words, reverts: z.array(word).max(100) }).optional(),
  protected: words.optional(),
  team: words.optional(),
  tier: words.optional(),
  supports: z.array(z.enum(actionIds)).max(100),
}) satisfies z.ZodType<TargetState>;

const action = z.enum(actionIds);
const parameters = z.record(z.string().max(100), z.union([z.string().max(1_000), count, z.boolean()]));
const step = z.object({ action, target, parameters });

const intent = z.object({
  id: word,
  incidentId: word,
  planHash: word,
  step: z.int(),
  direction: z.enum(['forward', 'compensation']),
  undoes: word.optional(),
  ...{ action, target, parameters },
  touches: z.array(z.string().max(600)).max(1_000).optional(),
  executor: word,
  fence: z.int(),
  before: state,
  expects: z.array(z.record(z.string(), z.union([z.string(), count, z.boolean()]))).max(100),
}) satisfies z.ZodType<Intent>;

const send = { number: z.int().min(1), notAfterMs: count };
const done = z.object({ kind: z.literal('done'), after: state.nullable(), summary: words });
const unknown = z.object({ kind: z.literal('unknown'), reason: words });
const handle = z.string().max(2_000);
const found = z.enum(['happened', 'not-happened', 'cannot-tell']);
const code = z.enum(refusalCodes);

export const begunSchema = z.discriminatedUnion('kind', [
  done,
  z.object({ kind: z.literal('accepted'), handle: handle.min(1), summary: words }),
  z.object({ kind: z.literal('refused'), reason: words, code }),
  unknown,
]);

const polled = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('running'), progress: z.object({ done: count, of: count, words }) }),
  done,
  z.object({ kind: z.literal('failed'), reason: words, left: words }),
  z.object({ kind: z.literal('superseded'), reason: words }),
  unknown,
]);

const scope = z.object({
  environment,
  service: word,
  component: word.optional(),
  resourceId: word.optional(),
});
/** What target ids call the engine; absent: as the machine is called. */
const host = word.optional();
const attributes = z.record(z.string().max(200), z.string().max(2_000));

/** What containers tell of themselves: values and lines, and nothing that somebody else has judged. */
const reading = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('gauge'),
    scope,
    host,
    metric: word,
    unit: z.string().max(50),
    attributes,
    atMs: count,
    value: count,
  }),
  z.object({
    kind: z.literal('log'),
    scope,
    host,
    atMs: count,
    severityNumber: z.int().min(1).max(24),
    body: words,
    attributes,
  }),
]) satisfies z.ZodType<TelemetryObservation>;

/** By method: what it takes, and what it answers. */
export const methods = {
  observe: {
    input: z.strictObject({ environment, service: word.optional() }),
    value: z.array(state).max(5_000),
  },
  preview: {
    input: z.strictObject({ step }),
    value: z.discriminatedUnion('ok', [
      z.object({ ok: z.literal(true), detail: words }),
      z.object({ ok: z.literal(false), code, detail: words }),
    ]),
  },
  begin: {
    input: z.strictObject({ intent, number: z.int().min(1), revision: words.optional() }),
    value: begunSchema,
  },
  poll: { input: z.strictObject({ intent, handle }), value: polled },
  resume: { input: z.strictObject({ intent }), value: handle.nullable() },
  lookUp: { input: z.strictObject({ intent }), value: found },
  close: { input: z.strictObject({ intent, send: z.strictObject(send) }), value: found },
  read: { input: z.strictObject({ environment }), value: z.array(reading).max(20_000) },
};

export type Method = keyof typeof methods;
export type InputOf<M extends Method> = z.output<(typeof methods)[M]['input']>;
/** As whoever asks has it: nothing of it is changed on the way. */
export type AskOf<M extends Method> = DeepReadonly<z.input<(typeof methods)[M]['input']>>;
export type ValueOf<M extends Method> = z.output<(typeof methods)[M]['value']>;

export function isMethod(text: string): text is Method {
  return Object.hasOwn(methods, text);
}

/** Around every value: an executor that failed says how. */
export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: words }),
]);
export type Answer = z.output<typeof answerSchema>;
