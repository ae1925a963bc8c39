// The shape of an answer: as JSON Schema for the provider, and as what is checked when it comes back. The schema for the
// provider names the closed sets, to guide it; the check here takes the envelope only, and judge.ts takes each part on its
// own, so that one wrong word does not cost the rest.

import { z } from 'zod';
import { causes } from '../diagnosis/causes.ts';
import { actionIds } from '../remediation/actions/index.ts';

export const answerLimits = {
  hypotheses: 5,
  evidenceIds: 12,
  actions: 4,
  risks: 5,
  /** Longer claims are nonsense or an attempt at something; the envelope takes up to this, words are cut further. */
  textLength: 8_000,
  wordsLength: 400,
  summaryLength: 600,
  riskLength: 160,
} as const;

const text = z.string().max(answerLimits.textLength);

/** More than anybody asked for, but bounded: past it the answer is nonsense. */
const many = 50;

export const answerSchema = z.object({
  verdict: z.enum(['explained', 'inconclusive']),
  summary: text,
  hypotheses: z.array(z.unknown()).max(many),
  risks: z.array(z.unknown()).max(many).default([]),
});

/** Whether this is an answer at all; what it claims is judged in judge.ts. */
export function isAnswer(value: unknown): boolean {
  return answerSchema.safeParse(value).success;
}

export const claimSchema = z.object({
  cause: text,
  service: text,
  confidence: z.number().min(0).max(1).catch(0),
  reason: text,
  evidenceFor: z.array(text).max(many),
  evidenceAgainst: z.array(text).max(many).catch([]),
  actions: z.array(text).max(many).catch([]),
});

/** For the provider: only what every provider's structured output takes (all fields required, no bounds). */
export function answerJsonSchema(): Readonly<Record<string, unknown>> {
  const list = (items: object) => ({ type: 'array', items });
  const object = (properties: Readonly<Record<string, object>>) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });
  const string = { type: 'string' };
  return object({
    verdict: { type: 'string', enum: ['explained', 'inconclusive'] },
    summary: string,
    hypotheses: list(
      object({
        cause: { type: 'string', enum: [...causes] },
        service: string,
        confidence: { type: 'number' },
        reason: string,
        evidenceFor: list(string),
        evidenceAgainst: list(string),
        actions: list({ type: 'string', enum: [...actionIds] }),
      }),
    ),
    risks: list(string),
  });
}
