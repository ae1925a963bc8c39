// Executor for the lab's supervisor: a small orchestrator reached over HTTP. It never repeats a call by itself: a lost
// answer is reported as `unknown`, `lookUp` asks the supervisor's ledger whether the effect of an intent happened, and
// `close` makes the supervisor refuse what has not begun.

import type { EffectAnswer, Executor } from '../../activities/ports.ts';
import type { ActionId } from '../../domain/remediation/actions/index.ts';
import type { Intent } from '../../domain/remediation/intent.ts';
import type { PlanStep } from '../../domain/remediation/plan.ts';
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

export function createLabExecutor(
  given: Pick<LabExecutorOptions, 'name' | 'url'> & Partial<LabExecutorOptions>,
): Executor {
  const options: LabExecutorOptions = { ...defaults, ...given };
  const at = (path: string) => new URL(path, options.url);

  async function read(path: string): Promise<{ status: number; body: unknown }> {
    const answer = await guardedFetch(at(path), { signal: AbortSignal.timeout(options.readTimeoutMs) });
    return { status: answer.status, body: await jsonOf(answer) };
  }

  function send(path: string, body: unknown, timeoutMs: number): Promise<Response> {
    return guardedFetch(at(path), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  return {
    name: options.name,

    async observe(environment, service) {
      const path = service === undefined ? '/v1/services' : `/v1/services/${encodeURIComponent(service)}`;
      const { status, body } = await read(path);
      if (status === 404) return [];
      if (status !== 200) throw new Error(`reading ${path} from executor ${options.name}: status ${status}`);
      const answers = service === undefined ? listOf(body) : [serviceSchema.parse(body)];
      return answers.map((answer) => toTarget(answer, environment, options.name));
    },

    async preview(step) {
      const answer = await send(
        '/v1/actions?dryRun=true',
        request(step, { intentId: 'preview', fence: 0 }),
        options.readTimeoutMs,
      );
      if (answer.ok) return { ok: true, detail: 'accepted by a dry run' };
      return { ok: false, detail: reasonOf(await jsonOf(answer), answer.status) };
    },

    async apply(intent, { number, notAfterMs, revision }): Promise<EffectAnswer> {
      const { id: intentId, fence } = intent;
      const ifRevision = revision === undefined ? undefined : Number(revision);
      const ticket = { intentId, fence, send: number, notAfterMs, ifRevision };
      let answer: Response;
      try {
        answer = await send('/v1/actions', request(intent, ticket), options.applyTimeoutMs);
      } catch (error) {
        return { kind: 'unknown', reason: `no answer to ${intent.action}: ${messageOf(error)}` };
      }
      const body = await jsonOf(answer);
      if (answer.ok) {
        const parsed = actionAnswerSchema.safeParse(body);
        if (!parsed.success) return { kind: 'unknown', reason: `unreadable answer to ${intent.action}` };
        return { kind: 'applied', after: null, summary: `${intent.action} on ${intent.target.service} done` };
      }
      // 4xx: refused before anything was done. 5xx: it may have happened, so the ledger has to be asked.
      if (answer.status < 500) return { kind: 'refused', reason: reasonOf(body, answer.status) };
      return { kind: 'unknown', reason: `status ${answer.status} for ${intent.action}` };
    },

    async lookUp(intent) {
      const { status, body } = await read(`/v1/actions/${encodeURIComponent(intent.id)}`);
      if (status === 404) return 'not-happened';
      if (status !== 200 || isInProgress(body)) return 'cannot-tell';
      return 'happened';
    },

    async close(intent, { number }) {
      const path = `/v1/actions/${encodeURIComponent(intent.id)}/close`;
      const { service } = intent.target;
      const answer = await send(path, { service, fence: intent.fence, send: number }, options.readTimeoutMs);
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

function reasonOf(body: unknown, status: number): string {
  const parsed = refusalSchema.safeParse(body);
  return (parsed.success ? (parsed.data.reason ?? parsed.data.error) : undefined) ?? `status ${status}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
