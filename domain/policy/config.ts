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
  approval: z.enum(['operator', 'admin']),
  quorum: z.int().min(1).max(10).default(1),
  deadlineMinutes: z.int().min(1).max(10_080).default(30),
});

/** What a risk level asks for: nothing, people, or never. */
export const requirementSchema = z.union([z.literal('auto'), z.literal('deny'), approvalSchema]);
export type Requirement = z.infer<typeof requirementSchema>;

const byRiskSchema = z.strictObject({
  low: requirementSchema.default('auto'),
  medium: requirementSchema.default({ approval: 'operator', quorum: 1, deadlineMinutes: 30 }),
  high: requirementSchema.default({ approval: 'admin', quorum: 1, deadlineMinutes: 30 }),
});

const ruleSchema = z.strictObject({
  /** Shown to people when the rule speaks. */
  name: z.string().min(1).max(100),
  actions: z
    .array(z.union([z.enum(actionIds), z.literal('*')]))
    .min(1)
    .default(['*']),
  services: z.array(glob).min(1).default(['*']),
  environments: z.array(glob).min(1).default(['*']),
});
export type PolicyRule = z.infer<typeof ruleSchema>;

export const policyConfigSchema = z.strictObject({
  byRisk: byRiskSchema.prefault({}),
  /** Per environment (exact name): what differs from `byRisk`. */
  environments: z
    .record(
      z.string().min(1).max(200),
      z.strictObject({
        low: requirementSchema.optional(),
        medium: requirementSchema.optional(),
        high: requirementSchema.optional(),
        maxAutoBlastRadius: z.number().min(0).max(1).optional(),
      }),
    )
    .default({}),
  /** When not empty, every step of a plan must match one of these. */
  allow: z.array(ruleSchema).default([]),
  /** A plan with a step that matches one of these is refused, whatever else is configured. */
  deny: z.array(ruleSchema).default([]),
  /** Largest share of a target's capacity that may be disturbed without asking. */
  maxAutoBlastRadius: z.number().min(0).max(1).default(0.5),
});
export type PolicyConfig = z.infer<typeof policyConfigSchema>;
