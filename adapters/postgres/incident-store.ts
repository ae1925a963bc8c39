// IncidentStore: the timeline of every incident and its read model, kept by the workflow's recordEvents activity.

import { type Kysely, sql } from 'kysely';
import type { IncidentStore } from '../../activities/ports.ts';
import { canonicalJson } from '../../domain/audit/canonical.ts';
import type { AuditEvent } from '../../domain/audit/event.ts';
import { isRollbackNews } from '../../domain/incident/decide.ts';
import type { IncidentEvent } from '../../domain/incident/events.ts';
import type { IncidentState } from '../../domain/incident/state.ts';
import type { LimitsConfig } from '../../domain/remediation/limits.ts';
import { countFiring, requeueFiring } from './alert-occurrences.ts';
import { appendAudit } from './audit/append.ts';
import { auditOfIncidentEvent } from './audit/incident-events.ts';
import { databaseNowMs } from './clock.ts';
import type { Schema } from './database/schema.ts';
import { sha256Hex } from './digest.ts';
import { lockEnvironment } from './episodes/lock.ts';
import { noteEffects } from './gate/note-effects.ts';
import { asStored, json, storable } from './text.ts';
import { transact } from './transact.ts';

/** The events of a batch do not continue what is stored: an earlier batch is still on its way. Retrying helps. */
export class IncidentEventGap extends Error {
  override readonly name = 'IncidentEventGap';
}

/** Another event is stored under the same number: history was about to be rewritten. Retrying does not help. */
export class IncidentEventConflict extends Error {
  override readonly name = 'IncidentEventConflict';
}

/** `limits` say when effects that did not help open a breaker. */
export function createIncidentStore(db: Kysely<Schema>, limits: LimitsConfig): IncidentStore {
  return {
    async recordEvents(incidentId, events, state, lostThrough = 0) {
      await transact(db, async (trx) => {
        const storedSeq = await lockIncident(trx, incidentId, state);
        const added = await appendEvents(trx, incidentId, events, lostThrough);
        if (state.lastSeq > storedSeq) await updateReadModel(trx, incidentId, events, state);
        await appendAudit(trx, auditEvents(incidentId, added, state));
        await noteHeard(trx, incidentId, added);
        await noteHandOver(trx, incidentId, added);
        await noteEffects(trx, state, added, limits);
      });
    },

    async state(incidentId) {
      const row = await db
        .selectFrom('incidents')
        .select('state')
        .where('id', '=', incidentId)
        .executeTakeFirst();
      return row?.state ?? null;
    },

    async timeline(incidentId) {
      const rows = await db
        .selectFrom('incident_events')
        .select('body')
        .where('incident_id', '=', incidentId)
        .orderBy('seq')
        .execute();
      return rows.map((row) => row.body);
    },

    firingAlerts: (incidentId) => countFiring(db, incidentId),

    async closeEpisode(incidentId, outcome, atMs) {
      const episode = await db
        .selectFrom('episodes')
        .select('environment')
        .where('incident_id', '=', incidentId)
        .executeTakeFirst();
      await transact(db, async (trx) => {
        if (episode !== undefined) {
          await lockEnvironment(trx, episode.environment);
          await trx
            .updateTable('episodes')
            .set({ closed_at_ms: atMs, outcome })
            .where('incident_id', '=', incidentId)
            .where('closed_at_ms', 'is', null)
            .execute();
          if (outcome === 'resolved' || outcome === 'self-recovered' || outcome === 'suppressed')
            await requeueFiring(trx, incidentId);
        }
        await giveUpUnsent(trx, incidentId);
        await releaseLeases(trx, incidentId);
      });
    },
  };
}

/** What the gate had granted and nobody sent is never sent any more: it must not look like something still to come. */
async function giveUpUnsent(trx: Kysely<Schema>, incidentId: string): Promise<void> {
  await trx
    .updateTable('intents')
    .set({
      status: 'failed',
      result: 'never sent: the incident ended first',
      updated_at_ms: await databaseNowMs(trx),
    })
    .where('incident_id', '=', incidentId)
    .where('status', '=', 'written')
    .where('rollback', 'is', null)
    .execute();
}

/** Creates the row when it is new and locks it, so that batches of one incident are recorded one after the other. */
async function lockIncident(trx: Kysely<Schema>, incidentId: string, state: IncidentState): Promise<number> {
  const { last_seq } = await trx
    .insertInto('incidents')
    .values({ id: incidentId, ...readModel(state), updated_at_ms: state.openedAtMs, last_seq: 0 })
    // An update of nothing: it locks the row that is there, and returns it.
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ id: incidentId }))
    .returning('last_seq')
    .executeTakeFirstOrThrow();
  return last_seq;
}

/** Stores the events that are new and returns them; throws when one contradicts or skips what is stored. */
async function appendEvents(
  trx: Kysely<Schema>,
  incidentId: string,
  events: readonly IncidentEvent[],
  lostThrough: number,
): Promise<readonly IncidentEvent[]> {
  const digests = new Map(events.map((event) => [event.seq, sha256Hex(canonicalJson(asStored(event)))]));
  if (digests.size === 0) return [];
  const stored = await trx
    .selectFrom('incident_events')
    .select(['seq', 'digest'])
    .where('incident_id', '=', incidentId)
    .where('seq', '>=', Math.min(...digests.keys()) - 1)
    .execute();
  for (const { seq, digest } of stored) {
    if (!digests.has(seq) || digests.get(seq) === digest) continue;
    throw new IncidentEventConflict(
      `${incidentId} has another event number ${seq}; the timeline is not rewritten`,
    );
  }
  const known = new Set(stored.map((row) => row.seq));
  const added = events
    .filter((event) => !known.has(event.seq))
    .toSorted((left, right) => left.seq - right.seq);
  if (added.length === 0) return [];
  const last = Math.max(lostThrough, ...known);
  added.forEach((event, index) => {
    if (event.seq === last + 1 + index) return;
    throw new IncidentEventGap(
      `${incidentId} got event number ${event.seq}, which does not continue what is stored`,
    );
  });
  await trx
    .insertInto('incident_events')
    .values(
      added.map((event) => ({
        incident_id: incidentId,
        seq: event.seq,
        at_ms: event.atMs,
        type: event.type,
        body: json(event),
        digest: digests.get(event.seq) ?? '',
      })),
    )
    .execute();
  return added;
}

async function updateReadModel(
  trx: Kysely<Schema>,
  incidentId: string,
  events: readonly IncidentEvent[],
  state: IncidentState,
): Promise<void> {
  const updatedAtMs = events.reduce((latest, event) => Math.max(latest, event.atMs), state.openedAtMs);
  await trx
    .updateTable('incidents')
    .set({
      ...readModel(state),
      updated_at_ms: updatedAtMs,
      last_seq: state.lastSeq,
      changed_xid: sql`pg_current_xact_id()`,
    })
    .where('id', '=', incidentId)
    .execute();
}

function readModel(state: IncidentState) {
  return {
    environment: state.scope.environment,
    service: state.scope.service,
    title: storable(state.title),
    severity: state.severity,
    status: state.status,
    outcome: state.outcome,
    attempt: state.attempt,
    plan_hash: state.hashedPlan?.planHash ?? null,
    opened_at_ms: state.openedAtMs,
    closed_at_ms: state.closedAtMs,
    state: json(state),
  };
}

function auditEvents(
  incidentId: string,
  added: readonly IncidentEvent[],
  state: IncidentState,
): readonly AuditEvent[] {
  const planHash = state.hashedPlan?.planHash ?? null;
  return added.flatMap((event) => auditOfIncidentEvent(incidentId, event, planHash) ?? []);
}

/** From here on a person acts: Sentinel holds no target any more, and new trouble gets an incident of its own. */
async function noteHandOver(
  trx: Kysely<Schema>,
  incidentId: string,
  added: readonly IncidentEvent[],
): Promise<void> {
  const handedOver = added.find((event) => event.type === 'handed-over');
  if (handedOver === undefined) return;
  await trx
    .updateTable('episodes')
    .set({ handed_over_at_ms: handedOver.atMs })
    .where('incident_id', '=', incidentId)
    .where('handed_over_at_ms', 'is', null)
    .execute();
  await releaseLeases(trx, incidentId);
}

/** What people asked to be undone goes on, whatever becomes of the incident. */
async function releaseLeases(trx: Kysely<Schema>, incidentId: string): Promise<void> {
  await trx
    .deleteFrom('leases')
    .where('incident_id', '=', incidentId)
    .where(
      sql<boolean>`not exists (
        select from intents where intents.incident_id = leases.incident_id and intents.fence = leases.fence
          and intents.rollback is not null and intents.status in ('written', 'sent'))`,
    )
    .execute();
}

/** What is recorded was heard: assignments, decisions and settled effects need no redelivery any more. */
async function noteHeard(
  trx: Kysely<Schema>,
  incidentId: string,
  added: readonly IncidentEvent[],
): Promise<void> {
  const anomalies = added.flatMap((event) =>
    event.type === 'anomaly-observed' ? [storable(event.anomaly.id)] : [],
  );
  if (anomalies.length > 0) {
    await trx
      .updateTable('anomaly_assignments')
      .set({ heard: true })
      .where('anomaly_id', 'in', anomalies)
      .where('incident_id', '=', incidentId)
      .execute();
  }
  const news = added.flatMap((event) => (isRollbackNews(event) ? [event.newsId] : []));
  if (news.length > 0) {
    await trx
      .updateTable('rollback_news')
      .set({ delivered_at_ms: await databaseNowMs(trx) })
      .where('id', 'in', news)
      .where('delivered_at_ms', 'is', null)
      .execute();
  }
  const settled = added.flatMap((event) => (event.type === 'effect-settled' ? [event.intentId] : []));
  if (settled.length > 0) {
    await trx
      .updateTable('effect_settlements')
      .set({ delivered_at_ms: await databaseNowMs(trx) })
      .where('intent_id', 'in', settled)
      .where('delivered_at_ms', 'is', null)
      .execute();
  }
  const approvals = added.flatMap((event) => (event.type === 'approval-recorded' ? [event.approvalId] : []));
  if (approvals.length > 0) {
    await trx
      .updateTable('approvals')
      .set({ delivered_at_ms: await databaseNowMs(trx) })
      .where('id', 'in', approvals)
      .where('delivered_at_ms', 'is', null)
      .execute();
  }
}
