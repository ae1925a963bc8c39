// Answers the questions of the server, within what the file of the agent allows and not one step beyond: whoever holds the server
// can ask for anything, and gets no more than this.

import type { Executor } from '../../../activities/ports/executor.ts';
import { ownsResource } from '../../../domain/agent/host.ts';
import type { AgentQuestion } from '../../../domain/agent/line.ts';
import { actions } from '../../../domain/remediation/actions/index.ts';
import type { PlanStep } from '../../../domain/remediation/plan.ts';
import type { RefusalCode } from '../../../domain/remediation/refusal-code.ts';
import { plainLine } from '../../../domain/text.ts';
import type { Readings } from '../../../ingest/watched.ts';
import { type Answer, type InputOf, isMethod, type Method, methods, type ValueOf } from '../wire.ts';
import { type AskPermit, createEffects, type Effects } from './effects.ts';
import type { Journal } from './journal.ts';

export type Served = {
  readonly name: string;
  readonly type: string;
  /** What its target ids call this machine. */
  readonly host: string;
  readonly executor: Executor;
  /** Null: it tells no telemetry. */
  readonly readings: Readings | null;
  readonly actions: readonly string[];
  readonly environments: readonly string[];
};

export type Asked = { readonly signal: AbortSignal; readonly askPermit: AskPermit };
export type Service = (question: AgentQuestion, asked: Asked) => Promise<Answer>;

type Refusal = { readonly code: RefusalCode; readonly reason: string };
type Handlers = { readonly [M in Method]: (input: InputOf<M>, asked: Asked) => Promise<ValueOf<M>> };

export function createService(
  host: string,
  served: readonly Served[],
  journal: Journal,
  nowMs: () => number,
): Service {
  const handlers = new Map(
    served.map((one) => [one.name, handlersOf(host, one, createEffects(one.executor, journal, nowMs))]),
  );
  return async ({ executor, method, input }, asked) => {
    const known = handlers.get(executor);
    if (known === undefined) return failed(`the file of the agent on ${host} has no executor of this name`);
    if (!isMethod(method)) return failed('the question is none of the protocol');
    const checked = methods[method].input.safeParse(input);
    if (!checked.success) return failed(`what came with ${method} is not of the protocol`);
    try {
      const handler = known[method] as (input: unknown, asked: Asked) => Promise<unknown>;
      return { ok: true, value: await handler(checked.data, asked) };
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  };
}

function handlersOf(host: string, one: Served, effects: Effects): Handlers {
  const { executor, readings, environments } = one;
  const isHere = (environment: string): boolean => environments.includes(environment);
  /** Throws unless the target is one of this machine, in an environment that the file names. */
  const requireHere = ({ target }: Pick<PlanStep, 'target'>): void => {
    const refusal = whyElsewhere(host, one, target);
    if (refusal !== null) throw new Error(refusal.reason);
  };
  return {
    async observe({ environment, service }, { signal }) {
      if (!isHere(environment)) return [];
      const states = await executor.observe(environment, service, signal);
      return states.map((state) => ({
        ...copy(state),
        supports: state.supports.filter((action) => one.actions.includes(action)),
      }));
    },
    async preview({ step }, { signal }) {
      const refusal = whyNot(host, one, step);
      if (refusal !== null) return { ok: false, code: refusal.code, detail: refusal.reason };
      return executor.preview(step, signal);
    },
    async begin({ intent, number, revision }, { signal, askPermit }) {
      const refusal = whyNot(host, one, intent);
      if (refusal !== null) return { kind: 'refused', ...refusal };
      return copy(await effects.begin(intent, { number, revision, signal }, askPermit));
    },
    async poll({ intent, handle }, { signal }) {
      requireHere(intent);
      return copy(await effects.poll(intent, handle, signal));
    },
    async resume({ intent }, { signal }) {
      requireHere(intent);
      return effects.resume(intent, signal);
    },
    async lookUp({ intent }, { signal }) {
      requireHere(intent);
      return effects.lookUp(intent, signal);
    },
    async close({ intent, send }, { signal }) {
      requireHere(intent);
      return effects.close(intent, send.number, signal);
    },
    async read({ environment }, { signal }) {
      if (readings === null || !isHere(environment)) return [];
      const all = await readings.read(environment, signal);
      return copy(
        all.flatMap((reading) =>
          reading.kind === 'gauge' || reading.kind === 'log' ? [{ ...reading, host: one.host }] : [],
        ),
      );
    },
  };
}

/** What the file does not allow, and what no action takes. */
function whyNot(
  host: string,
  served: Served,
  { action, target, parameters }: Pick<PlanStep, 'action' | 'target' | 'parameters'>,
): Refusal | null {
  const elsewhere = whyElsewhere(host, served, target);
  if (elsewhere !== null) return elsewhere;
  if (!served.actions.includes(action))
    return { code: 'permission-denied', reason: `the file of the agent on ${host} does not allow ${action}` };
  if (!actions[action].parameters.safeParse(parameters).success)
    return { code: 'invalid', reason: `${action} takes no such parameters` };
  return null;
}

function whyElsewhere(
  host: string,
  { environments }: Served,
  { environment, resource }: PlanStep['target'],
): Refusal | null {
  if (!environments.includes(environment))
    return {
      code: 'permission-denied',
      reason: `the file of the agent on ${host} does not name the environment ${plainLine(environment, 100)}`,
    };
  if (!ownsResource(host, resource))
    return { code: 'unknown-target', reason: `${plainLine(resource ?? 'a service', 200)} is not on ${host}` };
  return null;
}

/** What goes out is JSON anyway; types know no readonly there. */
function copy<T>(value: T): Mutable<T> {
  return value as Mutable<T>;
}

type Mutable<T> = T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;

function failed(error: string): Answer {
  return { ok: false, error: plainLine(error, 1_000) || 'it failed, and said nothing of why' };
}
