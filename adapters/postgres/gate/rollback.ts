// A rollback that people asked for, as the gate judges it: is it still asked for, by enough people who may, and has Sentinel itself let
// go of the incident? Asked again right before the call.

import type { Kysely } from 'kysely';
import { nameOf, owner, peopleFor } from '../../../domain/policy/identity.ts';
import type { People } from '../../../domain/policy/people.ts';
import { rollbackRole } from '../../../domain/policy/rollback-terms.ts';
import type { Intent } from '../../../domain/remediation/intent.ts';
import { roleAtLeast } from '../../../domain/role.ts';
import type { Schema } from '../database/schema.ts';
import { type Check, closedIncident, type Refusal } from './checks.ts';
import { worthNow } from './votes.ts';

export const rollbackAsked: Check = (trx, { effect, people, nowMs }) =>
  notAskedFor(trx, effect.content, people, nowMs);

/** Why this undo is not (any more) what people asked for; null when it is. Nobody changes the request until the transaction ends. */
export async function notAskedFor(
  trx: Kysely<Schema>,
  undo: Pick<Intent, 'incidentId' | 'rollback' | 'undoes' | 'target'>,
  people: People,
  nowMs: number,
): Promise<Refusal | null> {
  const request = await trx
    .selectFrom('rollback_requests')
    .selectAll()
    .where('id', '=', undo.rollback ?? '')
    .where('incident_id', '=', undo.incidentId)
    .where('intent_id', '=', undo.undoes ?? '')
    .forShare()
    .executeTakeFirst();
  if (request === undefined) return { reason: 'no-grant', detail: 'nobody has asked for this rollback' };
  const { id, quorum, ended_at_ms: endedAtMs, expires_at_ms: expiresAtMs } = request;
  if (endedAtMs !== null) return { reason: 'no-grant', detail: `this rollback is over: ${request.reason}` };
  if (nowMs > expiresAtMs)
    return {
      reason: 'grant-expired',
      detail: `the request held until ${new Date(expiresAtMs).toISOString()}; ask again`,
    };
  const { count, lapsed } = await askers(trx, people, id, undo.target);
  if (count < quorum)
    return {
      reason: 'no-grant',
      detail: `${quorum} × ${rollbackRole} have to ask for it, ${count} did${lapsed}`,
    };
  if ((await closedIncident(trx, undo.incidentId)) !== null) return null;
  return { reason: 'still-at-work', detail: 'Sentinel is still ending its own work on the incident' };
}

export type Askers = {
  /** People, not keys. */
  readonly count: number;
  readonly names: readonly string[];
  readonly persons: readonly string[];
  /** About those who do not count any more; empty when all do. */
  readonly lapsed: string;
};

/** Who asked for it, and may ask for it now: by key, role and reach as they are at this moment. */
export async function askers(
  db: Kysely<Schema>,
  people: People,
  requestId: string,
  { environment, service }: Intent['target'],
): Promise<Askers> {
  const rows = await db
    .selectFrom('rollback_votes')
    .select(['actor', 'key_id'])
    .where('request_id', '=', requestId)
    .orderBy('at_ms')
    .execute();
  const worth = await worthNow(
    db,
    people,
    rows.map((row) => ({ ...row, environment, service })),
  );
  const counting = worth.filter(({ roleNow }) => roleNow !== null && roleAtLeast(roleNow, rollbackRole));
  const gone = worth.filter((one) => !counting.includes(one)).map(({ actor }) => nameOf(actor));
  const persons = counting.map(({ person }) => person);
  return {
    count: peopleFor(persons),
    names: namesOf(counting),
    persons,
    lapsed: gone.length === 0 ? '' : `; ${gone.join(', ')} may not any more`,
  };
}

/** One name for each person who counts, as peopleFor counts them: what people read adds up. */
function namesOf(
  counting: readonly { readonly person: string; readonly actor: string }[],
): readonly string[] {
  const names = new Map<string, string>();
  for (const { person, actor } of counting) if (!names.has(person)) names.set(person, nameOf(actor));
  if (names.size > 1) names.delete(owner);
  return [...names.values()];
}
