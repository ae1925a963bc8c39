// Configuration of policy: what may be done without asking, by whom the rest may be approved, and what is out of the
// question. Strict: an unknown key is an error, because a misspelt deny rule would be a permission.

import { z } from 'zod';
import { actionIds } from '../remediation/actions.ts';

/** `*` stands for any run of characters, `?` for one; everything else is literal. */
const glob = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9._*?/-]+$/, 'letters, digits and . _ - / with * and ? as wildcards');

const approvalSchema = z.strictObject({
  approval: z.enum(['operator', 'admin']).describe('Least role of the people who may approve.'),
  quorum: z.int().min(1).max(10).default(1).describe('How many different people must approve.'),
  deadlineMinutes: z.int().min(1).max(10_080).default(30).describe('After this long nothing is done.'),
});

/** What a risk level asks for: nothing, people, or never. */
export const requirementSchema = z.union([z.literal('auto'), z.literal('deny'), approvalSchema]);
export type Requirement = z.infer<typeof requirementSchema>;

const byRiskSchema = z.strictObject({
  low: requirementSchema.default('auto').describe('Plans of low risk.'),
  medium: requirementSchema
    .default({ approval: 'operator', quorum: 1, deadlineMinutes: 30 })
    .describe('Plans of medium risk.'),
  high: requirementSchema
    .default({ approval: 'admin', quorum: 1, deadlineMinutes: 30 })
    .describe('Plans of high risk.'),
});

const ruleSchema = z.strictObject({
  name: z.string().min(1).max(100).describe('Shown to people when the rule speaks.'),
  actions: z
    .array(z.union([z.enum(actionIds), z.literal('*')]))
    .min(1)
    .default(['*'])
    .describe('Actions it speaks of; `*` is every action.'),
  services: z
    .array(glob)
    .min(1)
    .default(['*'])
    .describe('Services it speaks of, with `*` and `?` as wildcards.'),
  environments: z.array(glob).min(1).default(['*']).describe('Environments it speaks of, likewise.'),
});
export type PolicyRule = z.infer<typeof ruleSchema>;

export const policyConfigSchema = z.strictObject({
  byRisk: byRiskSchema.prefault({}).describe('What a plan asks for, by its risk, which code computes.'),
  environments: z
    .record(
      z.string().min(1).max(200),
      z.strictObject({
        low: requirementSchema.optional().describe('Plans of low risk there.'),
        medium: requirementSchema.optional().describe('Plans of medium risk there.'),
        high: requirementSchema.optional().describe('Plans of high risk there.'),
        maxAutoBlastRadius: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe('As `maxAutoBlastRadius` below, there.'),
      }),
    )
    .default({})
    .describe('Per environment (exact name): what differs from `byRisk`.'),
  allow: z
    .array(ruleSchema)
    .default([])
    .describe('When not empty, every step of a plan must match one of these.'),
  deny: z
    .array(ruleSchema)
    .default([])
    .describe('A plan with a step that matches one of these is refused, whatever else is configured.'),
  maxAutoBlastRadius: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Largest share (0 to 1) of a target's capacity that may be disturbed without asking."),
});
export type PolicyConfig = z.infer<typeof policyConfigSchema>;
