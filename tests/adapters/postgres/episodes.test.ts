// Which incident an anomaly belongs to.

import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Anomaly } from '../../../domain/detection/anomaly.ts';
import type { Assignment } from '../../../ingest/ports.ts';
import { describeStores, type StoresUnderTest } from '../../support/stores.ts';
import { anomalyOf, tell, unique } from './fixtures.ts';

const config = { windowMs: 120_000, maxHops: 1 };
const longAgoMs = 1_000_000;

async function assign({ stores }: StoresUnderTest, anomaly: Anomaly): Promise<Assignment> {
  return stores.episodes.assign(anomaly, config);
}

async function incidentOf(under: StoresUnderTest, anomaly: Anomaly) {
  const assignment = await assign(under, anomaly);
  if (assignment.kind !== 'incident') throw new Error(`ignored: ${assignment.reason}`);
  return assignment.input;
}

/** The workflow has recorded the anomaly. */
async function heard({ stores }: StoresUnderTest, incidentId: string, anomaly: Anomaly) {
  const told = tell(stores, anomaly.scope.environment, anomaly.scope.service, incidentId);
  await told.record(told.opened, { type: 'anomaly-observed', anomaly });
  return told;
}

/** A person has it, and its workflow had heard of these anomalies before. */
async function handOver({ stores }: StoresUnderTest, incidentId: string, ...anomalies: Anomaly[]) {
  const [environment = '', service = ''] = incidentId.split('/').slice(1);
  const told = tell(stores, environment, service, incidentId);
  const reason = 'nothing to try';
  await told.record(
    told.opened,
    ...anomalies.map((anomaly) => ({ type: 'anomaly-observed' as const, anomaly })),
    { type: 'handed-over', outcome: 'escalated', reason, actor: 'system:sentinel' },
  );
}

await describeStores('episodes', (use) => {
  test('a new symptom opens an incident with a title of names and numbers, and a deterministic id', async () => {
    const under = use();
    const environment = unique('env');
    const anomaly = anomalyOf({ environment, service: 'checkout' });
    const input = await incidentOf(under, anomaly);
    expect(input).toMatchObject({
      episode: 1,
      scope: { environment, service: 'checkout' },
      severity: 'critical',
      title: 'checkout: errors up, 40 % instead of 1 %',
    });
    expect(input.fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(input.incidentId).toBe(`incident/${environment}/checkout/${input.fingerprint.slice(0, 8)}/1`);
  });

  test('many at once are assigned as one after the other would be', async () => {
    const under = use();
    const now = Date.now();
    const about = (environment: string) =>
      Array.from({ length: 60 }, (_, index) => {
        const service = ['checkout', 'payments', 'mail', 'search'][index % 4] ?? '';
        return {
          ...anomalyOf({
            environment,
            service,
            id: `${environment}-${index % 50}`,
            onsetMs: now + index * 10,
            state: index % 7 === 6 ? 'cleared' : 'firing',
            severity: index % 11 === 10 ? 'info' : 'critical',
            signal: index % 3 === 0 ? 'memory' : 'errors',
          }),
          detector: index % 5 === 0 ? ('external' as const) : ('error-ratio' as const),
          seriesKey: `series-${environment}-${index % 20}`,
        };
      });
    const answers: string[][] = [];
    for (const way of ['together', 'one by one'] as const) {
      const environment = unique('env');
      await under.stores.episodes.rememberEdges(environment, [{ caller: 'checkout', callee: 'payments' }]);
      const anomalies = about(environment);
      const assigned: Assignment[] = [];
      if (way === 'together') assigned.push(...(await under.stores.episodes.assignAll(anomalies, config)));
      else for (const one of anomalies) assigned.push(await assign(under, one));
      const plain = assigned.map((one) =>
        one.kind === 'incident' ? `${one.input.scope.service} ${one.input.episode}` : one.reason,
      );
      const { rows } = await sql<{ row: string }>`
        select anomaly_id || ' ' || series_key || ' ' || scope::text || ' ' || last_anomaly_ms as row
        from anomaly_assignments join episodes using (incident_id) where environment = ${environment} order by 1`.execute(
        under.database.db,
      );
      answers.push([...plain, ...rows.map(({ row }) => row.replaceAll(environment, 'env'))]);
    }
    expect(new Set(answers[0]).size).toBeGreaterThan(20);
    expect(answers[0]).toEqual(answers[1]);
  });

  test('within one batch, too, what comes back belongs to its incident, whatever service it names by then', async () => {
    const under = use();
    const environment = unique('env');
    const about = (service: string) => ({
      ...anomalyOf({ environment, service, onsetMs: Date.now() }),
      seriesKey: 'errors of checkout',
    });
    const assigned = await under.stores.episodes.assignAll([about('checkout'), about('refund')], config);
    const [first, later] = assigned.map((one) => one.kind === 'incident' && one.input.incidentId);
    expect(later).toBe(first);
  });

  test.each(['one by one', 'together'])(
    'what a handed-over incident took in and sends back opens its own: %s',
    async (way) => {
      const under = use();
      const environment = unique('env');
      const onsetMs = Date.now() - 60_000;
      const about = () => ({ ...anomalyOf({ environment, onsetMs }), seriesKey: 'errors of checkout' });
      const first = about();
      const { incidentId } = await incidentOf(under, first);
      await handOver(under, incidentId, first);
      const back = about();
      const assigned =
        way === 'together'
          ? await under.stores.episodes.assignAll([back, back], config)
          : [await assign(under, back), await assign(under, back)];
      const ids = assigned.map((one) => one.kind === 'incident' && one.input.incidentId);
      expect(ids[0]).toBe(incidentId);
      expect(ids[1]).not.toBe(incidentId);
    },
  );

  test('heard by an incident that ended says nothing of the next one: sent back unheard, it opens its own', async () => {
    const under = use();
    const environment = unique('env');
    const anomaly = anomalyOf({ environment, onsetMs: Date.now() - 300_000 });
    const first = await incidentOf(under, anomaly);
    await heard(under, first.incidentId, anomaly);
    await under.stores.incidents.closeEpisode(first.incidentId, 'resolved', Date.now() - 120_000);
    const second = await incidentOf(under, anomaly);
    expect(second.incidentId).not.toBe(first.incidentId);
    await handOver(under, second.incidentId);
    expect((await incidentOf(under, anomaly)).incidentId).not.toBe(second.incidentId);
  });

  test('a storm is one incident, and the same one when it is told again', async () => {
    const under = use();
    const environment = unique('env');
    const many = Array.from({ length: 200 }, () => anomalyOf({ environment, onsetMs: Date.now() }));
    const assigned = await under.stores.episodes.assignAll(many, config);
    expect(new Set(assigned.map((one) => one.kind === 'incident' && one.input.incidentId)).size).toBe(1);
    expect(await under.stores.episodes.assignAll(many, config)).toEqual(assigned);
    expect(await under.stores.episodes.assignAll([], config)).toEqual([]);
  });

  test('two fingerprints of a service that begin alike have an id each', async () => {
    const under = use();
    const environment = unique('env');
    const anomaly = anomalyOf({ environment, service: 'checkout' });
    const { incidentId, fingerprint } = await incidentOf(under, anomaly);
    await under.stores.episodes.abandon(incidentId);
    // As if the id had been taken by another fingerprint.
    const other = `${fingerprint.slice(0, 8)}${'0'.repeat(24)}`;
    await sql`update episodes set fingerprint = ${other} where incident_id = ${incidentId}`.execute(
      under.database.db,
    );
    const next = await incidentOf(
      under,
      anomalyOf({ environment, service: 'checkout', onsetMs: Date.now() + 1 }),
    );
    expect(next).toMatchObject({
      episode: 1,
      incidentId: `incident/${environment}/checkout/${fingerprint}/1`,
    });
  });

  test.each([
    ['latency', 'calls.server.latency-p50', 105.2, 5, 'latency up, 105 ms instead of 5 ms'],
    ['memory', 'process.memory.usage', 210_000_000, 90_000_000, 'memory up, 210 MB instead of 90 MB'],
    ['cpu', 'process.cpu.utilization', 0.98, 0.2, 'CPU up, 98 % instead of 20 %'],
    ['traffic', 'calls.server.traffic', 61, 20, 'traffic up, 61 instead of 20'],
    ['latency', 'calls.server.latency-p50', Number.NaN, 5, 'latency up, unknown instead of 5 ms'],
  ] as const)('a title in units people read: %s of %s', async (signal, metric, seen, expected, words) => {
    const anomaly = {
      ...anomalyOf({ environment: unique('env'), service: 'api', signal }),
      metric,
      seen,
      expected,
    };
    expect((await incidentOf(use(), anomaly)).title).toBe(`api: ${words}`);
  });

  test('the same anomaly again: the same answer', async () => {
    const under = use();
    const anomaly = anomalyOf({ environment: unique('env') });
    expect(await assign(under, anomaly)).toEqual(await assign(under, anomaly));
  });

  test('a neighbour in the service graph joins, a stranger and another environment do not', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.episodes.rememberEdges(environment, [{ caller: 'web', callee: 'api' }]);
    const { incidentId } = await incidentOf(under, anomalyOf({ environment, service: 'api' }));
    expect((await incidentOf(under, anomalyOf({ environment, service: 'web' }))).incidentId).toBe(incidentId);
    expect((await incidentOf(under, anomalyOf({ environment, service: 'mail' }))).incidentId).not.toBe(
      incidentId,
    );
    expect((await incidentOf(under, anomalyOf({ environment: unique('env') }))).incidentId).not.toBe(
      incidentId,
    );
  });

  test('an incident grows: the neighbour of one that joined joins too', async () => {
    const under = use();
    const environment = unique('env');
    await under.stores.episodes.rememberEdges(environment, [
      { caller: 'a', callee: 'b' },
      { caller: 'b', callee: 'c' },
    ]);
    const { incidentId } = await incidentOf(under, anomalyOf({ environment, service: 'a' }));
    await assign(under, anomalyOf({ environment, service: 'b', onsetMs: longAgoMs + 100_000 }));
    const third = await incidentOf(
      under,
      anomalyOf({ environment, service: 'c', onsetMs: longAgoMs + 200_000 }),
    );
    expect(third.incidentId).toBe(incidentId);
  });

  test('what comes back belongs to the incident that has had its series, also when a person has that one in hand', async () => {
    const under = use();
    const environment = unique('env');
    const onsetMs = Date.now() - 60_000;
    const about = (seriesKey: string, where = environment) => ({
      ...anomalyOf({ environment: where, onsetMs }),
      seriesKey,
    });
    const first = about('errors of checkout');
    const { incidentId } = await incidentOf(under, first);
    const told = await heard(under, incidentId, first);
    const reason = 'nothing to try';
    await told.record({ type: 'handed-over', outcome: 'escalated', reason, actor: 'system:sentinel' });
    expect((await incidentOf(under, about('errors of checkout'))).incidentId).toBe(incidentId);
    const other = await incidentOf(under, about('errors of refund'));
    expect(other.incidentId).not.toBe(incidentId);
    const elsewhere = await incidentOf(under, about('errors of checkout', unique('env')));
    expect(elsewhere.incidentId).not.toBe(incidentId);
    await under.stores.incidents.closeEpisode(incidentId, 'escalated', onsetMs - 1);
    expect((await incidentOf(under, about('errors of checkout'))).incidentId).toBe(other.incidentId);
  });

  test('information alone opens nothing, but joins', async () => {
    const under = use();
    const environment = unique('env');
    const info = (service: string) => anomalyOf({ environment, service, severity: 'info' });
    expect(await assign(under, info('api'))).toMatchObject({ kind: 'ignored' });
    const { incidentId } = await incidentOf(under, anomalyOf({ environment, service: 'api' }));
    expect((await incidentOf(under, info('api'))).incidentId).toBe(incidentId);
  });

  test('a clear goes to the incident that has the anomaly; one that nobody knows is ignored', async () => {
    const under = use();
    const environment = unique('env');
    const anomaly = anomalyOf({ environment });
    expect(await assign(under, { ...anomaly, state: 'cleared' })).toMatchObject({ kind: 'ignored' });
    const { incidentId } = await incidentOf(under, anomaly);
    expect((await incidentOf(under, { ...anomaly, state: 'cleared' })).incidentId).toBe(incidentId);
  });

  test('fires on after its incident was closed: heard or not, it opens the next episode', async () => {
    const under = use();
    const environment = unique('env');
    const first = anomalyOf({ environment, onsetMs: Date.now() - 300_000 });
    const { incidentId, fingerprint } = await incidentOf(under, first);
    await heard(under, incidentId, first);
    await under.stores.incidents.closeEpisode(incidentId, 'resolved', Date.now() - 120_000);
    const next = await incidentOf(under, first);
    expect(next).toMatchObject({
      fingerprint,
      episode: 2,
      incidentId: expect.stringContaining(`/${fingerprint.slice(0, 8)}/2`),
    });
    await under.stores.incidents.closeEpisode(next.incidentId, 'resolved', Date.now() - 120_000);
    const later = await incidentOf(under, anomalyOf({ environment, onsetMs: Date.now() }));
    expect(later.episode).toBe(3);
    await under.stores.incidents.closeEpisode(later.incidentId, 'resolved', Date.now() - 120_000);
    expect(await assign(under, { ...first, state: 'cleared' })).toMatchObject({ kind: 'ignored' });
  });

  test('another class of symptom of the same service has a fingerprint of its own', async () => {
    const under = use();
    const environment = unique('env');
    const errors = await incidentOf(under, anomalyOf({ environment }));
    await under.stores.incidents.closeEpisode(errors.incidentId, 'resolved', longAgoMs);
    const memory = await incidentOf(
      under,
      anomalyOf({ environment, signal: 'memory', onsetMs: longAgoMs + 1 }),
    );
    expect(memory.fingerprint).not.toBe(errors.fingerprint);
    expect(memory.episode).toBe(1);
  });

  test('found closed by its workflow: abandoned, and the anomaly that was never heard opens the next', async () => {
    const under = use();
    const environment = unique('env');
    const anomaly = anomalyOf({ environment, onsetMs: Date.now() });
    const { incidentId } = await incidentOf(under, anomaly);
    await under.stores.episodes.abandon(incidentId);
    await under.stores.episodes.abandon(incidentId);
    await under.stores.episodes.abandon('incident/none/1');
    expect((await incidentOf(under, anomaly)).episode).toBe(2);
  });

  test('hostile names: kept out of the title, and nothing breaks', async () => {
    const under = use();
    const service = '<script>\u0000\ud800 DROP TABLE audit; -- \n'.repeat(10);
    const { title, scope } = await incidentOf(under, anomalyOf({ environment: unique('env'), service }));
    expect(title).toMatch(/^script [^<>\p{Cc}]*: errors up, 40 % instead of 1 %$/u);
    expect(title.length).toBeLessThan(130);
    expect(scope.service).toContain('\uFFFD');
  });
});

await describeStores('late findings', (use) => {
  /** An incident that was closed a moment ago, and a finding whose onset was before that. */
  async function closedJustNow(under: StoresUnderTest) {
    const environment = unique('env');
    const closedMs = Date.now();
    const first = anomalyOf({ environment, onsetMs: closedMs - 60_000 });
    const { incidentId } = await incidentOf(under, first);
    await heard(under, incidentId, first);
    await under.stores.incidents.closeEpisode(incidentId, 'resolved', closedMs);
    return { environment, late: anomalyOf({ environment, onsetMs: closedMs - 5_000 }) };
  }

  async function waiting({ database }: StoresUnderTest, anomaly: Anomaly) {
    const { rows } = await sql<{ status: string; available_at_ms: number }>`
      select status, available_at_ms from inbox where ordering_key = ${`late/${anomaly.id}`}`.execute(
      database.db,
    );
    return rows;
  }

  test('a finding about the past of a closed incident opens none, and is put back for later', async () => {
    const under = use();
    const { late } = await closedJustNow(under);
    expect(await assign(under, late)).toMatchObject({ kind: 'ignored' });
    expect(await assign(under, late)).toMatchObject({ kind: 'ignored' });
    const rows = await waiting(under, late);
    expect(rows).toMatchObject([{ status: 'pending' }]);
    expect(rows[0]?.available_at_ms).toBeGreaterThan(Date.now() + 30_000);
  });

  test('it clears: it was an echo', async () => {
    const under = use();
    const { late } = await closedJustNow(under);
    await assign(under, late);
    expect(await assign(under, { ...late, state: 'cleared' })).toMatchObject({ kind: 'ignored' });
    expect(await waiting(under, late)).toMatchObject([{ status: 'done' }]);
  });

  test('it does not clear: when its time has come it opens an incident', async () => {
    const under = use();
    const { late } = await closedJustNow(under);
    await assign(under, late);
    const later = under.withOptions({ lateFindingsMs: 0 });
    await sql`update inbox set available_at_ms = 0 where ordering_key = ${`late/${late.id}`}`.execute(
      under.database.db,
    );
    const taken = (await later.inbox.take(1_000, 60_000)).find((item) =>
      item.id.startsWith(`late/${late.id}/`),
    );
    if (taken?.kind !== 'anomaly') throw new Error('the late finding is in the inbox');
    expect(taken.anomaly).toEqual(late);
    expect(await later.episodes.assign(taken.anomaly, config)).toMatchObject({
      kind: 'incident',
      input: { episode: 2 },
    });
  });

  test('another service, or an onset after the close, is about the present', async () => {
    const under = use();
    const { environment } = await closedJustNow(under);
    const onsetMs = Date.now() - 5_000;
    expect(await assign(under, anomalyOf({ environment, service: 'mail', onsetMs }))).toMatchObject({
      kind: 'incident',
    });
    expect(await assign(under, anomalyOf({ environment, onsetMs: Date.now() + 1_000 }))).toMatchObject({
      kind: 'incident',
    });
  });

  test('anomalies that a workflow hands back go through the inbox once per incident', async () => {
    const under = use();
    const anomaly = anomalyOf({ environment: unique('env') });
    await under.stores.requeue.putBack('incident/x/1', [anomaly]);
    await under.stores.requeue.putBack('incident/x/1', [anomaly]);
    const taken = await under.stores.inbox.take(1_000, 60_000);
    expect(taken.filter((item) => item.kind === 'anomaly' && item.anomaly.id === anomaly.id)).toHaveLength(1);
  });
});

await describeStores('what is remembered of an environment', (use) => {
  test('edges once each, changes by time, both apart from other environments', async () => {
    const { stores } = use();
    const environment = unique('env');
    const edge = { caller: 'web', callee: 'api' };
    await stores.episodes.rememberEdges(environment, [edge, edge]);
    await stores.episodes.rememberEdges(environment, [edge, { caller: 'api', callee: 'db' }]);
    await stores.episodes.rememberEdges(environment, []);
    expect(await stores.evidence.edges(environment)).toEqual([{ caller: 'api', callee: 'db' }, edge]);
    expect(await stores.evidence.edges(unique('env'))).toEqual([]);

    const change = (id: string, atMs: number) => ({
      kind: 'change' as const,
      id: `${environment}/${id}`,
      type: 'release',
      environment,
      service: 'api',
      atMs,
      summary: `release ${id}`,
      attributes: { to: id },
    });
    await stores.episodes.rememberChange(change('r2', 2_000));
    await stores.episodes.rememberChange(change('r1', 1_000));
    await stores.episodes.rememberChange({ ...change('r1', 1_000), summary: 'told again' });
    await stores.episodes.rememberChange(change('r3', 3_000));
    expect(await stores.evidence.changes(environment, 1_000, 2_000)).toEqual([
      change('r1', 1_000),
      change('r2', 2_000),
    ]);
  });
});
