// From a cause to the actions that may remedy it, least disruptive first: data, so that configuration can add to it or
// replace it. Nothing here can name a target or a free parameter; the planner fills those in from inventory and figures.

import { z } from 'zod';
import { type Cause, causes } from '../diagnosis/causes.ts';
import { actionIds, remedies } from './actions/index.ts';

const candidateFields = z.strictObject({
  action: z
    .enum(remedies)
    .describe('The action. Its target and parameters come from the inventory and from measurements.'),
  followedBy: z
    .array(z.enum(actionIds))
    .max(4)
    .optional()
    .describe(
      'Further actions on the same target, in this order: one plan, one approval. Each waits until what the ones before it did can be seen. An action that undoes an earlier one (`undrain` after `drain`) undoes exactly that.',
    ),
  whenSuspected: z
    .enum(causes)
    .optional()
    .describe(
      'Try it only if this cause is also suspected in the same service. The likeliest cause goes first.',
    ),
});
/** The gate lets each action out once per target and incident: a second time in one plan would stop half-way. */
const candidateSchema = candidateFields.refine(
  ({ action, followedBy = [] }) => new Set([action, ...followedBy]).size === followedBy.length + 1,
  { path: ['followedBy'], error: 'names an action twice; each may be there once' },
);
export type Candidate = Readonly<z.infer<typeof candidateSchema>>;

const ruleSchema = z.strictObject({
  candidates: z
    .array(candidateSchema)
    .max(10)
    .describe('Tried in this order. An empty list leaves the cause to people.'),
});

export const runbookConfigSchema = z.partialRecord(z.enum(causes), ruleSchema);
/** What configuration says: each cause it names replaces the default rule of that cause. */
export type RunbookConfig = z.infer<typeof runbookConfigSchema>;

export type Runbook = Readonly<Record<Cause, { readonly candidates: readonly Candidate[] }>>;

const nothing = { candidates: [] };
const restart = { candidates: [{ action: 'restart' }] } as const;

export const defaultRunbook: Runbook = {
  crash: restart,
  'crash-loop': {
    candidates: [
      { action: 'rollback-release', whenSuspected: 'bad-release' },
      { action: 'rollback-config', whenSuspected: 'bad-config' },
      { action: 'restart' },
    ],
  },
  hang: restart,
  'memory-leak': restart,
  'cpu-burn': restart,
  // Nothing inside repairs somebody else's system; a person has to talk to its owner.
  'slow-dependency': nothing,
  'error-burst': restart,
  'bad-release': { candidates: [{ action: 'rollback-release' }] },
  'bad-config': { candidates: [{ action: 'rollback-config' }] },
  'disk-fill': { candidates: [{ action: 'clear-sandbox' }] },
  'traffic-surge': { candidates: [{ action: 'scale' }] },
  'pool-exhaustion': restart,
  'telemetry-gap': nothing,
  'log-noise': nothing,
  'transient-spike': nothing,
  reported: nothing,
};

export function runbookFrom(config: RunbookConfig): Runbook {
  const own = Object.entries(config).filter(([, rule]) => rule !== undefined);
  return { ...defaultRunbook, ...Object.fromEntries(own) };
}
