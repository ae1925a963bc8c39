// The configured ways to act. Several may share an environment; each owns the targets it reports.

import { z } from 'zod';
import { environmentName } from './environment-name.ts';

const common = {
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected lower-case letters, digits and -')
    .describe('Name used in plans, intents and the audit log.'),
  environments: z
    .array(environmentName)
    .min(1)
    .describe('Environments it may act in; it is never used elsewhere.'),
};

export const executorSchema = z.discriminatedUnion('type', [
  z
    .strictObject({
      ...common,
      type: z.literal('lab').describe("The lab's supervisor."),
      url: z
        .url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' })
        .describe('URL of the supervisor.'),
    })
    .describe('Acts on the practice system in `lab/`.'),
  z
    .strictObject({
      ...common,
      type: z.literal('mock').describe('Nothing real.'),
      services: z
        .array(
          z.strictObject({
            service: z.string().min(1).max(200).describe('Service name, as in telemetry.'),
            replicas: z.int().min(1).max(1000).default(2).describe('Replicas at the start.'),
          }),
        )
        .default([])
        .describe('Services it pretends to run.'),
    })
    .describe('Changes nothing and only records what it was told: for trying out policies, and for tests.'),
]);

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
