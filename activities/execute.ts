// The one place where Sentinel changes the world outside. An effect is sent at most once per look at the world: the
// intent is marked `sent` before the call, so whoever finds it `sent` knows that the call may have happened, and asks the
// executor instead of repeating it. Only a steady "it did not happen" allows one more call.

import { redact } from '../domain/redaction/redact.ts';
import type { Intent, IntentStatus } from '../domain/remediation/intent.ts';
import { finalFailure } from './failures.ts';
import { type LookUpTimings, lookUpSteadily } from './look-up.ts';
import type { EffectAnswer, Executor, Executors, Gate, Logger, Metrics } from './ports.ts';
import type { ExecuteResult } from './types.ts';

export type ExecuteDeps = {
  readonly gate: Pick<Gate, 'intent' | 'mark'>;
  readonly executors: Pick<Executors, 'forTarget'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timings: LookUpTimings;
};

/** Answers what became of the effect; throws only when the record of it cannot be read or written. */
export function createExecute(deps: ExecuteDeps): (input: { intentId: string }) => Promise<ExecuteResult> {
  const { gate, executors, metrics } = deps;
  return async ({ intentId }) => {
    const stored = await gate.intent(intentId);
    if (stored === null) throw finalFailure('UnknownIntent', `there is no intent ${intentId} to execute`);
    const { intent, status } = stored;
    if (status === 'applied') return applied(true, 'it was recorded as applied before');
    if (status === 'failed') return failed(false, 'it was recorded as failed before');

    const executor = executors.forTarget(intent.target, intent.executor);
    if (executor === null) {
      const reason = `no executor "${intent.executor}" is configured for ${intent.target.environment}/${intent.target.service}`;
      await gate.mark(intentId, 'failed', reason);
      return failed(status === 'written', reason);
    }
    const result = await (status === 'written'
      ? sendFirst(deps, executor, intent)
      : lookFirst(deps, executor, intent));
    metrics.count('sentinel_effects_total', { action: intent.action, result: result.kind });
    return result;
  };
}

async function sendFirst(deps: ExecuteDeps, executor: Executor, intent: Intent): Promise<ExecuteResult> {
  const before = await lastLook(deps.gate, intent);
  if (typeof before !== 'string') {
    // Blocked: nothing goes out from here. But did somebody else send it, between our reading of it and now?
    const now = await deps.gate.intent(intent.id);
    return now?.status === 'written' ? before : lookFirst(deps, executor, intent);
  }
  // Somebody else (an earlier try of this activity that was thought dead) has sent it meanwhile.
  return before === 'written' ? call(deps, executor, intent, true) : lookFirst(deps, executor, intent);
}

async function lookFirst(deps: ExecuteDeps, executor: Executor, intent: Intent): Promise<ExecuteResult> {
  return afterLookUp(deps, executor, intent, 'Sentinel stopped between the call and its answer', true);
}

async function resend(deps: ExecuteDeps, executor: Executor, intent: Intent): Promise<ExecuteResult> {
  const before = await lastLook(deps.gate, intent);
  return typeof before === 'string' ? call(deps, executor, intent, false) : before;
}

async function call(
  deps: ExecuteDeps,
  executor: Executor,
  intent: Intent,
  mayResend: boolean,
): Promise<ExecuteResult> {
  const answer = await callOnce(executor, intent);
  switch (answer.kind) {
    case 'applied':
      return finish(deps, intent, applied(false, answer.summary));
    case 'refused':
      return finish(deps, intent, failed(true, `refused by ${executor.name}: ${answer.reason}`));
    case 'unknown':
      deps.logger.warn(
        { intentId: intent.id, reason: answer.reason },
        'the answer of an effect was lost, looking',
      );
      return afterLookUp(deps, executor, intent, answer.reason, mayResend);
  }
}

async function afterLookUp(
  deps: ExecuteDeps,
  executor: Executor,
  intent: Intent,
  lost: string,
  mayResend: boolean,
): Promise<ExecuteResult> {
  switch (await lookUpSteadily(executor, intent, deps.timings)) {
    case 'happened':
      return finish(
        deps,
        intent,
        applied(true, `${intent.action} on ${intent.target.service} found done (${lost})`),
      );
    case 'not-happened':
      return mayResend
        ? resend(deps, executor, intent)
        : finish(deps, intent, failed(true, `it did not happen (${lost})`));
    case 'cannot-tell':
      return finish(deps, intent, failed(false, `nobody can tell whether it happened (${lost})`));
  }
}

/** The outcome is recorded before it is told; a final status that was there already is not overwritten. */
async function finish(
  deps: ExecuteDeps,
  intent: Intent,
  result: ExecuteResult & { kind: 'applied' | 'failed' },
): Promise<ExecuteResult> {
  const text = result.kind === 'applied' ? result.summary : result.reason;
  const before = await deps.gate.mark(intent.id, result.kind, text);
  if (before === 'applied' && result.kind === 'failed')
    return applied(true, 'it was recorded as applied meanwhile');
  return result;
}

async function callOnce(executor: Executor, intent: Intent): Promise<EffectAnswer> {
  try {
    const answer = await executor.apply(intent);
    // A vendor's words go into the incident, where everybody reads them.
    return answer.kind === 'applied'
      ? { ...answer, summary: redact(answer.summary) }
      : { ...answer, reason: redact(answer.reason) };
  } catch (error) {
    return { kind: 'unknown', reason: redact(error instanceof Error ? error.message : String(error)) };
  }
}

/** Marks the intent `sent`, which checks kill switch and lease once more; the status before, or that it was blocked. */
async function lastLook(
  gate: Pick<Gate, 'mark'>,
  intent: Intent,
): Promise<IntentStatus | Extract<ExecuteResult, { kind: 'blocked' }>> {
  try {
    return await gate.mark(intent.id, 'sent', 'sending');
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'EffectBlocked') throw error;
    return blocked(error);
  }
}

function blocked(error: Error): Extract<ExecuteResult, { kind: 'blocked' }> {
  const said = 'reason' in error ? error.reason : null;
  const reason = said === 'kill-switch' || said === 'stopped' ? said : 'target-leased';
  return { kind: 'blocked', reason, detail: error.message };
}

function applied(foundByLookup: boolean, summary: string): Extract<ExecuteResult, { kind: 'applied' }> {
  return { kind: 'applied', foundByLookup, summary };
}

function failed(certain: boolean, reason: string): Extract<ExecuteResult, { kind: 'failed' }> {
  return { kind: 'failed', certain, reason };
}
