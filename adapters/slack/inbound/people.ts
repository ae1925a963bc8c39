// Who a Slack user is to Sentinel: the configuration says so, or nobody. Whoever may not do what they clicked is in the audit, as
// at the API.

import type { RefusalAudit } from '../../../api/http/refusal-audit.ts';
import type { Principal } from '../../../api/ports/principal.ts';
import { actorOf, unknownActor } from '../../../domain/policy/identity.ts';
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

/** What a click does, as metrics, logs and the audit name it. */
export type What = 'approve' | 'reject' | 'take-over' | 'close' | 'settle' | 'roll-back' | 'details';

export type DoorDeps = { readonly people: People; readonly refusals: Pick<RefusalAudit, 'note'> };

/** The name is the actor of whatever the person does, through any door: a quorum counts people. */
export function whoIs(user: string, what: What, deps: DoorDeps, needed: Role = 'operator'): Known {
  const keyId = slackKeyId(user);
  const person = deps.people.behind(keyId);
  if (person === null) {
    noteRefusal(user, null, what, 'unknown-person', deps);
    return {
      ok: false,
      why: `Sentinel does not know you. Nothing happened. Ask its administrator to add ${code(user)} under ${code('people')}.`,
    };
  }
  const { name, role, reach } = person;
  const where = reach === undefined ? {} : { reach };
  const principal = { keyId, name, role, person: name, ...where };
  if (roleAtLeast(role, needed)) return { ok: true, principal };
  noteRefusal(user, principal, what, 'role-too-low', deps);
  return { ok: false, why: `This needs the role ${needed}; you have the role ${role}. Nothing happened.` };
}

export function noteRefusal(
  user: string,
  principal: Principal | null,
  what: What,
  reason: 'unknown-person' | 'role-too-low' | 'out-of-reach',
  { refusals }: Pick<DoorDeps, 'refusals'>,
): void {
  const actor = principal === null ? unknownActor : actorOf(principal);
  refusals.note({ actor, reason, route: `slack ${what}`, address: slackKeyId(user) });
}
