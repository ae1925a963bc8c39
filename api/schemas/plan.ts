// What may be done: targets, steps, plans, and what policy says of them.

import { z } from 'zod';
import { causes } from '../../domain/diagnosis/causes.ts';
import type { TargetRef } from '../../domain/inventory/target.ts';
import type { Verdict } from '../../domain/policy/verdict.ts';
import { type ActionParameters, riskLevels } from '../../domain/remediation/actions/action.ts';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import type { HashedPlan, PlanStep, Preflight } from '../../domain/remediation/plan.ts';
import type { TargetState } from '../../domain/remediation/target.ts';
import { roles } from '../../domain/role.ts';
import { named } from './named.ts';
import { instantMs, sha256 } from './scope.ts';

export const actionId = z.enum(actionIds);
export const risk = z.enum(riskLevels);
export const role = z.enum(roles);

export const actionParameters = named<ActionParameters>()(
  'ActionParameters',
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
);

export const targetRef = named<TargetRef>()(
  'TargetRef',
  z.strictObject({
    environment: z.string(),
    service: z.string(),
    resource: z
      .string()
      .optional()
      .meta({ description: 'Which thing serves it, where more than its name is known.' }),
  }),
);

/** Who takes back what it did not do itself. */
export const targetOwner = z.strictObject({
  name: z.string(),
  detail: z.string(),
  reverts: z.array(z.string()),
  sync: z
    .strictObject({
      key: z.string(),
      name: z.string(),
      is: z.enum(['on', 'paused-by-sentinel', 'paused-by-somebody-else']),
      pausedAtMs: z.number().optional(),
      resumeWith: z.string().optional().meta({ description: 'The command that gives it back.' }),
      lifts: z.array(z.string()),
    })
    .optional()
    .meta({ description: 'What of it can be paused, so that the actions it `lifts` last.' }),
});

export const targetState = named<TargetState>()(
  'TargetState',
  z.strictObject({
    target: targetRef,
    executor: z.string(),
    desiredReplicas: z.number(),
    replicas: z.array(
      z.strictObject({
        id: z.string(),
        state: z.enum(['running', 'starting', 'draining', 'exited']),
        startedAtMs: instantMs,
        restarts: z.number(),
        uid: z.string().optional().meta({
          description: 'Where an id is used again (`web-0`): tells one bearer of it from the next.',
        }),
      }),
    ),
    readyReplicas: z.number().optional(),
    release: z.string(),
    previousRelease: z.string().optional(),
    config: z.string(),
    previousConfig: z.string().optional(),
    sandbox: z.strictObject({ usedBytes: z.number(), limitBytes: z.number() }).optional(),
    supports: z.array(actionId),
    revision: z.string().optional().meta({
      description: 'Changes with every change of the target, where the executor knows such a thing.',
    }),
    observedAtMs: instantMs.optional(),
    rollout: z
      .strictObject({ inProgress: z.boolean(), detail: z.string() })
      .optional()
      .meta({ description: 'A change of the target, whoever began it.' }),
    owner: targetOwner
      .optional()
      .meta({ description: 'The controller that would take back the actions it `reverts`.' }),
    node: z
      .strictObject({
        cordoned: z.enum(['no', 'by-sentinel', 'by-somebody-else']),
        carries: z.array(z.strictObject({ key: z.string(), here: z.number(), elsewhere: z.number() })),
        runs: z.array(z.string()),
        pool: z.string(),
        losesFilesOf: z.number().optional(),
      })
      .optional()
      .meta({
        description:
          'Of a machine that other targets run on: who keeps new replicas away, and what a drain moves.',
      }),
    stopLoses: z.string().optional().meta({ description: 'What is gone for good when it is stopped.' }),
    protected: z.string().optional().meta({ description: 'Why nothing may act on it.' }),
    team: z.string().optional().meta({ description: 'The people it belongs to, as configuration says.' }),
    tier: z.string().optional().meta({ description: 'How much depends on it, as configuration says.' }),
  }),
);

export const planStep = named<PlanStep>()(
  'PlanStep',
  z.strictObject({
    action: actionId,
    target: targetRef,
    executor: z.string(),
    parameters: actionParameters,
    inverse: z.strictObject({ action: actionId, parameters: actionParameters }).nullable(),
    reversible: z.boolean(),
    risk,
    downtimeSeconds: z.number(),
    blastRadius: z.number(),
    before: targetState,
  }),
);

export const preflight = named<Preflight>()(
  'Preflight',
  z.strictObject({
    atMs: instantMs,
    said: z.array(z.string()).meta({ description: 'What each executor said, one sentence a step.' }),
  }),
);

export const hashedPlan = named<HashedPlan>()(
  'HashedPlan',
  z.strictObject({
    planHash: sha256,
    plan: z.strictObject({
      incidentId: z.string(),
      attempt: z.number(),
      cause: z.enum(causes),
      reason: z.string(),
      steps: z.array(planStep),
      risk,
    }),
  }),
);

const said = { rule: z.string(), reason: z.string() };
export const verdict = named<Verdict>()(
  'Verdict',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('auto'), ...said }),
    z.strictObject({
      kind: z.literal('approval'),
      ...said,
      role,
      quorum: z.number(),
      deadlineSeconds: z.number(),
    }),
    z.strictObject({ kind: z.literal('deny'), ...said }),
  ]),
);
