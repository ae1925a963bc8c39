// The question of one model turn, built from what is stored: the same turn always asks the same.

import { earlierAttempts } from '../domain/incident/earlier-attempts.ts';
import { answerJsonSchema } from '../domain/model/answer.ts';
import { judgingContext } from '../domain/model/context.ts';
import type { JudgingContext } from '../domain/model/judge.ts';
import { findLeads } from '../domain/model/leads.ts';
import { makePrompt } from '../domain/model/prompt.ts';
import type { ActivityDeps } from './deps.ts';
import type { LanguageModel, ModelSpending } from './ports.ts';
import type { ModelTurnInput } from './types.ts';

export type ModelQuestion = {
  readonly system: string;
  readonly prompt: string;
  /** What the answer is held against. */
  readonly judging: JudgingContext;
  readonly environment: string;
};

/** `texts`: whether redacted texts of logs and changes may leave the machine. */
export async function modelQuestion(
  deps: Pick<ActivityDeps, 'evidence' | 'incidents' | 'runbook'>,
  { incidentId, attempt, evidenceRef, ask }: ModelTurnInput,
  texts: boolean,
): Promise<ModelQuestion> {
  const [{ input, evidence }, timeline] = await Promise.all([
    deps.evidence.load(evidenceRef),
    deps.incidents.timeline(incidentId),
  ]);
  const { system, prompt } = makePrompt({
    input,
    evidence,
    leads: findLeads(input, attempt),
    runbook: deps.runbook,
    earlierAttempts: earlierAttempts(timeline, attempt),
    texts,
  });
  return {
    system,
    prompt: ask.repair ? `${prompt}\n\n${repairRequest}` : prompt,
    judging: judgingContext(input, evidence, deps.runbook),
    environment: input.environment,
  };
}

/** The nonsense itself is not shown again: it may hold anything, and costs tokens. */
const repairRequest = `Your last answer could not be read. Answer again, shorter: one JSON object that fits this JSON Schema, without any other word: ${JSON.stringify(answerJsonSchema())}`;

/** What a turn may cost, on the safe side: three bytes a token, and every token of an answer that is allowed. */
export function estimatedSpending(
  { prices }: Pick<LanguageModel, 'prices'>,
  { system, prompt }: Pick<ModelQuestion, 'system' | 'prompt'>,
  maxOutputTokens: number,
): ModelSpending {
  const input = Math.ceil(Buffer.byteLength(system + prompt) / 3);
  return {
    tokens: input + maxOutputTokens,
    microdollars: Math.ceil(input * prices.input + maxOutputTokens * prices.output),
  };
}
