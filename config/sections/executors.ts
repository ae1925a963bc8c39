// The configured ways to act. Several may share an environment; each owns the targets it reports. What a vendor needs to
// know it says itself.

import { z } from 'zod';
import { executorVendors } from '../../adapters/executors.ts';
import { environmentName } from './environment-name.ts';

type Vendors = typeof executorVendors;

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and -')
    .describe('Name used in plans, intents and the audit log.'),
  environments: z
    .array(environmentName)
    .min(1)
    .describe('Environments it may act in; it is never used elsewhere.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe("Asks the vendor's own dry run in place of acting. Nothing is done through this executor."),
};

export const dryRunSchema = z
  .union([z.boolean(), z.array(environmentName).max(1_000)])
  .default(false)
  .describe(
    "`true`: nothing is done anywhere; what was granted is only asked of each vendor's own dry run, and told. Or a list of environments where that is so.",
  );

export type ExecutorConfig = {
  [Type in keyof Vendors]: z.output<z.ZodObject<typeof common>> & { type: Type } & z.output<
      Vendors[Type]['settings']
    >;
}[keyof Vendors];

function schemaOf([type, { settings, typeMeans, about }]: [string, Vendors[keyof Vendors]]) {
  const shape = { ...common, type: z.literal(type).describe(typeMeans), ...settings.shape };
  return z.strictObject(shape).describe(about);
}

const [first, ...others] = Object.entries(executorVendors).map(schemaOf);

const executorSchema = z.discriminatedUnion('type', [
  first as NonNullable<typeof first>,
  ...others,
]) as unknown as z.ZodType<ExecutorConfig>;

export const executorsSchema = z
  .array(executorSchema)
  .default([])
  .superRefine((executors, context) => {
    const seen = new Set<string>();
    executors.forEach(({ name }, index) => {
      if (seen.has(name)) {
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is used twice` });
      }
      seen.add(name);
    });
  })
  .describe('What Sentinel can act through. Without executors it diagnoses and hands incidents to people.');
