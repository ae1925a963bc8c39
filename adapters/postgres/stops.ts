// Stops: a person takes an incident over or aborts it, or closes what was handed over. Once `request` has returned, no effect that the stop forbids passes
// the gate or goes out any more, whether or not the workflow has heard of it.

import type { Kysely } from 'kysely';
import type { StoredStops } from '../../activities/ports.ts';
import type { AskedKind, StopResult, Stops } from '../../api/ports/stops.ts';
import { actorOf, nameOf } from '../../domain/policy/identity.ts';
import { reaches } from '../../domain/policy/reach.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNow, databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lockKillSwitch } from './gate/locks.ts';
import { storable } from './text.ts';
import { transact } from './transact.ts';

export function createStops(db: Kysely<Schema>): Stops & StoredStops {
  return {
    request: (input) =>
      transact(db, async (trx) => {
        // Like a kill switch: it waits for the gates under way, and every gate after it sees the stop.
        await lockKillSwitch(trx);
        return storeStop(trx, input);
      }),

    async read(incidentId) {
      const stop = await stopOf(db, incidentId);
      if (stop === null) return null;
      // Whoever closes it has it in hand.
      const kind = stop.kind === 'close' ? 'take-over' : stop.kind;
      return { kind, actor: stop.actor, reason: stop.reason };
    },

    async undelivered(limit) {
      return db
        .selectFrom('incident_stops')
        .innerJoin('incidents', 'incidents.id', 'incident_stops.incident_id')
        .select(['incident_id as incidentId', 'kind', 'actor', 'reason'])
        .where('delivered_at_ms', 'is', null)
        .where('incidents.status', '<>', 'closed')
        .orderBy('at_ms')
        .limit(limit)
        .execute();
    },

    async delivered(incidentId, kind) {
      await db
        .updateTable('incident_stops')
        .set({ delivered_at_ms: databaseNow })
        .where('incident_id', '=', incidentId)
        .where('kind', '=', kind)
        .execute();
    },
  };
}

/** Records a stop, or says why not. The caller holds the lock of the kill switch. */
export async function storeStop(
  trx: Kysely<Schema>,
  input: Parameters<Stops['request']>[0],
): Promise<StopResult> {
  const refused = await objection(trx, input);
  const { incidentId, kind, principal, reason } = input;
  const atMs = await databaseNowMs(trx);
  const entry = {
    actor: actorOf(principal),
    action: kind === 'close' ? 'incident.intervene' : 'incident.stop',
    atMs,
    reason,
    subject: incidentId,
    planHash: null,
  } as const;
  const what = kind === 'close' ? 'what' : 'kind';
  const details = { [what]: kind, keyId: principal.keyId };
  if (refused !== null) {
    if (!refused.recorded && refused.reason === 'out-of-reach')
      await appendAudit(trx, [{ ...entry, details: { ...details, refused: refused.reason } }]);
    return refused;
  }
  const row = {
    kind,
    actor: storable(actorOf(principal)),
    key_id: principal.keyId,
    reason: storable(reason),
    at_ms: atMs,
    delivered_at_ms: null,
  };
  await trx
    .insertInto('incident_stops')
    .values({ incident_id: incidentId, ...row })
    .onConflict((conflict) => conflict.column('incident_id').doUpdateSet(row))
    .execute();
  await appendAudit(trx, [{ ...entry, details }]);
  return { recorded: true, repeated: false };
}

function goesFurther(known: AskedKind, kind: AskedKind): boolean {
  return kind === 'close' ? known !== 'close' : kind === 'take-over' && known === 'abort';
}

/** In words, when a stop forbids effects in this direction; an abort wants the undoing. */
export async function forbiddenByStop(
  trx: Kysely<Schema>,
  incidentId: string,
  direction: 'forward' | 'compensation',
): Promise<string | null> {
  const stop = await stopOf(trx, incidentId);
  if (stop === null || (direction === 'compensation' && stop.kind === 'abort')) return null;
  return `${nameOf(stop.actor)} ${said[stop.kind]}: ${stop.reason}`;
}

const said: Readonly<Record<AskedKind, string>> = {
  abort: 'aborted the incident',
  'take-over': 'has taken over',
  close: 'closes the incident',
};

async function stopOf(
  db: Kysely<Schema>,
  incidentId: string,
): Promise<{ kind: AskedKind; actor: string; keyId: string; reason: string } | null> {
  const row = await db
    .selectFrom('incident_stops')
    .select(['kind', 'actor', 'key_id as keyId', 'reason'])
    .where('incident_id', '=', incidentId)
    .executeTakeFirst();
  return row ?? null;
}

async function objection(
  trx: Kysely<Schema>,
  { incidentId, kind, principal }: Parameters<Stops['request']>[0],
): Promise<StopResult | null> {
  const incident = await trx
    .selectFrom('incidents')
    .select(['status', 'environment', 'service'])
    .where('id', '=', incidentId)
    // Against recordEvents: the incident is not closed while it is stopped.
    .forShare()
    .executeTakeFirst();
  if (incident === undefined)
    return { recorded: false, reason: 'unknown-incident', detail: 'there is no incident with this id' };
  if (!reaches(principal.reach, incident.environment, incident.service)) {
    const where = `${incident.environment}/${incident.service}`;
    const detail = `${nameOf(actorOf(principal))} may not stop anything in ${where}: the key does not reach there`;
    return { recorded: false, reason: 'out-of-reach', detail };
  }
  if (incident.status === 'closed')
    return { recorded: false, reason: 'closed', detail: 'the incident is closed' };
  if (kind === 'close' && incident.status !== 'handed-over')
    return {
      recorded: false,
      reason: 'not-handed-over',
      detail: 'Sentinel works on this incident: take it over, or abort the work',
    };
  const known = await stopOf(trx, incidentId);
  if (known?.kind === kind && known.keyId === principal.keyId) return { recorded: true, repeated: true };
  // An abort promises to undo what did not help. Nothing is undone any more, and what a person has in hand is not ended by the way.
  if (kind === 'abort' && incident.status === 'handed-over' && known?.kind !== 'close')
    return {
      recorded: false,
      reason: 'handed-over',
      detail:
        'a person has this incident in hand: Sentinel does nothing more about it and undoes nothing; to end it, close it',
    };
  if (known === null || goesFurther(known.kind, kind)) return null;
  return {
    recorded: false,
    reason: 'already-decided',
    detail: `${nameOf(known.actor)} asked for ${known.kind} already`,
  };
}
