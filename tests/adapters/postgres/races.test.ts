// Many at the same moment, on real connections: one outcome.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../adapters/postgres/index.ts';
import type { GateResult } from '../../../domain/remediation/intent.ts';
import { describePostgresStores, testLimits } from '../../support/stores.ts';
import {
  anomalyOf,
  askPeople,
  oneOperator,
  passGate,
  person,
  type Ready,
  readyToAct,
  tell,
  twoOperators,
  unique,
} from './fixtures.ts';

const crowd = Array.from({ length: 20 }, (_, index) => index);

function input({ incidentId, planHash }: Ready) {
  return { incidentId, planHash, step: 0, direction: 'forward' as const };
}

async function waitingForLocks({ db }: Database): Promise<number> {
  const { rows } = await sql`select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return rows.length;
}

/** What leads up to the race is none: all of it waits for the one lock of its environment. */
async function oneByOne(make: (index: number) => Promise<Ready>): Promise<readonly Ready[]> {
  const made: Ready[] = [];
  for (const index of crowd) made.push(await make(index));
  return made;
}

await describePostgresStores('races', (use) => {
  test('twenty incidents at one target: one gets it, the others hear who has it', async () => {
    const { stores } = use();
    const environment = unique('env');
    const all = await oneByOne(() => readyToAct(stores, { environment }));
    const results = await Promise.all(all.map((ready) => passGate(stores, input(ready))));
    expect(results.filter((result) => result.granted)).toHaveLength(1);
    const refusals = results.flatMap((result) => (result.granted ? [] : result.reason));
    expect(new Set(refusals)).toEqual(new Set(['target-leased']));
  });

  test('twenty calls for one step: one intent, told to all', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores);
    const results = await Promise.all(crowd.map(() => passGate(stores, input(ready))));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(results[0]).toMatchObject({ granted: true });
    const grants = await database.db
      .selectFrom('audit')
      .select('seq')
      .where('subject', '=', ready.incidentId)
      .where('action', '=', 'gate.grant')
      .execute();
    expect(grants).toHaveLength(1);
  });

  test('twenty workers about to send one intent: one of them is the first', async () => {
    const { stores } = use();
    const passed = await passGate(stores, input(await readyToAct(stores)));
    if (!passed.granted) throw new Error(passed.detail);
    const marks = await Promise.all(crowd.map(() => stores.gate.mark(passed.intent.id, 'sent', 'sending')));
    expect(marks.filter(({ send }) => send !== null)).toHaveLength(1);
    expect(marks.filter(({ overtaken }) => overtaken)).toHaveLength(crowd.length - 1);
    const ends = await Promise.all(
      crowd.map((index) =>
        stores.gate.mark(passed.intent.id, index % 2 === 0 ? 'applied' : 'failed', `${index}`),
      ),
    );
    expect(ends.filter(({ before }) => before === 'sent')).toHaveLength(1);
  });

  test('the limit holds exactly, however many ask at once', async () => {
    const { stores, withOptions, database } = use();
    const environment = unique('env');
    const all = await oneByOne((index) => readyToAct(stores, { environment, service: `s${index}` }));
    const limited = withOptions({
      limits: {
        ...testLimits,
        effectsPerEnvironmentPerHour: 7,
      },
    });
    const results = await Promise.all(all.map((ready) => passGate(limited, input(ready))));
    expect(results.filter((result) => result.granted)).toHaveLength(7);
    const { rows } = await sql`select 1 from intents where environment = ${environment}`.execute(database.db);
    expect(rows).toHaveLength(7);
  });

  test('once the kill switch is set nothing passes any more, whatever was under way', async () => {
    const { stores, database } = use();
    const environment = unique('env');
    const all = await oneByOne((index) => readyToAct(stores, { environment, service: `s${index}` }));
    const count = async () =>
      (await sql`select 1 from intents where environment = ${environment}`.execute(database.db)).rows.length;
    let whenSet = -1;
    const passes = all.map((ready) => passGate(stores, input(ready)));
    await stores.killSwitch.set(environment, true, person('ada', 'admin'), 'stop');
    whenSet = await count();
    const results = await Promise.all(passes);
    expect(results.filter((result) => result.granted)).toHaveLength(whenSet);
    expect(await count()).toBe(whenSet);
  });

  test('an incident that is being closed: the gate waits for the close, and refuses', async () => {
    const { stores, database } = use();
    const ready = await readyToAct(stores);
    let passing: Promise<GateResult> | undefined;
    await database.db.transaction().execute(async (trx) => {
      await sql`update incidents set status = 'closed' where id = ${ready.incidentId}`.execute(trx);
      passing = passGate(stores, input(ready));
      await expect.poll(() => waitingForLocks(database)).toBeGreaterThan(0);
    });
    expect(await passing).toMatchObject({ granted: false, reason: 'incident-closed' });
  });

  test('a lease that is being renewed for a call is not taken over, however late the renewal', async () => {
    const { stores, database } = use();
    const first = await readyToAct(stores);
    const second = await readyToAct(stores, { environment: first.environment });
    const passed = await passGate(stores, input(first));
    if (!passed.granted) throw new Error(passed.detail);
    const lease = sql`target_key = ${`service/${first.environment}/api`}`;
    await sql`update leases set expires_at_ms = 0 where ${lease}`.execute(database.db);
    let passing: Promise<GateResult> | undefined;
    await database.db.transaction().execute(async (trx) => {
      await sql`update leases set expires_at_ms = ${Date.now() + 60_000} where ${lease}`.execute(trx);
      passing = passGate(stores, input(second));
      await expect.poll(() => waitingForLocks(database)).toBeGreaterThan(0);
    });
    expect(await passing).toMatchObject({ granted: false, reason: 'target-leased' });
  });

  test('twenty people decide at once about one plan that needs one: the first counts, the rest come too late', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: oneOperator });
    await askPeople(stores, ready);
    const { incidentId, planHash } = ready;
    const results = await Promise.all(
      crowd.map((index) =>
        stores.approvals.decide({
          incidentId,
          planHash,
          principal: person(`p${index}`),
          decision: index % 2 === 0 ? 'approve' : 'reject',
          reason: '',
        }),
      ),
    );
    const recorded = results.flatMap((result) => (result.recorded ? [result.decision] : []));
    expect(recorded).toHaveLength(1);
    const status = await stores.approvalRequests.status(incidentId, planHash, 0);
    expect(status.kind).toBe(recorded[0]?.decision === 'approve' ? 'granted' : 'rejected');
  });

  test('one person clicks twenty times: one approval', async () => {
    const { stores } = use();
    const ready = await readyToAct(stores, { verdict: twoOperators });
    await askPeople(stores, ready);
    const { incidentId, planHash } = ready;
    const results = await Promise.all(
      crowd.map(() =>
        stores.approvals.decide({
          incidentId,
          planHash,
          principal: person('ann'),
          decision: 'approve',
          reason: '',
        }),
      ),
    );
    expect(results.filter((result) => result.recorded && !result.repeated)).toHaveLength(1);
    expect(new Set(results.map((result) => (result.recorded ? result.decision.approvalId : ''))).size).toBe(
      1,
    );
    expect(await stores.approvalRequests.status(incidentId, planHash, 0)).toEqual({ kind: 'pending' });
  });

  test('twenty anomalies of one service at once: one episode', async () => {
    const { stores } = use();
    const environment = unique('env');
    const config = { windowMs: 60_000, maxHops: 1 };
    const assigned = await Promise.all(
      crowd.map((index) =>
        stores.episodes.assign(anomalyOf({ environment, onsetMs: 1_000 + index }), config),
      ),
    );
    const ids = assigned.map((one) => (one.kind === 'incident' ? one.input.incidentId : one.reason));
    expect(new Set(ids).size).toBe(1);
  });

  test('twenty processes take from one inbox: every item once', async () => {
    const { stores } = use();
    const ids = Array.from({ length: 200 }, () => unique('item'));
    await stores.inbox.put(
      ids.map((id) => ({ id, kind: 'anomaly', anomaly: anomalyOf({ environment: 'e' }) })),
    );
    const taken: string[] = [];
    await Promise.all(
      crowd.map(async () => {
        for (;;) {
          const items = await stores.inbox.take(7, 60_000);
          if (items.length === 0) return;
          taken.push(...items.map((item) => item.id));
        }
      }),
    );
    expect(taken.toSorted()).toEqual(ids.toSorted());
  });

  test('the same events recorded by two tries of an activity at once: stored once', async () => {
    const { stores } = use();
    const told = tell(stores, unique('env'));
    await told.record(told.opened);
    const note = { seq: 2, atMs: 5, type: 'note-added' as const, noteId: 'n1', actor: 'ann', text: 'hello' };
    const state = { ...told.state(), lastSeq: 2 };
    await Promise.all(crowd.map(() => stores.incidents.recordEvents(told.incidentId, [note], state)));
    expect(await stores.incidents.timeline(told.incidentId)).toHaveLength(2);
  });

  test('senders that put the same items in different orders do not lock each other out', async () => {
    const { stores } = use();
    const items = Array.from({ length: 100 }, () => ({
      id: unique('item'),
      kind: 'anomaly' as const,
      anomaly: anomalyOf({ environment: 'e' }),
    }));
    const added = await Promise.all(
      crowd.slice(0, 4).map((index) => stores.inbox.put(index % 2 === 0 ? items : items.toReversed())),
    );
    expect(added.reduce((sum, count) => sum + count, 0)).toBe(items.length);
  });
});

await describePostgresStores('several processes start at once', (use) => {
  test('they migrate one after the other, and all find the schema', async () => {
    const { database } = use();
    const url = `postgres://postgres@${database.location}`;
    const opened = await Promise.all(crowd.slice(0, 5).map(() => openDatabase({ url, maxConnections: 2 })));
    await Promise.all(opened.map((one) => one.ping()));
    await Promise.all(opened.map((one) => one.close()));
    expect(opened.map((one) => one.kind)).toEqual(Array(5).fill('server'));
  });
});
