// GET /api/v1/actions: the typed catalogue. Nothing that is not on it can be done.

import { z } from 'zod';
import { actionIds, actions } from '../../domain/remediation/actions/index.ts';
import { inverseActionOf, isReversible } from '../../domain/remediation/catalogue.ts';
import { pageQuery } from '../http/fields.ts';
import { byNumber, pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { pageOf } from '../schemas/page.ts';
import { actionId, risk } from '../schemas/plan.ts';

const action = z
  .strictObject({
    id: actionId,
    summary: z.string(),
    parameters: z
      .record(z.string(), z.unknown())
      .meta({ description: 'JSON Schema of the parameters; what it does not describe cannot be asked for.' }),
    inverse: actionId.nullable().meta({ description: 'The action that undoes it.' }),
    reversible: z.boolean(),
    risks: z
      .array(risk)
      .meta({ description: 'Levels its risk can have; computed from the state of the target.' }),
    settleSeconds: z.number().meta({ description: 'Time after the effect before samples are judged.' }),
    timesPerIncident: z
      .int()
      .meta({ description: 'How often it may be tried on one target in one incident.' }),
  })
  .meta({ id: 'Action' });

const catalogue = actionIds.map((id) => {
  const { summary, parameters, risks, settleSeconds, timesPerIncident } = actions[id];
  const { $schema: _dialect, ...schema } = z.toJSONSchema(parameters);
  return {
    ...{ id, summary, parameters: schema, risks: [...risks], settleSeconds, timesPerIncident },
    inverse: inverseActionOf(id),
    reversible: isReversible(id),
  };
});

export const actionList = route({
  method: 'GET',
  path: '/api/v1/actions',
  permission: 'viewer',
  summary: 'The action catalogue: every action with its parameters, inverse and risk.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(action) },
  handler: async ({ query }) => ({ json: pageOfAll('actions', catalogue, byNumber, query) }),
});
