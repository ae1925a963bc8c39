// Who a Slack user is to Sentinel: the configuration says so, or nobody.

import type { Principal } from '../../../api/ports.ts';
import { type Role, roleAtLeast } from '../../../domain/policy/verdict.ts';
import { code } from '../text.ts';

export type SlackPeople = Readonly<Record<string, { readonly name: string; readonly role: Role }>>;

/** What stands for the key of somebody who decides in Slack. */
export function slackKeyId(user: string): string {
  return `slack:${user}`;
}

export type Known =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly why: string };

/** The name is the actor of whatever the person does: the same as of their API key, so that a quorum counts people. */
export function whoIs(user: string, people: SlackPeople, needed: Role): Known {
  const person = Object.hasOwn(people, user) ? people[user] : undefined;
  if (person === undefined) {
    return {
      ok: false,
      why: `Sentinel does not know you. Nothing happened. Ask its administrator to add ${code(user)} under ${code('slack.users')}.`,
    };
  }
  const { name, role } = person;
  if (!roleAtLeast(role, needed)) {
    return { ok: false, why: `This needs the role ${needed}; you have the role ${role}. Nothing happened.` };
  }
  return { ok: true, principal: { keyId: slackKeyId(user), name, role, person: name } };
}
