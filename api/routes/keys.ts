// GET, POST and DELETE /api/v1/keys. A key is shown once, in the answer that made it.

import { z } from 'zod';
import { agentHost, agentHostWords } from '../../domain/agent/host.ts';
import { isReservedName } from '../../domain/policy/identity.ts';
import type { People } from '../../domain/policy/people.ts';
import { reachSchema } from '../../domain/policy/reach.ts';
import { type KeyRole, keyRoles, lowerRole } from '../../domain/role.ts';
import { ApiProblem } from '../errors.ts';
import { instant, oneLine, pageQuery } from '../http/fields.ts';
import { pageOfAll } from '../http/paging.ts';
import { route } from '../http/route.ts';
import { pageOf } from '../schemas/page.ts';
import { instantMs } from '../schemas/scope.ts';

const keyRole = z.enum(keyRoles);
const key = z
  .strictObject({
    keyId: z.string(),
    name: z.string(),
    role: keyRole,
    person: z.string().meta({ description: 'Whom the key counts for where people are counted.' }),
    belongsTo: z
      .string()
      .nullable()
      .meta({ description: 'The person whose key it is: it may do no more than they may.' }),
    reach: reachSchema.nullable().meta({ description: 'Where the key speaks; null is everywhere.' }),
    host: z.string().nullable().meta({ description: "Of an agent's key: the machine it is good for." }),
    createdAtMs: instantMs,
    expiresAtMs: instantMs.nullable(),
    lastUsedAtMs: instantMs.nullable(),
    revokedAtMs: instantMs.nullable(),
  })
  .meta({ id: 'ApiKey' });

export const keyList = route({
  method: 'GET',
  path: '/api/v1/keys',
  permission: 'admin',
  summary: 'API keys with name, role, reach, expiry and last use, never the keys themselves.',
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
  summary: 'Creates an API key, shown only in this answer.',
  body: z.strictObject({
    name: oneLine(100),
    role: keyRole,
    person: oneLine(64)
      .optional()
      .meta({ description: 'Whose key it is: a name under `people` of the configuration.' }),
    reach: reachSchema.optional(),
    host: oneLine(63)
      .regex(agentHost, `is not the name of a machine: ${agentHostWords}`)
      .optional()
      .meta({ description: 'Of a key with the role `agent`, and of no other: the machine it is good for.' }),
    expiresAt: instant('2026-12-31T00:00:00Z').optional(),
  }),
  example: { name: 'checkout collector', role: 'ingest', reach: { environments: ['production'] } },
  answers: {
    201: z.strictObject({
      keyId: z.string(),
      name: z.string(),
      role: keyRole,
      person: z.string(),
      key: z.string(),
    }),
  },
  handler: async ({ body, principal, deps }) => {
    const { name, role, person, reach, host, expiresAt: expiresAtMs } = body;
    if (isReservedName(name)) throw invalid('name', 'is a name that would be read as somebody else');
    if (expiresAtMs !== undefined && expiresAtMs <= deps.clock.nowMs())
      throw invalid('expiresAt', 'is over already');
    requireHost(body);
    if (person !== undefined) requireHolder(person, role, deps.people);
    const made = {
      name,
      role,
      ...(person === undefined ? {} : { belongsTo: person }),
      ...(reach === undefined ? {} : { reach }),
      ...(host === undefined ? {} : { host }),
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    };
    const { keyId, key } = await deps.apiKeys.create(made, principal);
    return { status: 201, json: { keyId, name, role, person: principal.person, key } };
  },
});

export const keyRevoke = route({
  method: 'DELETE',
  path: '/api/v1/keys/:keyId',
  permission: 'admin',
  summary: 'Revokes an API key, immediately and permanently.',
  params: z.strictObject({
    keyId: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,100}$/, 'is not the id of a key')
      .meta({ examples: ['key_3f2a9c'] }),
  }),
  answers: { 200: z.strictObject({ keyId: z.string(), revoked: z.literal(true) }) },
  handler: async ({ params, principal, deps }) => {
    const revoked = await deps.apiKeys.revoke(params.keyId, principal);
    if (!revoked) throw new ApiProblem('not-found', `There is no active key ${params.keyId}.`);
    return { json: { keyId: params.keyId, revoked: true } };
  },
});

/** A key that says less than its holder may is fine; one that says more would be cut down without a word. */
function requireHolder(name: string, keyRole: KeyRole, people: Pick<People, 'named'>): void {
  const holder = people.named(name);
  if (holder === null) throw invalid('person', 'is not named under `people` in the configuration');
  if (lowerRole(keyRole, holder.role) !== keyRole)
    throw invalid('role', `is more than ${name} may have: ${holder.role}`);
}

/** An agent is a machine: it is nobody's, and what it reaches is what its own file and the executors name. */
function requireHost({
  role,
  host,
  person,
  reach,
}: {
  readonly role: KeyRole;
  readonly host?: string | undefined;
  readonly person?: string | undefined;
  readonly reach?: object | undefined;
}): void {
  if (role !== 'agent') {
    if (host !== undefined) throw invalid('host', 'is only for keys with the role agent');
    return;
  }
  if (host === undefined)
    throw invalid('host', 'is missing: a key with the role agent is good for one machine');
  if (person !== undefined) throw invalid('person', 'cannot hold a key with the role agent');
  if (reach !== undefined) throw invalid('reach', 'cannot be given to a key with the role agent');
}

function invalid(field: string, message: string): ApiProblem {
  return new ApiProblem('invalid-input', `${field} ${message}`, { errors: [{ field, message }] });
}
