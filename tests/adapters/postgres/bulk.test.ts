/** What is written in bulk: all of it, in parts that every statement can take, and never over what is newer. */
import { InsertQueryNode, type Kysely, type KyselyPlugin, sql, ValuesNode } from 'kysely';
import { expect, test } from 'vitest';
import { requeueFiring } from '../../../adapters/postgres/alert-occurrences.ts';
import type { Schema } from '../../../adapters/postgres/database/schema.ts';
import { createEpisodes } from '../../../adapters/postgres/episodes/episodes.ts';
import { createInbox } from '../../../adapters/postgres/inbox/inbox.ts';
import { inParts, rowsPerStatement } from '../../../adapters/postgres/parts.ts';
import { createSilenceBook } from '../../../adapters/postgres/silences/book.ts';
import { createTelemetryNotes } from '../../../adapters/postgres/telemetry-notes.ts';
import { reportItem } from '../../../ingest/events/items.ts';
import { describeStores } from '../../support/stores.ts';
import { anomalyOf, comesBack, passGate, readyToAct, unique } from './fixtures.ts';

const config = { windowMs: 120_000, maxHops: 0 };
const many = 2 * rowsPerStatement + 100;
const numbers = Array.from({ length: many }, (_, index) => index);

/** The database, and how many rows its largest insert had. */
function watched(db: Kysely<Schema>): { readonly db: Kysely<Schema>; largest(): number } {
  let largest = 0;
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      if (InsertQueryNode.is(node) && node.values !== undefined && ValuesNode.is(node.values))
        largest = Math.max(largest, node.values.values.length);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  return { db: db.withPlugin(plugin), largest: () => largest };
}

async function count(
  db: Kysely<Schema>,
  statement: ReturnType<typeof sql<{ count: number }>>,
): Promise<number> {
  const { rows } = await statement.execute(db);
  return Number(rows[0]?.count);
}

test.each([0, 1, rowsPerStatement, rowsPerStatement + 1, many])(
  '%i rows in parts are those rows, in their order',
  (size) => {
    const rows = numbers.slice(0, size);
    expect(inParts(rows).flat()).toEqual(rows);
    for (const part of inParts(rows)) {
      expect(part.length).toBeGreaterThan(0);
      expect(part.length).toBeLessThanOrEqual(rowsPerStatement);
    }
  },
);

await describeStores('in bulk', (use) => {
  test('anomalies are assigned, each with its service', async () => {
    const { db, largest } = watched(use().database.db);
    const environment = unique('env');
    const episodes = createEpisodes(db, createSilenceBook(), { lateFindingsMs: 0, followsWithinMs: 0 });
    const onsetMs = Date.now();
    const series = Object.fromEntries(numbers.map((index) => [index, `s-${index}`]));
    await episodes.rememberEdges(
      environment,
      numbers.map((index) => ({ caller: 'api', callee: series[index] ?? '' })),
    );
    const anomalies = numbers.map((index) =>
      anomalyOf({ environment, service: index === 0 ? 'api' : `s-${index}`, onsetMs }),
    );
    const assigned = await episodes.assignAll(anomalies, { windowMs: 120_000, maxHops: 1 });
    const ids = new Set(assigned.map((one) => (one.kind === 'incident' ? one.input.incidentId : one.reason)));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect(await count(db, sql`select count(*) from anomaly_assignments where incident_id = ${id}`)).toBe(
      many,
    );
    expect(await count(db, sql`select count(*) from episode_services where incident_id = ${id}`)).toBe(many);
    expect(await count(db, sql`select count(*) from service_edges where environment = ${environment}`)).toBe(
      many,
    );
    expect(largest()).toBe(rowsPerStatement);
  });

  test('alerts are taken in, and what fires on is looked at again', async () => {
    const { db, largest } = watched(use().database.db);
    const environment = unique('env');
    const alert = (index: number) => {
      const what = { kind: 'alert', id: `disk-${index}`, status: 'firing', severity: 'critical' } as const;
      const words = { title: 'disk is full', source: 'zabbix', attributes: {} };
      const scope = { environment, service: 'file-store' };
      const occurrence = { startsAtMs: null, endsAtMs: null, once: false, place: null };
      return reportItem({ ...what, ...words, scope, atMs: Date.now() }, Date.now(), occurrence);
    };
    const items = numbers.map(alert);
    expect(await createInbox(db).put(items)).toBe(many);
    expect(largest()).toBe(rowsPerStatement);
    const own = sql<{
      count: number;
    }>`select count(*) from alerts where anomaly::text like ${`%${environment}%`}`;
    expect(await count(db, own)).toBe(many);

    const { incidentId } = await comesBack(use().stores, environment);
    await sql`
      insert into anomaly_assignments (anomaly_id, incident_id, assigned_at_ms)
      select anomaly_id, ${incidentId}, 0 from alerts where anomaly::text like ${`%${environment}%`}`.execute(
      db,
    );
    const before = watched(use().database.db);
    await requeueFiring(before.db, incidentId);
    const after = sql<{
      count: number;
    }>`select count(*) from inbox where id like ${`%/firing/after/${incidentId}`}`;
    expect(await count(db, after)).toBe(many);
    expect(before.largest()).toBe(rowsPerStatement);
  });

  test('what had no effect, and what instances are made of, is noted', async () => {
    const { db, largest } = watched(use().database.db);
    const notes = createTelemetryNotes(db);
    const environment = unique('env');
    const refused = { environment, signal: 'traces', reason: 'late-span', records: 1, example: 'x', atMs: 1 };
    await notes.refused(numbers.map((index) => ({ ...refused, service: `s-${index}` })));
    const resource = { environment, service: 'api', attributes: {} };
    await notes.resources(numbers.map((index) => ({ ...resource, resourceId: `r-${index}` })));
    expect(
      await count(db, sql`select count(*) from refused_telemetry where environment = ${environment}`),
    ).toBe(many);
    expect(
      await count(db, sql`select count(*) from telemetry_resources where environment = ${environment}`),
    ).toBe(many);
    expect(largest()).toBe(rowsPerStatement);
  });
});

await describeStores('an update', (use) => {
  const episode = (incidentId: string) =>
    use()
      .database.db.selectFrom('episodes')
      .selectAll()
      .where('incident_id', '=', incidentId)
      .executeTakeFirstOrThrow();

  test('of the latest anomaly of an incident does not go back, within a batch and after it', async () => {
    const { stores } = use();
    const environment = unique('env');
    const nowMs = Date.now();
    const at = (ms: number) => anomalyOf({ environment, onsetMs: nowMs + ms });
    const [first] = await stores.episodes.assignAll([at(0), at(9_000), at(3_000)], config);
    if (first?.kind !== 'incident') throw new Error('the first opens an incident');
    const { incidentId } = first.input;
    expect(await episode(incidentId)).toMatchObject({ last_anomaly_ms: nowMs + 9_000 });
    await stores.episodes.assign(at(5_000), config);
    expect(await episode(incidentId)).toMatchObject({ last_anomaly_ms: nowMs + 9_000 });
    await stores.episodes.assign(at(10_000), config);
    expect(await episode(incidentId)).toMatchObject({ last_anomaly_ms: nowMs + 10_000 });
  });

  test('of an end, or of a hand-over, does not change the first', async () => {
    const { stores } = use();
    const told = await comesBack(stores, unique('env'));
    const { incidentId } = told;
    const handedOver = { type: 'handed-over', reason: 'r', actor: 'system:sentinel' } as const;
    await told.record({ ...handedOver, outcome: 'escalated' });
    const { handed_over_at_ms: handedOverAtMs } = await episode(incidentId);
    expect(handedOverAtMs).not.toBeNull();
    const last = told.events.at(-1);
    if (last === undefined) throw new Error('the incident has events');
    const later = { ...last, seq: last.seq + 1, atMs: last.atMs + 60_000 };
    await stores.incidents.recordEvents(incidentId, [later], { ...told.state(), lastSeq: later.seq });
    expect(await episode(incidentId)).toMatchObject({ handed_over_at_ms: handedOverAtMs });
    await stores.incidents.closeEpisode(incidentId, 'escalated', 1_000);
    await stores.incidents.closeEpisode(incidentId, 'resolved', 2_000);
    await stores.episodes.abandon(incidentId);
    expect(await episode(incidentId)).toMatchObject({ closed_at_ms: 1_000, outcome: 'escalated' });
  });

  test('of an edge is written at most once a minute', async () => {
    const { stores, database } = use();
    const environment = unique('env');
    const edge = { caller: 'web', callee: 'api' };
    const seen = async (): Promise<number> => {
      const row = await database.db
        .selectFrom('service_edges')
        .select('seen_at_ms')
        .where('environment', '=', environment)
        .executeTakeFirstOrThrow();
      return row.seen_at_ms;
    };
    const age = (ms: number) =>
      database.db
        .updateTable('service_edges')
        .set(({ eb }) => ({ seen_at_ms: eb('seen_at_ms', '-', ms) }))
        .where('environment', '=', environment)
        .execute();
    await stores.episodes.rememberEdges(environment, [edge]);
    await age(30_000);
    const before = await seen();
    await stores.episodes.rememberEdges(environment, [edge]);
    expect(await seen()).toBe(before);
    await age(31_000);
    await stores.episodes.rememberEdges(environment, [edge]);
    expect(await seen()).toBeGreaterThan(before);
  });

  test('of an item of the inbox that is done or dead changes nothing any more', async () => {
    const { stores, database } = use();
    const put = async () => {
      const id = unique('item');
      await stores.inbox.put([{ id, kind: 'anomaly', anomaly: anomalyOf({ environment: 'e' }) }]);
      return id;
    };
    const row = (id: string) =>
      database.db
        .selectFrom('inbox')
        .select(['status', 'reason', 'finished_at_ms'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
    const [done, dead] = [await put(), await put()];
    await stores.inbox.done(done);
    await stores.inbox.failed([dead], 'it breaks', null);
    const before = [await row(done), await row(dead)];
    await stores.inbox.failed([done], 'too late', null);
    await stores.inbox.done(dead);
    expect([await row(done), await row(dead)]).toEqual(before);
    expect(before).toMatchObject([{ status: 'done' }, { status: 'dead', reason: 'it breaks' }]);
  });

  test('of what had no effect does not make it older', async () => {
    const { stores } = use();
    const service = unique('service');
    const row = {
      environment: 'e',
      service,
      signal: 'traces',
      reason: 'late-span',
      records: 1,
      example: 'x',
    };
    const nowMs = Date.now();
    await stores.telemetryNotes.refused([{ ...row, atMs: nowMs }]);
    await stores.telemetryNotes.refused([{ ...row, atMs: nowMs - 60_000 }]);
    const { refused } = await stores.records.explain(service);
    expect(refused).toMatchObject([{ records: 2, lastAtMs: nowMs }]);
  });

  test.each([
    ['written', { status: 'failed', result: 'never sent: the incident ended first' }],
    ['uncertain', { status: 'uncertain', result: 'nobody knows' }],
  ] as const)(
    'of an effect that is %s when its incident ends gives up only what was never sent',
    async (status, then) => {
      const { stores, database } = use();
      const ready = await readyToAct(stores);
      const { incidentId, planHash } = ready;
      const passed = await passGate(stores, { incidentId, planHash, step: 0, direction: 'forward' });
      if (!passed.granted) throw new Error(passed.detail);
      if (status === 'uncertain')
        for (const next of ['sent', status] as const)
          await stores.gate.mark(passed.intent.id, next, 'nobody knows');
      await stores.incidents.closeEpisode(incidentId, 'escalated', Date.now());
      const row = await database.db
        .selectFrom('intents')
        .select(['status', 'result'])
        .where('id', '=', passed.intent.id)
        .executeTakeFirst();
      expect(row).toEqual(then);
    },
  );
});
