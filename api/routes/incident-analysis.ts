// GET /api/v1/incidents/:id/analysis: every call to a language model, word for word, with what was dropped of the answers.
// For operators: prompts and answers hold more of the system's inner life than the pages made of them.

import { z } from 'zod';
import { dropReasons } from '../../domain/diagnosis/opinion.ts';
import { incidentParams } from '../http/fields.ts';
import { route } from '../http/route.ts';
import type { ModelTurnRecord } from '../ports/model-turns.ts';
import { requireIncident } from '../present.ts';
import { diagnosis } from '../schemas/analysis.ts';
import { named } from '../schemas/named.ts';
import { instantMs } from '../schemas/scope.ts';

const modelTurn = named<ModelTurnRecord>()(
  'ModelTurn',
  z.strictObject({
    attempt: z.number(),
    turn: z.number(),
    tries: z.number().meta({ description: 'More than one: a process ended while the model was asked.' }),
    provider: z.string(),
    model: z.string(),
    system: z.string(),
    prompt: z.string(),
    promptHash: z.string().meta({ description: 'SHA-256 of system and prompt with an empty line between.' }),
    outcome: z.string().nullable().meta({ description: 'Null while it is under way.' }),
    reason: z.string(),
    output: z.string().nullable(),
    outputHash: z.string().nullable(),
    dropped: z.array(z.strictObject({ what: z.string(), why: z.enum(dropReasons) })),
    inputTokens: z.number().nullable(),
    outputTokens: z.number().nullable(),
    usd: z.number().meta({ description: 'What counts against the budgets.' }),
    latencyMs: z.number().nullable(),
    askedAtMs: instantMs,
    answeredAtMs: instantMs.nullable(),
  }),
);

export const incidentAnalysis = route({
  method: 'GET',
  path: '/api/v1/incidents/:id/analysis',
  permission: 'operator',
  summary:
    'What a language model was asked about an incident, its answer, what was dropped from it, and the cost.',
  params: incidentParams,
  answers: {
    200: z.strictObject({ diagnosis: diagnosis.nullable(), turns: z.array(modelTurn), usd: z.number() }),
  },
  handler: async ({ params, deps }) => {
    const { state } = await requireIncident(deps.incidents, params.id);
    const turns = await deps.modelTurns.turnsOf(params.id);
    const usd = Number(turns.reduce((sum, turn) => sum + turn.usd, 0).toFixed(6));
    return { json: { diagnosis: state.diagnosis, turns, usd } };
  },
});
