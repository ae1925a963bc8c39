/** The admin API: faults and their healing. On a port of its own, because an operator of the shop has no such thing. */
import { z } from 'zod';
import { HttpError, type JsonRoute } from '../support/http.ts';
import { type AnswerFaults, answerFaultSchema } from './answer-faults.ts';
import type { FaultRequest } from './fault-kinds.ts';
import type { FaultInjector } from './faults.ts';

const faultSchema = z.strictObject({
  kind: z.string(),
  service: z.string(),
  with: z.record(z.string(), z.unknown()).optional(),
});
const healSchema = z.strictObject({ id: z.string().optional() });

export function createAdminRoutes(injector: FaultInjector, answerFaults: AnswerFaults): JsonRoute[] {
  return [
    {
      method: 'POST',
      path: /^\/admin\/faults$/,
      handle: async ({ body }) => {
        const request = parse(faultSchema, body);
        return { status: 201, body: await injector.inject(request as FaultRequest) };
      },
    },
    {
      method: 'POST',
      path: /^\/admin\/heal$/,
      handle: async ({ body }) => ({
        status: 200,
        body: { healed: await injector.heal(parse(healSchema, body ?? {}).id) },
      }),
    },
    {
      method: 'GET',
      path: /^\/admin\/state$/,
      handle: () => ({ status: 200, body: { faults: injector.views(), answerFaults: answerFaults.state } }),
    },
    {
      method: 'POST',
      path: /^\/admin\/answer-faults$/,
      handle: ({ body }) => {
        answerFaults.arm(parse(answerFaultSchema, body));
        return { status: 200, body: answerFaults.state };
      },
    },
    {
      method: 'POST',
      path: /^\/admin\/answer-faults\/release$/,
      handle: () => ({ status: 200, body: { released: answerFaults.release() } }),
    },
  ];
}

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new HttpError(422, problems.join('; '));
}
