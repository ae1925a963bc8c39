// Acts through the agent of another machine. The agent keeps a record of what it has begun on its own disk, so a call that it never
// took can be told from one that it made; and it judges by its own file what it does at all.

import type { AgentLine } from '../../activities/ports/agent-line.ts';
import type { Begun, EffectPromise, Executor } from '../../activities/ports/executor.ts';
import { ownsResource } from '../../domain/agent/host.ts';
import type { AgentEffect } from '../../domain/agent/line.ts';
import { errorMessage } from '../../domain/error-message.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { plainLine } from '../../domain/text.ts';
import { type AskOf, answerSchema, type Method, methods, type ValueOf } from './wire.ts';

export type AgentSettings = {
  readonly name: string;
  /** The machine, as its key names it. */
  readonly agent: string;
  /** One of the executors in the file of the agent. */
  readonly executor: string;
};

/** Longer than `execute` waits for a call. */
const beginMs = 300_000;
const readMs = 15_000;

/** Why there is no value. `neverTaken`: the agent certainly has not heard the question. */
class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly neverTaken: boolean;

  constructor(reason: string, neverTaken: boolean) {
    super(reason);
    this.neverTaken = neverTaken;
  }
}

export function createAgentExecutor(settings: AgentSettings, line: AgentLine): Executor {
  const { name, agent } = settings;

  /** What it reports is its own, or is nothing: no agent speaks for the targets of another machine. */
  function own(state: TargetState, environment: string): TargetState | null {
    const { target } = state;
    if (target.environment !== environment || !ownsResource(agent, target.resource)) return null;
    return { ...state, executor: name };
  }

  return {
    name,

    // The record of the agent knows each intent and what became of it, whatever the vendor behind it keeps.
    promise: (): EffectPromise => ({
      idempotency: 'token',
      tellsWhose: true,
      consistencyDelayMs: 0,
      deadlineMs: 600_000,
      settleMs: 3_000,
    }),

    async observe(environment, service, signal) {
      const states = await ask(line, settings, 'observe', { environment, service }, { signal });
      return states.flatMap((state) => {
        const known = own(state, environment);
        return known === null || (service !== undefined && known.target.service !== service) ? [] : [known];
      });
    },

    async preview({ action, target, parameters }, signal) {
      try {
        return await ask(line, settings, 'preview', { step: { action, target, parameters } }, { signal });
      } catch (error) {
        return { ok: false, code: 'unreachable', detail: errorMessage(error) };
      }
    },

    async begin(intent, { number, notAfterMs, revision, signal }): Promise<Begun> {
      const effect = { intentId: intent.id, send: number, notAfterMs };
      try {
        const begun = await ask(line, settings, 'begin', { intent, number, revision }, { signal, effect });
        if (begun.kind !== 'done' || begun.after === null) return begun;
        return { ...begun, after: own(begun.after, intent.target.environment) };
      } catch (error) {
        if (error instanceof NoAnswer && error.neverTaken)
          return { kind: 'refused', code: 'unreachable', reason: error.message };
        return { kind: 'unknown', reason: errorMessage(error) };
      }
    },

    async poll(intent, handle, signal) {
      const polled = await ask(line, settings, 'poll', { intent, handle }, { signal });
      if (polled.kind !== 'done' || polled.after === null) return polled;
      return { ...polled, after: own(polled.after, intent.target.environment) };
    },

    resume: (intent, signal) => ask(line, settings, 'resume', { intent }, { signal }),

    lookUp: (intent, signal) => ask(line, settings, 'lookUp', { intent }, { signal }),

    close: (intent, { number, notAfterMs }, signal) =>
      ask(line, settings, 'close', { intent, send: { number, notAfterMs } }, { signal }),
  };
}

/** Throws NoAnswer where there is no usable one. */
export async function ask<M extends Method>(
  line: AgentLine,
  { agent, executor }: Pick<AgentSettings, 'agent' | 'executor'>,
  method: M,
  input: AskOf<M>,
  { signal, effect }: { readonly signal?: AbortSignal | undefined; readonly effect?: AgentEffect },
): Promise<ValueOf<M>> {
  const withinMs = effect === undefined ? readMs : beginMs;
  const came = await line.ask(agent, { executor, method, input }, { withinMs, signal, effect });
  if (came.kind !== 'answered') throw new NoAnswer(came.reason, came.kind === 'never-taken');
  const answer = answerSchema.safeParse(came.answer);
  if (!answer.success) throw new NoAnswer(`the agent of ${agent} gave no answer of the protocol`, false);
  if (!answer.data.ok)
    throw new NoAnswer(`the agent of ${agent}: ${plainLine(answer.data.error, 500)}`, false);
  const value = methods[method].value.safeParse(answer.data.value);
  if (value.success) return value.data as ValueOf<M>;
  const [issue] = value.error.issues;
  const where = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  throw new NoAnswer(`the agent of ${agent} answered ${method} with something else (${where})`, false);
}
