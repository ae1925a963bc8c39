// What each decision on a plan is worth at this moment. A vote was given with a key or by a chat user, and counts for a person;
// all three are looked up again whenever votes are counted, because people lose keys, roles and jobs between a vote and an effect.

import type { Kysely } from 'kysely';
import { nameOf, owner } from '../../../domain/policy/identity.ts';
import type { People } from '../../../domain/policy/people.ts';
import { reaches } from '../../../domain/policy/reach.ts';
import { isRole, type Role, roleAtLeast } from '../../../domain/role.ts';
import { heldBy, liveKeys } from '../api-keys.ts';
import type { Schema } from '../database/schema.ts';
import type { StoredDecision } from './approvals.ts';

type Plan = { readonly incidentId: string; readonly planHash: string };

/** The decisions stored for exactly this plan of this incident, in their order, with what their givers are now. */
export async function readVotes(
  db: Kysely<Schema>,
  people: People,
  { incidentId, planHash }: Plan,
): Promise<readonly StoredDecision[]> {
  const rows = await db
    .selectFrom('approvals')
    .innerJoin('incidents', 'incidents.id', 'approvals.incident_id')
    .select(['approvals.id', 'actor', 'key_id', 'role', 'decision', 'reason', 'decided_at_ms'])
    .select(['incidents.environment', 'incidents.service'])
    .where('incident_id', '=', incidentId)
    .where('approvals.plan_hash', '=', planHash)
    .orderBy('seq')
    .execute();
  return worthNow(db, people, rows);
}

type Given = { readonly key_id: string; readonly environment: string; readonly service: string };
type Worth<Row extends Given> = Omit<Row, keyof Given> & {
  readonly keyId: string;
  readonly person: string;
  readonly roleNow: Role | null;
};

/** What was said with these keys about these services, with whom it counts for, and what they may do there now. */
export async function worthNow<Row extends Given>(
  db: Kysely<Schema>,
  people: People,
  rows: readonly Row[],
): Promise<readonly Worth<Row>[]> {
  if (rows.length === 0) return [];
  const live = await liveKeys(db)
    .where('key_id', 'in', [...new Set(rows.map((row) => row.key_id))])
    .execute();
  return rows.map(({ environment, service, key_id: keyId, ...row }) => {
    const key = live.find((one) => one.key_id === keyId);
    const door = people.behind(keyId);
    // Whoever holds a key does with it what the key may do, and what they may do themselves.
    const held = key === undefined ? null : heldBy(people, key);
    const chat = door?.door === 'chat' ? door : null;
    const now = held ?? chat;
    const person = held?.person ?? door?.name ?? key?.person ?? owner;
    // Keys stay when whoever made them leaves; what is decided with them is nobody's then.
    const isThere = person === owner || people.named(person) !== null;
    const mayHere = isThere && now !== null && reaches(now.reach, environment, service);
    return {
      ...row,
      keyId,
      person,
      roleNow: mayHere && isRole(now.role) ? now.role : null,
    };
  });
}

/** Why approvals do not count any more, for people to read; empty when all of them do. */
export function lapsed(votes: readonly StoredDecision[], role: Role): string {
  const gone = votes.filter(
    (vote) => vote.decision === 'approve' && (vote.roleNow === null || !roleAtLeast(vote.roleNow, role)),
  );
  return gone
    .map(({ actor, roleNow }) =>
      roleNow === null
        ? `the approval of ${nameOf(actor)} does not count any more: the key was revoked, has expired or does not reach here`
        : `the approval of ${nameOf(actor)} does not count any more: the role is ${roleNow} now`,
    )
    .join('; ');
}
