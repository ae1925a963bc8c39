// Language models beside the statistics. Off unless a provider is listed: naming one is the permission to send it redacted
// facts about incidents (docs/model.md).

import { z } from 'zod';
import { duration } from '../duration.ts';

const price = z.number().min(0).max(10_000);

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'expected lower-case letters, digits and -')
    .describe('Name that metrics, logs and pages call it by.'),
  model: z.string().min(1).max(200).describe('Name of the model, as the provider spells it.'),
  timeout: duration('1s', '2m').prefault('20s').describe('How long one call may take.'),
  structuredOutput: z
    .enum(['schema', 'json', 'none'])
    .default('schema')
    .describe(
      'How the provider is told the shape of the answer beside the prompt: a JSON Schema, just JSON, or not at all. For models that refuse the first.',
    ),
  usdPerMillionInputTokens: price.default(0).describe('Its price, for the budgets; 0 costs nothing.'),
  usdPerMillionOutputTokens: price.default(0).describe('Likewise, for what it writes.'),
};

const baseUrl = z
  .url({ protocol: /^https?$/, hostname: /./, error: 'expected an http:// or https:// URL' })
  .refine((url) => !(URL.canParse(url) && new URL(url).password !== ''), {
    error: 'holds a password: leave it out here and set SENTINEL_MODEL_API_KEY in the environment',
  });

const vendor = <Type extends 'groq' | 'openai' | 'anthropic'>(type: Type, about: string, key: string) =>
  z
    .strictObject({
      ...common,
      type: z.literal(type).describe(about),
      baseUrl: baseUrl.optional().describe("Default: the vendor's own. For a proxy of yours."),
    })
    .describe(`${about} Needs \`${key}\`; without it this provider is passed over.`);

const providerSchema = z.discriminatedUnion('type', [
  vendor('groq', 'Groq.', 'SENTINEL_GROQ_API_KEY'),
  vendor('openai', 'OpenAI.', 'SENTINEL_OPENAI_API_KEY'),
  vendor('anthropic', 'Anthropic.', 'SENTINEL_ANTHROPIC_API_KEY'),
  z
    .strictObject({
      ...common,
      type: z.literal('compatible').describe("A server that speaks OpenAI's chat completions."),
      baseUrl: baseUrl.describe(
        'Everything before `/chat/completions`, such as `http://127.0.0.1:11434/v1`.',
      ),
      sendApiKey: z
        .boolean()
        .default(true)
        .describe('Whether it gets `SENTINEL_MODEL_API_KEY`, if that is set.'),
    })
    .describe('Ollama, vLLM, or any other server of that protocol.'),
]);

export const modelSchema = z
  .strictObject({
    providers: z
      .array(providerSchema)
      .max(5)
      .default([])
      .superRefine((providers, context) => {
        const seen = new Set<string>();
        providers.forEach(({ name }, index) => {
          if (seen.has(name)) {
            context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
          }
          seen.add(name);
        });
      })
      .describe('In the order they are asked; the next one when one fails. None: no model is asked.'),
    wait: duration('1s', '5m')
      .prefault('20s')
      .describe('How long an analysis waits for a model; after that the statistics stand alone.'),
    maxOutputTokens: z
      .int()
      .min(200)
      .max(32_000)
      .default(2_000)
      .describe('Most tokens of one answer. Models that think before they answer need more.'),
    texts: z
      .boolean()
      .default(true)
      .describe('Whether redacted texts of logs and changes are sent. Without them: names and numbers only.'),
    budgets: z
      .strictObject({
        turnsPerIncident: z.int().min(1).max(100).default(12).describe('Calls for one incident.'),
        tokensPerIncident: z
          .int()
          .min(1_000)
          .max(10_000_000)
          .default(150_000)
          .describe('Tokens for one incident, in and out.'),
        usdPerIncident: z.number().min(0).max(1_000).default(0.5).describe('Dollars for one incident.'),
        usdPerHour: z.number().min(0).max(100_000).default(5).describe('Dollars within an hour, for all.'),
      })
      .prefault({})
      .describe('What may be spent. Estimates count before a call, its real cost after it.'),
  })
  .transform(({ wait, ...rest }) => ({ ...rest, waitMs: wait }))
  .describe('Language models that look at incidents beside the statistics. They advise; they never act.');
