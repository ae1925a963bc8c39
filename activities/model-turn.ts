// One call to a language model, as one activity: reserved before, stored after, so that a turn that was answered is never
// paid again, and what it costs counts even when the process dies in between. The answer is judged here; the workflow gets
// a diagnosis, or whom to ask next. Nothing a model or a provider does makes this throw.

import type { Diagnosis } from '../domain/diagnosis/diagnosis.ts';
import type { JudgedAnswer } from '../domain/diagnosis/opinion.ts';
import { isAnswer } from '../domain/model/answer.ts';
import { sameRemedy } from '../domain/model/context.ts';
import { findObject } from '../domain/model/json-text.ts';
import { judgeAnswer } from '../domain/model/judge.ts';
import { mergeDiagnoses } from '../domain/model/merge.ts';
import type { ActivityDeps, ModelDeps } from './deps.ts';
import { estimatedSpending, type ModelQuestion, modelQuestion } from './model-question.ts';
import type { FinishedTurn, LanguageModel, ModelReply, ModelSpending, ModelUsage } from './ports.ts';
import type { Activities, ModelAsk, ModelTurnInput, ModelTurnResult } from './types.ts';

/** More than any answer we ask for; the rest of a longer one is not kept, and so not read either. */
const maxOutputCharacters = 64_000;

/** A provider that is the last one, and asks for a short pause, gets it once. */
const longestPauseMs = 5_000;

type Deps = Pick<
  ActivityDeps,
  'evidence' | 'diagnoses' | 'incidents' | 'runbook' | 'clock' | 'metrics' | 'model'
>;

export function createModelTurn(deps: Deps): Activities['modelTurn'] {
  return async (input) => {
    const { model } = deps;
    const asked = model?.models[input.ask.provider];
    if (model === null || asked === undefined) return over('no model is configured');
    const diagnosis = await deps.diagnoses.statistical(input.incidentId, input.attempt);
    if (diagnosis === null) return over('the diagnosis of this analysis is not stored');
    const question = await modelQuestion(deps, input, model.texts);
    const estimate = estimatedSpending(asked, question, model.maxOutputTokens);
    const { incidentId, attempt, turn } = input;
    const { system, prompt } = question;
    const reservation = await model.turns.reserve(
      { incidentId, attempt, turn, provider: asked.name, model: asked.model, system, prompt, estimate },
      model.budgets,
    );
    const context = { deps, model, asked, input, diagnosis, question };
    switch (reservation.kind) {
      case 'over-budget':
        deps.metrics.count('sentinel_model_over_budget_total', { budget: reservation.budget });
        return over(`the budget for models (${reservation.budget}) is used up`);
      case 'finished':
        return conclude(context, reservation.turn, null);
      case 'reserved': {
        const startedMs = deps.clock.nowMs();
        const reply = await asked.ask({ system, prompt, maxOutputTokens: model.maxOutputTokens });
        const latencyMs = Math.max(0, deps.clock.nowMs() - startedMs);
        const end = await store(context, reply, estimate, latencyMs);
        return conclude(context, end, reply.kind === 'overloaded' ? reply.retryAfterMs : null);
      }
    }
  };
}

type Turn = {
  readonly deps: Deps;
  readonly model: ModelDeps;
  readonly asked: LanguageModel;
  readonly input: ModelTurnInput;
  /** As the statistics stored it; what the caller says of it counts for nothing. */
  readonly diagnosis: Diagnosis;
  readonly question: ModelQuestion;
};

/** Judges the reply and records it, with what it really cost. */
async function store(
  turn: Turn,
  reply: ModelReply,
  estimate: ModelSpending,
  latencyMs: number,
): Promise<FinishedTurn> {
  const { deps, model, asked, input } = turn;
  const output = 'text' in reply ? reply.text.slice(0, maxOutputCharacters) : '';
  const judged = reply.kind === 'answer' ? judge(turn, output) : null;
  const end: FinishedTurn =
    reply.kind === 'answer' && judged === null
      ? { outcome: 'invalid', output, reason: 'the answer does not have the shape that was asked for' }
      : { outcome: reply.kind, output, reason: 'reason' in reply ? reply.reason : '' };
  const usage: ModelUsage = 'usage' in reply ? reply.usage : { inputTokens: null, outputTokens: null };
  const spent = spentOn(asked, reply, usage, estimate);
  const { incidentId, attempt, turn: number } = input;
  const dropped = judged?.dropped ?? [];
  await model.turns.finish(
    { incidentId, attempt, turn: number },
    { ...end, estimate, spent, usage, latencyMs, dropped },
  );
  const { metrics } = deps;
  const provider = asked.name;
  metrics.observe('sentinel_model_turn_seconds', { provider, outcome: end.outcome }, latencyMs / 1_000);
  metrics.count('sentinel_model_tokens_total', { provider, direction: 'input' }, usage.inputTokens ?? 0);
  metrics.count('sentinel_model_tokens_total', { provider, direction: 'output' }, usage.outputTokens ?? 0);
  metrics.count('sentinel_model_cost_usd_total', { provider }, spent.microdollars / 1_000_000);
  for (const { why } of dropped) metrics.count('sentinel_model_dropped_claims_total', { reason: why });
  return end;
}

function judge({ question }: Turn, output: string): JudgedAnswer | null {
  const value = findObject(output, isAnswer);
  return value === null ? null : judgeAnswer(value, question.judging);
}

/** By the provider's own count; where it gave none and may charge all the same, by the estimate. */
function spentOn(
  { prices }: LanguageModel,
  reply: ModelReply,
  { inputTokens, outputTokens }: ModelUsage,
  estimate: ModelSpending,
): ModelSpending {
  if (reply.kind === 'overloaded' || (reply.kind === 'failed' && !reply.paid))
    return { tokens: 0, microdollars: 0 };
  if (inputTokens === null || outputTokens === null) return estimate;
  return {
    tokens: inputTokens + outputTokens,
    microdollars: Math.ceil(inputTokens * prices.input + outputTokens * prices.output),
  };
}

/** The merged diagnosis, or what to do next: the same provider once more, the next one, or nothing. */
async function conclude(
  turn: Turn,
  { outcome, output, reason }: FinishedTurn,
  retryAfterMs: number | null,
): Promise<ModelTurnResult> {
  const { deps, model, asked, input, diagnosis, question } = turn;
  const { ask, failedCauses } = input;
  const judged = outcome === 'answer' ? judge(turn, output) : null;
  if (judged !== null) {
    const merged = mergeDiagnoses(diagnosis, judged, {
      environment: question.environment,
      by: `${asked.name}/${asked.model}`,
      failedCauses,
      sameRemedy: sameRemedy(deps.runbook),
    });
    await deps.diagnoses.save(input.incidentId, input.attempt, merged);
    return { kind: 'answered', diagnosis: merged };
  }
  if (outcome === 'invalid' && !ask.repair) return again(reason, { ...ask, repair: true });
  if (ask.provider + 1 < model.models.length) {
    deps.metrics.count('sentinel_model_fallbacks_total', { provider: asked.name, reason: outcome });
    return again(reason, { provider: ask.provider + 1, repair: false, waited: ask.waited });
  }
  if (outcome === 'overloaded' && !ask.waited && retryAfterMs !== null && retryAfterMs <= longestPauseMs) {
    return again(reason, { ...ask, waited: true }, retryAfterMs);
  }
  return over(reason);
}

function again(reason: string, ask: ModelAsk, waitMs = 0): ModelTurnResult {
  return { kind: 'again', reason, ask, waitMs };
}

function over(reason: string): ModelTurnResult {
  return { kind: 'over', reason };
}
