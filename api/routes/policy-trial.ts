// POST /api/v1/policies/evaluate: what policy would say of some steps. The same function that judges real plans; nothing is
// stored and nothing is done.

import { z } from 'zod';
import { evaluate } from '../../domain/policy/evaluate.ts';
import { reaches } from '../../domain/policy/reach.ts';
import { riskLevels } from '../../domain/remediation/actions/action.ts';
import { actionIds } from '../../domain/remediation/actions/index.ts';
import { isReversible } from '../../domain/remediation/catalogue.ts';
import { planRisk } from '../../domain/remediation/planner.ts';
import { environment, oneLine } from '../http/fields.ts';
import { route } from '../http/route.ts';
import { OutOfReach } from '../reach/out-of-reach.ts';
import { verdict } from '../schemas/plan.ts';

const step = z.strictObject({
  action: z.enum(actionIds),
  environment,
  service: oneLine(200),
  risk: z.enum(riskLevels),
  blastRadius: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .meta({ description: "Share of the target's capacity that is disturbed at the worst moment." }),
  downtimeSeconds: z
    .number()
    .min(0)
    .max(86_400)
    .default(0)
    .meta({ description: 'How long the target serves less than before.' }),
});

export const policyTrial = route({
  method: 'POST',
  path: '/api/v1/policies/evaluate',
  permission: 'viewer',
  summary: 'What policy would decide about these steps; nothing is stored and nothing runs.',
  body: z.strictObject({
    steps: z.array(step).min(1, 'needs at least one step').max(50),
    missing: z
      .array(oneLine(200))
      .max(50)
      .default([])
      .meta({ description: 'Evidence that could not be had.' }),
    contested: z.boolean().default(false).meta({ description: 'Two analyses disagree about the cause.' }),
  }),
  example: {
    steps: [
      { action: 'restart', environment: 'production', service: 'orders', risk: 'low', blastRadius: 0.5 },
    ],
    missing: [],
    contested: false,
  },
  answers: { 200: verdict },
  handler: async ({ body: { steps, missing, contested }, principal: { reach }, deps }) => {
    for (const { environment: where, service } of steps) {
      if (reach !== undefined && !reaches(reach, where, service))
        throw new OutOfReach(reach, `the service ${service} of ${where}`);
    }
    const judged = steps.map(({ environment: where, service, ...rest }) => ({
      ...rest,
      target: { environment: where, service },
      reversible: isReversible(rest.action),
    }));
    return {
      json: evaluate({ steps: judged, risk: planRisk(judged) }, deps.policy, { missing, contested }),
    };
  },
});
