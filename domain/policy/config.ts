// Configuration of policy: what may be done without asking, by whom the rest may be approved, and what is out of the
// question. Strict: an unknown key is an error, because a misspelt deny rule would be a permission.

import { z } from 'zod';
import { actionIds } from '../remediation/actions/index.ts';

/** `*` stands for any run of characters, `?` for one; everything else is literal. */
const glob = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9._*?/-]+$/, 'letters, digits and . _ - / with * and ? as wildcards');

const approvalSchema = z.strictObject({
  approval: z.enum(['operator', 'admin']).describe('Lowest role that may approve.'),
  quorum: z.int().min(1).max(10).default(1).describe('Number of different people who must approve.'),
  deadlineMinutes: z
    .int()
    .min(1)
    .max(10_080)
    .default(30)
    .describe('Minutes until the request expires. An expired plan does not run.'),
});

/** What a risk level asks for: nothing, people, or never. */
export const requirementSchema = z.union([z.literal('auto'), z.literal('deny'), approvalSchema]);
export type Requirement = z.infer<typeof requirementSchema>;

const byRiskSchema = z.strictObject({
  low: requirementSchema.default('auto').describe('Low-risk plans.'),
  medium: requirementSchema
    .default({ approval: 'operator', quorum: 1, deadlineMinutes: 30 })
    .describe('Medium-risk plans.'),
  high: requirementSchema
    .default({ approval: 'admin', quorum: 2, deadlineMinutes: 30 })
    .describe('High-risk plans: by default two different people.'),
});

const ruleSchema = z.strictObject({
  name: z.string().min(1).max(100).describe('Shown to people when the rule applies.'),
  actions: z
    .array(z.union([z.enum(actionIds), z.literal('*')]))
    .min(1)
    .default(['*'])
    .describe('Actions the rule covers; `*` is every action.'),
  services: z
    .array(glob)
    .min(1)
    .default(['*'])
    .describe('Services the rule covers; `*` and `?` are wildcards.'),
  environments: z
    .array(glob)
    .min(1)
    .default(['*'])
    .describe('Environments the rule covers; `*` and `?` are wildcards.'),
});
export type PolicyRule = z.infer<typeof ruleSchema>;

export const policyConfigSchema = z.strictObject({
  byRisk: byRiskSchema
    .prefault({})
    .describe('What a plan needs, by its risk. Risk is computed, never taken from a model.'),
  irreversible: requirementSchema
    .default({ approval: 'operator', quorum: 1, deadlineMinutes: 30 })
    .describe(
      'Plans with a step that cannot be undone (deleted files, a machine that boots), beside what their risk asks for: the stricter of the two counts. Such a plan never runs without asking, whatever its risk, unless this says `auto`.',
    ),
  environments: z
    .record(
      z.string().min(1).max(200),
      z.strictObject({
        low: requirementSchema.optional().describe('Low-risk plans there.'),
        medium: requirementSchema.optional().describe('Medium-risk plans there.'),
        high: requirementSchema.optional().describe('High-risk plans there.'),
        irreversible: requirementSchema.optional().describe('Overrides `irreversible` there.'),
        maxAutoBlastRadius: z
          .number()
          .min(0)
          .max(1)
          .optional()
          .describe('Overrides `maxAutoBlastRadius` there.'),
        maxAutoDowntimeSeconds: z
          .number()
          .min(0)
          .max(86_400)
          .optional()
          .describe('Overrides `maxAutoDowntimeSeconds` there.'),
      }),
    )
    .default({})
    .describe('Overrides of `byRisk` and the rest per environment, by exact name.'),
  allow: z
    .array(ruleSchema)
    .default([])
    .describe('If not empty, every step of a plan must match one of these.'),
  deny: z
    .array(ruleSchema)
    .default([])
    .describe('A plan with a step that matches one of these is denied, whatever else is configured.'),
  maxAutoBlastRadius: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Largest share (0 to 1) of a target's capacity that may be disrupted without approval."),
  maxAutoDowntimeSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(60)
    .describe(
      'Longest time a target may serve less than before without approval; all steps of a plan together.',
    ),
});
export type PolicyConfig = z.infer<typeof policyConfigSchema>;
