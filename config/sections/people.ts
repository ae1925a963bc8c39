// People: who decides, by a stable name, whichever door they come through. A quorum counts them.

import { z } from 'zod';
import { isReservedName } from '../../domain/policy/identity.ts';
import type { PersonEntry } from '../../domain/policy/people.ts';
import { reachSchema } from '../../domain/policy/reach.ts';
import { roles } from '../../domain/role.ts';
import type { chatSections } from './chats.ts';

const personName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'expected up to 64 letters, digits and . _ -')
  .refine((name) => !isReservedName(name), 'is a reserved name');

export const peopleSchema = z
  .record(
    personName,
    z.strictObject({
      role: z
        .enum(roles)
        .describe(
          'The most they may do, whichever key they use. `operator` approves and rejects plans, takes over and aborts.',
        ),
      environments: reachSchema.shape.environments.describe(
        'Environments they may decide for; `*` and `?` are wildcards. Default: all.',
      ),
      services: reachSchema.shape.services.describe(
        'Services they may decide for; `*` and `?` are wildcards. Default: all.',
      ),
      slack: z
        .array(z.string().regex(/^[UW][A-Z0-9]{2,30}$/, 'expected a Slack user ID, such as U0123ABCDEF'))
        .max(20)
        .default([])
        .describe('Their Slack user IDs.'),
      keys: z
        .array(z.string().regex(/^[a-z0-9]{4,32}$/, 'expected an API key ID, such as 4f2a1c9d0e11'))
        .max(100)
        .default([])
        .describe(
          "IDs of API keys that only they hold. A key listed here counts as theirs; any other counts as its creator's.",
        ),
    }),
  )
  .default({})
  .describe(
    'People who may decide, under a stable name. A quorum counts each of them once, however they log in.',
  );

type PeopleSection = z.output<typeof peopleSchema>;
type SlackUsers = NonNullable<z.output<(typeof chatSections)['slack']>>['users'];

/** Everybody the file names; `slack.users` is the older way to name somebody with one Slack account. */
export function personEntries(
  people: PeopleSection,
  slackUsers: SlackUsers,
  chatKeyId: (slackUser: string) => string,
): readonly PersonEntry[] {
  const entries = new Map<string, PersonEntry>();
  for (const [name, { role, environments, services, slack, keys }] of Object.entries(people)) {
    const limited = environments !== undefined || services !== undefined;
    const reach = limited ? { reach: { environments, services } } : {};
    entries.set(name, { name, role, ...reach, chat: slack.map(chatKeyId), keys });
  }
  for (const [user, { name, role }] of Object.entries(slackUsers)) {
    const known = entries.get(name) ?? { name, role, chat: [], keys: [] };
    entries.set(name, { ...known, chat: [...known.chat, chatKeyId(user)] });
  }
  return [...entries.values()];
}

/** What two entries claim at once, in words; empty when nothing is. */
export function sharedDoors(entries: readonly PersonEntry[]): readonly string[] {
  const doors = entries.flatMap(({ name, chat, keys }) =>
    [...new Set([...chat, ...keys])].map((door) => ({ door, name })),
  );
  return [...Map.groupBy(doors, ({ door }) => door)]
    .filter(([, same]) => same.length > 1)
    .map(([door, same]) => `${door} stands for ${same.map(({ name }) => name).join(' and ')}`);
}
