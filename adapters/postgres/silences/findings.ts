// Findings that a silence keeps from an incident: stored with it, and judged again when it ends, unless they have cleared by then.

import { type Kysely, sql } from 'kysely';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { LabelSet } from '../../../domain/silences/labels.ts';
import { type Compiled, type Holding, silencing } from '../../../domain/silences/silence.ts';
import { databaseNow, databaseNowMs } from '../clock.ts';
import type { Schema } from '../database/schema.ts';
import { eventIdOf } from '../event-ids.ts';
import { inParts } from '../parts.ts';
import { json, storable } from '../text.ts';
import type { SilenceBook } from './book.ts';

/** What silences mean for the findings of one transaction of correlation. */
export type SilencedBatch = {
  /** The silence that keeps it from an incident; null: none does. It is remembered with the silence then. */
  hold(anomaly: Anomaly, labels: LabelSet): Holding | null;
  /** It is over: nothing waits for it. True when it was silenced until now. */
  cleared(anomalyId: string): boolean;
  write(): Promise<void>;
};

export async function readSilenced(
  trx: Kysely<Schema>,
  book: SilenceBook,
  anomalies: readonly Anomaly[],
): Promise<SilencedBatch> {
  const all: readonly Compiled[] = await book.current(trx);
  const waiting = await waitingOf(trx, anomalies);
  const nowMs = all.length === 0 ? 0 : await databaseNowMs(trx);
  const held = new Map<string, { readonly holding: Holding; readonly anomaly: Anomaly }>();
  const over = new Set<string>();
  return {
    hold(anomaly, labels) {
      const holding = silencing(all, 'incidents', labels, nowMs);
      if (holding === null) return null;
      const id = storable(anomaly.id);
      held.set(id, { holding, anomaly });
      over.delete(id);
      return holding;
    },
    cleared(anomalyId) {
      const wasHeld = held.delete(anomalyId) || waiting.has(anomalyId);
      if (wasHeld) over.add(anomalyId);
      return wasHeld;
    },
    async write() {
      for (const rows of inParts([...held.values()])) await remember(trx, rows, nowMs);
      await forget(trx, over);
    },
  };
}

async function waitingOf(trx: Kysely<Schema>, anomalies: readonly Anomaly[]): Promise<ReadonlySet<string>> {
  const ids = anomalies.flatMap(({ id, state }) => (state === 'cleared' ? [storable(id)] : []));
  if (ids.length === 0) return new Set();
  const rows = await trx
    .selectFrom('silenced_findings')
    .select('anomaly_id')
    .where(sql<boolean>`anomaly_id = any(${ids}::text[])`)
    .where('due_at_ms', 'is not', null)
    .execute();
  return new Set(rows.map((row) => row.anomaly_id));
}

async function remember(
  trx: Kysely<Schema>,
  found: readonly { readonly holding: Holding; readonly anomaly: Anomaly }[],
  nowMs: number,
): Promise<void> {
  // Of each finding only one silence waits: the one that holds it now.
  await forget(trx, new Set(found.map(({ anomaly }) => storable(anomaly.id))));
  await trx
    .insertInto('silenced_findings')
    .values(
      found.map(({ holding, anomaly }) => ({
        silence_id: holding.silence.id,
        anomaly_id: storable(anomaly.id),
        environment: storable(anomaly.scope.environment),
        service: storable(anomaly.scope.service),
        severity: anomaly.severity,
        summary: storable(anomaly.title ?? anomaly.summary),
        body: json(anomaly),
        event_id: eventIdOf(storable(anomaly.id)),
        first_at_ms: nowMs,
        last_at_ms: nowMs,
        due_at_ms: holding.occurrence.endsAtMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['silence_id', 'anomaly_id']).doUpdateSet(({ ref }) => ({
        severity: ref('excluded.severity'),
        summary: ref('excluded.summary'),
        body: ref('excluded.body'),
        last_at_ms: ref('excluded.last_at_ms'),
        due_at_ms: ref('excluded.due_at_ms'),
      })),
    )
    .execute();
}

async function forget(trx: Kysely<Schema>, anomalyIds: ReadonlySet<string>): Promise<void> {
  if (anomalyIds.size === 0) return;
  await trx
    .updateTable('silenced_findings')
    .set({ due_at_ms: null })
    .where(sql<boolean>`anomaly_id = any(${[...anomalyIds]}::text[])`)
    .where('due_at_ms', 'is not', null)
    .execute();
}

/** The silence has ended, or ends sooner: what waits for it is judged again no later than that. */
export async function dueBy(trx: Kysely<Schema>, silenceId: string, atMs: number): Promise<void> {
  await trx
    .updateTable('silenced_findings')
    .set({ due_at_ms: atMs })
    .where('silence_id', '=', silenceId)
    .where('due_at_ms', '>', atMs)
    .execute();
}

/** Puts what is due back into the inbox, where it is judged like anything else; returns how many. From any process. */
export async function judgeAgain(trx: Kysely<Schema>, limit: number): Promise<number> {
  const due = await trx
    .selectFrom('silenced_findings')
    .select(['silence_id', 'anomaly_id', 'body', 'event_id', 'service', 'due_at_ms'])
    .where('due_at_ms', '<=', databaseNow)
    .orderBy('due_at_ms')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  if (due.length === 0) return 0;
  await trx
    .insertInto('inbox')
    .values(
      due.map(({ silence_id, anomaly_id, body, event_id, service, due_at_ms }) => ({
        id: `${silence_id}/${due_at_ms}/${anomaly_id}`,
        kind: 'anomaly' as const,
        // Its end comes after it, as it did when it was told first.
        ordering_key: body.detector === 'external' ? `anomaly/${body.seriesKey}` : `anomaly/${anomaly_id}`,
        body: json(body),
        status: 'pending' as const,
        received_at_ms: databaseNow,
        available_at_ms: 0,
        event_id,
        service,
      })),
    )
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
  await forget(trx, new Set(due.map((row) => row.anomaly_id)));
  return due.length;
}
