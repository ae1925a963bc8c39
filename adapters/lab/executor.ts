// Executor for the lab's supervisor: a small orchestrator reached over HTTP. It never repeats a call by itself: a lost
// answer is reported as `unknown`, `lookUp` asks the supervisor's ledger whether the effect of an intent happened, and
// `close` makes the supervisor refuse what has not begun.

import type { Begun, EffectPromise, Executor } from '../../activities/ports/executor.ts';
import { errorMessage } from '../../domain/error-message.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { PlanStep } from '../../domain/remediation/plan.ts';
import type { RefusalCode } from '../../domain/remediation/refusal-code.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { guardedFetch } from '../http/guarded-fetch.ts';
import {
  actionAnswerSchema,
  closeAnswerSchema,
  refusalSchema,
  type ServiceAnswer,
  serviceSchema,
  servicesSchema,
} from './wire.ts';

export type LabExecutorOptions = {
  readonly name: string;
  readonly url: string;
  /** How long one reading may take. */
  readonly readTimeoutMs: number;
  /** How long an effect may take before its answer counts as lost; rolling restarts take seconds. */
  readonly applyTimeoutMs: number;
};

const defaults = { readTimeoutMs: 3_000, applyTimeoutMs: 30_000 };

/** The supervisor knows every intent, does each once, and answers when it is done. */
const promised: EffectPromise = {
  idempotency: 'token',
  tellsWhose: true,
  consistencyDelayMs: 0,
  deadlineMs: 60_000,
  settleMs: 0,
};

export function createLabExecutor(
  given: Pick<LabExecutorOptions, 'name' | 'url'> & Partial<LabExecutorOptions>,
): Executor {
  const options: LabExecutorOptions = { ...defaults, ...given };
  const at = (path: string) => new URL(path, options.url);

  async function read(path: string, signal?: AbortSignal): Promise<{ status: number; body: unknown }> {
    const answer = await guardedFetch(at(path), { signal: within(options.readTimeoutMs, signal) });
    return { status: answer.status, body: await jsonOf(answer) };
  }

  function send(path: string, body: unknown, timeoutMs: number, signal?: AbortSignal): Promise<Response> {
    return guardedFetch(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: within(timeoutMs, signal),
    });
  }

  return {
    name: options.name,
    promise: () => promised,

    async observe(environment, service, signal) {
      const path = service === undefined ? '/v1/services' : `/v1/services/${encodeURIComponent(service)}`;
      const { status, body } = await read(path, signal);
      if (status === 404) return [];
      if (status !== 200) throw new Error(`reading ${path} from executor ${options.name}: status ${status}`);
      const answers = service === undefined ? listOf(body) : [serviceSchema.parse(body)];
      return answers.map((answer) => toTarget(answer, environment, options.name));
    },

    async preview(step, signal) {
      const answer = await send(
        '/v1/actions?dryRun=true',
        request(step, { intentId: 'preview', fence: 0 }),
        options.readTimeoutMs,
        signal,
      );
      if (answer.ok) return { ok: true, detail: 'accepted by a dry run' };
      const { code, reason } = refusalOf(await jsonOf(answer), answer.status);
      return { ok: false, code, detail: reason };
    },

    async begin(intent, { number, notAfterMs, revision, signal }): Promise<Begun> {
      const { id: intentId, fence } = intent;
      const ifRevision = revision === undefined ? undefined : Number(revision);
      const ticket = { intentId, fence, send: number, notAfterMs, ifRevision };
      let answer: Response;
      try {
        answer = await send('/v1/actions', request(intent, ticket), options.applyTimeoutMs, signal);
      } catch (error) {
        return { kind: 'unknown', reason: `no answer to ${intent.action}: ${errorMessage(error)}` };
      }
      const body = await jsonOf(answer);
      if (answer.ok) {
        const parsed = actionAnswerSchema.safeParse(body);
        if (!parsed.success) return { kind: 'unknown', reason: `unreadable answer to ${intent.action}` };
        return { kind: 'done', after: null, summary: doneWords(intent) };
      }
      // 4xx: refused before anything was done. 5xx: it may have happened, so the ledger has to be asked.
      if (answer.status < 500) return { kind: 'refused', ...refusalOf(body, answer.status) };
      return { kind: 'unknown', reason: `status ${answer.status} for ${intent.action}` };
    },

    // Nothing is ever accepted before it is done: what is asked here is only the ledger.
    async poll(intent, _handle, signal) {
      const { status, body } = await read(pathOf(intent), signal);
      if (status === 200 && isInProgress(body))
        return { kind: 'running', progress: { done: 0, of: 1, words: `${intent.action} under way` } };
      if (status === 200) return { kind: 'done', after: null, summary: doneWords(intent) };
      return { kind: 'unknown', reason: `status ${status} for the state of ${intent.id}` };
    },

    async lookUp(intent, signal) {
      const { status, body } = await read(pathOf(intent), signal);
      if (status === 404) return 'not-happened';
      if (status !== 200 || isInProgress(body)) return 'cannot-tell';
      return 'happened';
    },

    async close(intent, { number }, signal) {
      const path = `${pathOf(intent)}/close`;
      const { service } = intent.target;
      const ticket = { service, fence: intent.fence, send: number };
      const answer = await send(path, ticket, options.readTimeoutMs, signal);
      const parsed = closeAnswerSchema.safeParse(await jsonOf(answer));
      if (!answer.ok || !parsed.success) return 'cannot-tell';
      if (parsed.data.happened) return 'happened';
      return parsed.data.closed ? 'not-happened' : 'cannot-tell';
    },
  };
}

type Ticket = {
  readonly intentId: string;
  readonly fence: number;
  readonly send?: number;
  readonly notAfterMs?: number;
  readonly ifRevision?: number | undefined;
};

function request(
  { action, target, parameters }: Pick<PlanStep | Intent, 'action' | 'target' | 'parameters'>,
  ticket: Ticket,
) {
  return { ...ticket, action, service: target.service, parameters };
}

function listOf(body: unknown): readonly ServiceAnswer[] {
  const parsed = servicesSchema.parse(body);
  return 'services' in parsed ? parsed.services : parsed;
}

/** What the practice system can do to any of its services. */
const always: readonly ActionId[] = [
  'restart',
  'scale',
  'rollback-release',
  'deploy-release',
  'rollback-config',
  'apply-config',
  'drain',
  'undrain',
];

function toTarget(answer: ServiceAnswer, environment: string, executor: string): TargetState {
  const sandbox = answer.sandbox ?? undefined;
  const supports = sandbox === undefined ? always : [...always, 'clear-sandbox' as const];
  return {
    target: { environment, service: answer.service },
    executor,
    desiredReplicas: answer.desiredReplicas,
    replicas: answer.replicas.map((replica) => ({
      id: replica.taskId,
      state: replica.state,
      startedAtMs: Date.parse(replica.startedAt),
      restarts: replica.restarts,
    })),
    release: answer.release,
    previousRelease: answer.previousRelease ?? undefined,
    config: answer.config.version,
    previousConfig: answer.config.previous ?? undefined,
    sandbox,
    supports,
    ...(answer.revision == null ? {} : { revision: String(answer.revision) }),
  };
}

async function jsonOf(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch {
    return null; // a body that is no JSON is judged by its status alone
  }
}

function isInProgress(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'inProgress' in body && body.inProgress === true;
}

function refusalOf(body: unknown, status: number): { readonly reason: string; readonly code: RefusalCode } {
  const parsed = refusalSchema.safeParse(body);
  const { reason, error, code } = parsed.success ? parsed.data : {};
  return { reason: reason ?? error ?? `status ${status}`, code: code ?? codeOf(status) };
}

/** What the status alone says, where nothing better is said. */
function codeOf(status: number): RefusalCode {
  switch (status) {
    case 401:
      return 'expired-credentials';
    case 403:
      return 'permission-denied';
    case 400:
    case 422:
      return 'invalid';
    case 429:
      return 'throttled';
    default:
      return status < 500 ? 'refused-by-vendor' : 'unreachable';
  }
}

function pathOf({ id }: Intent): string {
  return `/v1/actions/${encodeURIComponent(id)}`;
}

function doneWords({ action, target }: Intent): string {
  return `${action} on ${target.service} done`;
}

function within(ms: number, signal?: AbortSignal): AbortSignal {
  const late = AbortSignal.timeout(ms);
  return signal === undefined ? late : AbortSignal.any([late, signal]);
}
