// Language models beside the statistics. Off unless a provider is listed: naming one is the permission to send it redacted
// facts about incidents (docs/model.md). What a vendor needs to know it says itself.

import { z } from 'zod';
import { modelVendors } from '../../adapters/models.ts';
import { duration } from '../duration.ts';

const price = z.number().min(0).max(10_000);

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'expected lower-case letters, digits and -')
    .describe('Name used in metrics, logs and pages.'),
  model: z.string().min(1).max(200).describe('Model name, as the provider spells it.'),
  timeout: duration('1s', '2m').prefault('20s').describe('Timeout of one call.'),
  structuredOutput: z
    .enum(['schema', 'json', 'none'])
    .default('schema')
    .describe(
      'How the provider is told the format of the answer, besides the prompt: with a JSON Schema, as JSON mode, or not at all. Change it for models that reject a schema.',
    ),
  usdPerMillionInputTokens: price.default(0).describe('Price of input, for the budgets. 0 counts as free.'),
  usdPerMillionOutputTokens: price.default(0).describe('Price of output, for the budgets. 0 counts as free.'),
};

type Vendors = typeof modelVendors;

export type ModelConfig = {
  [Type in keyof Vendors]: z.output<z.ZodObject<typeof common>> & { type: Type } & z.output<
      Vendors[Type]['settings']
    >;
}[keyof Vendors];

function schemaOf([type, { settings, typeMeans, about }]: [string, Vendors[keyof Vendors]]) {
  const shape = { ...common, type: z.literal(type).describe(typeMeans), ...settings.shape };
  return z.strictObject(shape).describe(about);
}

const [first, ...others] = Object.entries(modelVendors).map(schemaOf);

const providerSchema = z.discriminatedUnion('type', [
  first as NonNullable<typeof first>,
  ...others,
]) as unknown as z.ZodType<ModelConfig>;

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
      .describe(
        'Providers, asked in this order; if one fails, the next is asked. If empty, no model is used.',
      ),
    wait: duration('1s', '5m')
      .prefault('20s')
      .describe('How long an analysis waits for a model before it goes on without one.'),
    maxOutputTokens: z
      .int()
      .min(200)
      .max(32_000)
      .default(2_000)
      .describe('Maximum tokens per answer. Reasoning models need more.'),
    texts: z
      .boolean()
      .default(true)
      .describe('Send redacted log and change texts. `false` sends names and numbers only.'),
    budgets: z
      .strictObject({
        turnsPerIncident: z.int().min(1).max(100).default(12).describe('Calls per incident.'),
        tokensPerIncident: z
          .int()
          .min(1_000)
          .max(10_000_000)
          .default(150_000)
          .describe('Tokens per incident, input and output.'),
        usdPerIncident: z.number().min(0).max(1_000).default(0.5).describe('US dollars per incident.'),
        usdPerHour: z
          .number()
          .min(0)
          .max(100_000)
          .default(5)
          .describe('US dollars per hour, for all incidents.'),
      })
      .prefault({})
      .describe(
        'Spending limits. A call counts with its estimated cost before it is made and its real cost afterwards.',
      ),
  })
  .transform(({ wait, ...rest }) => ({ ...rest, waitMs: wait }))
  .describe('Language models that give a second opinion on the diagnosis. They advise and never act.');
