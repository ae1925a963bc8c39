// GET, POST and DELETE /api/v1/keys. A key is shown once, in the answer that made it.

import { z } from 'zod';
import { roles } from '../../domain/policy/verdict.ts';
import { ApiProblem } from '../errors.ts';
import { oneLine, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { pageOf } from '../schemas/page.ts';
import { role } from '../schemas/plan.ts';
import { instantMs } from '../schemas/scope.ts';

const key = z
  .strictObject({
    keyId: z.string(),
    name: z.string(),
    role,
    createdAtMs: instantMs,
    revokedAtMs: instantMs.nullable(),
  })
  .meta({ id: 'ApiKey' });

export const keyList = route({
  method: 'GET',
  path: '/api/v1/keys',
  permission: 'admin',
  summary: 'API keys with name, role and dates; never the keys themselves.',
  query: z.strictObject(pageQuery),
  answers: { 200: pageOf(key) },
  handler: async ({ query, deps }) => {
    const keys = await deps.apiKeys.list();
    return { json: pageOfAll('keys', keys, ({ createdAtMs, keyId }) => [createdAtMs, keyId], query) };
  },
});

export const keyCreate = route({
  method: 'POST',
  path: '/api/v1/keys',
  permission: 'admin',
  summary: 'Makes an API key. The answer is the only place that ever shows it.',
  body: z.strictObject({ name: oneLine(100), role: z.enum(roles) }),
  example: { name: 'ada', role: 'operator' },
  answers: { 201: z.strictObject({ keyId: z.string(), name: z.string(), role, key: z.string() }) },
  handler: async ({ body: { name, role }, principal, deps }) => {
    const { keyId, key } = await deps.apiKeys.create(name, role, principal.name);
    return { status: 201, json: { keyId, name, role, key } };
  },
});

export const keyRevoke = route({
  method: 'DELETE',
  path: '/api/v1/keys/:keyId',
  permission: 'admin',
  summary: 'Revokes an API key at once and for good.',
  params: z.strictObject({
    keyId: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'is not the id of a key')
      .meta({ examples: ['key_3f2a9c'] }),
  }),
  answers: { 200: z.strictObject({ keyId: z.string(), revoked: z.literal(true) }) },
  handler: async ({ params, principal, deps }) => {
    const revoked = await deps.apiKeys.revoke(params.keyId, principal.name);
    if (!revoked) throw new ApiProblem('not-found', `There is no active key ${params.keyId}.`);
    return { json: { keyId: params.keyId, revoked: true } };
  },
});
