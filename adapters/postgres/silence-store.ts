// Silences: what people ask to hear nothing of. Every change is a version of its own, audited, and made under the lock of the kill
// switch: it waits for the gates under way, and every gate after it sees the change.

import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { StoredSilences } from '../../activities/ports.ts';
import type { Principal } from '../../api/ports/principal.ts';
import type {
  SilencedNow as SilencedBySilence,
  SilenceRefusal,
  SilenceResult,
  Silences,
} from '../../api/ports/silences.ts';
import type { SilencedBy } from '../../domain/incident/events.ts';
import { actorOf, nameOf } from '../../domain/policy/identity.ts';
import { matchersText } from '../../domain/silences/matchers.ts';
import { lastEndMs, scheduleText } from '../../domain/silences/schedule.ts';
import {
  mayBeSilencedBy,
  problemOf,
  type Silence,
  type SilenceLimits,
  type SilenceTerms,
  stateOf,
} from '../../domain/silences/silence.ts';
import { appendAudit } from './audit/append.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { lockKillSwitch } from './gate/locks.ts';
import { noteChange, type SilenceBook } from './silences/book.ts';
import { dueBy } from './silences/findings.ts';
import { previewOf, silencedIncident, silencedService } from './silences/looks.ts';
import { asStored, json, storable } from './text.ts';
import { transact } from './transact.ts';

/** Silences that hold or will hold; each finding is compared with all of them. */
const mostAtOnce = 1_000;
const listedAfterEndMs = 30 * 86_400_000;
const listedFindings = 100;

export function createSilences(
  db: Kysely<Schema>,
  book: SilenceBook,
  limits: SilenceLimits,
): Silences & StoredSilences {
  return {
    async list() {
      const nowMs = await databaseNowMs(db);
      const since = nowMs - listedAfterEndMs;
      const rows = await db
        .selectFrom('silences')
        .select('body')
        .where(({ or, eb }) => or([eb('ended_at_ms', 'is', null), eb('ended_at_ms', '>', since)]))
        .where(({ or, eb }) => or([eb('last_end_ms', 'is', null), eb('last_end_ms', '>', since)]))
        .orderBy('created_at_ms', 'desc')
        .orderBy('id')
        .limit(mostAtOnce)
        .execute();
      return rows.map(({ body }) => body);
    },

    get: (id) => silenceOf(db, id),

    async findings(id) {
      const rows = await db
        .selectFrom('silenced_findings')
        .select(['anomaly_id as anomalyId', 'environment', 'service', 'severity', 'summary'])
        .select(['first_at_ms as firstAtMs', 'last_at_ms as lastAtMs', 'due_at_ms as dueAtMs'])
        .where('silence_id', '=', storable(id))
        .orderBy('last_at_ms', 'desc')
        .orderBy('anomaly_id')
        .limit(listedFindings)
        .execute();
      return rows;
    },

    async versions(id) {
      const rows = await db
        .selectFrom('silence_versions')
        .select('body')
        .where('id', '=', storable(id))
        .orderBy('version')
        .execute();
      return rows.map(({ body }) => body);
    },

    create: (terms, principal) =>
      transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const nowMs = await databaseNowMs(trx);
        const refused = objection(terms, principal, limits, nowMs) ?? (await tooMany(trx));
        if (refused !== null) return audited(trx, 'silence.create', null, terms, principal, refused, nowMs);
        const by = actorOf(principal);
        const silence: Silence = {
          ...terms,
          id: `silence-${randomBytes(5).toString('hex')}`,
          version: 1,
          ...{
            createdBy: by,
            createdAtMs: nowMs,
            changedBy: by,
            changedAtMs: nowMs,
            ended: null,
            source: null,
          },
        };
        await storeSilence(trx, silence);
        return audited(trx, 'silence.create', silence, terms, principal, null, nowMs);
      }),

    change: (id, terms, principal) =>
      transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const nowMs = await databaseNowMs(trx);
        const known = await silenceOf(trx, id);
        const refused = cannotChange(known, principal, nowMs) ?? objection(terms, principal, limits, nowMs);
        if (refused !== null || known === null)
          return audited(trx, 'silence.change', known, terms, principal, refused ?? unknown(id), nowMs);
        const silence: Silence = {
          ...known,
          ...terms,
          version: known.version + 1,
          ...{ changedBy: actorOf(principal), changedAtMs: nowMs },
        };
        await storeSilence(trx, silence);
        // What waits for it may be its business no more, or for longer: it is judged again at once, and held again where it still is.
        await dueBy(trx, id, nowMs);
        return audited(trx, 'silence.change', silence, terms, principal, null, nowMs);
      }),

    end: (id, reason, principal) =>
      transact(db, async (trx) => {
        await lockKillSwitch(trx);
        const nowMs = await databaseNowMs(trx);
        const known = await silenceOf(trx, id);
        const refused = cannotChange(known, principal, nowMs);
        // Asked for again: it is as it should be.
        if (refused?.reason === 'expired' && known?.ended != null) return { made: true, silence: known };
        if (refused !== null || known === null)
          return audited(trx, 'silence.end', known, known, principal, refused ?? unknown(id), nowMs, reason);
        const ended = { atMs: nowMs, by: actorOf(principal), reason };
        const silence: Silence = {
          ...known,
          version: known.version + 1,
          ...{ changedBy: actorOf(principal), changedAtMs: nowMs, ended },
        };
        await storeSilence(trx, silence);
        await dueBy(trx, id, nowMs);
        return audited(trx, 'silence.end', silence, silence, principal, null, nowMs, reason);
      }),

    preview: (matchers) => previewOf(db, matchers),
    async read(incidentId) {
      const { incidents, actions } = await silencedIncident(db, book, incidentId);
      return { incidents: saidBy(incidents), actions: saidBy(actions) };
    },

    ofIncident: (incidentId) => silencedIncident(db, book, incidentId),
    ofService: (environment, service) => silencedService(db, book, { environment, service }),
  };
}

function saidBy(held: SilencedBySilence | null): SilencedBy | null {
  if (held === null) return null;
  const { id, createdBy, reason } = held.silence;
  return { silenceId: id, actor: createdBy, reason, untilMs: held.occurrence.endsAtMs };
}

async function silenceOf(db: Kysely<Schema>, id: string): Promise<Silence | null> {
  const row = await db
    .selectFrom('silences')
    .select('body')
    .where('id', '=', storable(id))
    .executeTakeFirst();
  return row?.body ?? null;
}

/** Keeps this version, and everybody reads silences again. */
export async function storeSilence(trx: Kysely<Schema>, given: Silence): Promise<void> {
  const silence = asStored(given);
  const { id, version, createdAtMs, ended, schedule, source } = silence;
  const body = json(silence);
  const row = { version, body, last_end_ms: lastEndMs(schedule), ended_at_ms: ended?.atMs ?? null };
  await trx
    .insertInto('silences')
    .values({
      ...{ id, created_at_ms: createdAtMs, ...row },
      ...{ source: source?.name ?? null, source_id: source?.id ?? null },
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
  await trx.insertInto('silence_versions').values({ id, version, body }).execute();
  await noteChange(trx);
}

function objection(
  terms: SilenceTerms,
  principal: Principal,
  limits: SilenceLimits,
  nowMs: number,
): SilenceRefusal | null {
  if (!mayBeSilencedBy(principal.reach, terms.matchers)) return outOfReach(principal);
  const problem = problemOf(terms, limits, nowMs);
  return problem === null ? null : { made: false, reason: 'invalid', problem };
}

function cannotChange(known: Silence | null, principal: Principal, nowMs: number): SilenceRefusal | null {
  if (known === null) return null;
  if (!mayBeSilencedBy(principal.reach, known.matchers)) return outOfReach(principal);
  if (known.source !== null) {
    const detail = `it is read from ${known.source.name}: change it there`;
    return { made: false, reason: 'read-only', detail };
  }
  if (stateOf(known, nowMs) !== 'expired') return null;
  return { made: false, reason: 'expired', detail: 'it is over, and does not begin again; make a new one' };
}

function outOfReach(principal: Principal): SilenceRefusal {
  const who = nameOf(actorOf(principal));
  const detail = `the key of ${who} does not reach what this silences: its matchers must name (with =) an environment, and a service, that it reaches`;
  return { made: false, reason: 'out-of-reach', detail };
}

function unknown(id: string): SilenceRefusal {
  return { made: false, reason: 'unknown', detail: `there is no silence ${id}` };
}

async function tooMany(trx: Kysely<Schema>): Promise<SilenceRefusal | null> {
  const nowMs = await databaseNowMs(trx);
  const { count } = await trx
    .selectFrom('silences')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('ended_at_ms', 'is', null)
    .where(({ or, eb }) => or([eb('last_end_ms', 'is', null), eb('last_end_ms', '>', nowMs)]))
    .executeTakeFirstOrThrow();
  if (Number(count) < mostAtOnce) return null;
  return { made: false, reason: 'too-many', detail: `there are ${count} silences already: end some` };
}

async function audited(
  trx: Kysely<Schema>,
  action: 'silence.create' | 'silence.change' | 'silence.end',
  silence: Silence | null,
  terms: SilenceTerms | null,
  principal: Principal,
  refused: SilenceRefusal | null,
  atMs: number,
  reason = terms?.reason ?? '',
): Promise<SilenceResult> {
  const said: Readonly<Record<string, string>> = refused === null ? {} : { refused: refused.reason };
  const what =
    terms === null
      ? {}
      : {
          ...{
            kind: terms.kind,
            matchers: matchersText(terms.matchers),
            schedule: scheduleText(terms.schedule),
          },
          ...{ silences: terms.silences.join(', '), ticket: terms.ticket },
        };
  // What is unknown, or malformed, changed nothing and is about nothing.
  if (refused === null || refused.reason === 'out-of-reach' || refused.reason === 'read-only')
    await appendAudit(trx, [
      {
        ...{ actor: actorOf(principal), action, atMs, reason: storable(reason) },
        ...{ subject: silence === null ? 'silence/new' : `silence/${silence.id}`, planHash: null },
        details: { keyId: principal.keyId, version: silence?.version ?? 0, ...what, ...said },
      },
    ]);
  if (refused !== null) return refused;
  if (silence === null) throw new Error('a silence was to be made, and is not there');
  return { made: true, silence };
}
