// Who a Slack user is to Sentinel: the configuration says so, or nobody.

import type { Principal } from '../../../api/ports/principal.ts';
import type { People } from '../../../domain/policy/people.ts';
import { type Role, roleAtLeast } from '../../../domain/role.ts';
import { code } from '../text.ts';

/** What stands for the key of somebody who decides in Slack. */
export function slackKeyId(user: string): string {
  return `slack:${user}`;
}

export type Known =
  | { readonly ok: true; readonly principal: Principal }
  | { readonly ok: false; readonly why: string };

/** The name is the actor of whatever the person does, through any door: a quorum counts people. */
export function whoIs(user: string, people: People, needed: Role): Known {
  const keyId = slackKeyId(user);
  const person = people.behind(keyId);
  if (person === null) {
    return {
      ok: false,
      why: `Sentinel does not know you. Nothing happened. Ask its administrator to add ${code(user)} under ${code('people')}.`,
    };
  }
  const { name, role, reach } = person;
  if (!roleAtLeast(role, needed)) {
    return { ok: false, why: `This needs the role ${needed}; you have the role ${role}. Nothing happened.` };
  }
  const where = reach === undefined ? {} : { reach };
  return { ok: true, principal: { keyId, name, role, person: name, ...where } };
}
